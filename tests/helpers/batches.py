"""Batches of three overlapping classes, landed without a source file of their own."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.data.batch_files import LandedBatch
from tasks.data.ingestion import land
from tasks.validation.expectations import Expectations, expectations_after
from tasks.validation.measures import Measures

Arrays = tuple[NDArray[np.float64], NDArray[np.int64]]


def batch_of(folder: Path, X: object, y: object, **options: object) -> LandedBatch:
    """Land inputs and labels for the dataset ``d``."""
    np.savez(folder / "made.npz", X=X, y=y, **options)
    return land.fn(folder / "made.npz", "d")


def blobs(seed: int, rows: int = 300) -> Arrays:
    """Samples of eight columns and three classes, overlapping."""
    rng = np.random.default_rng(seed)
    y = np.arange(rows) % 3
    X = rng.normal(size=(rows, 8)) + np.outer(y, np.arange(8)) + 10 * np.arange(8)
    return X, y


def with_cell(value: float) -> Callable[[Arrays], Arrays]:
    """A change of arrays that puts one value into one cell."""

    def corrupt(arrays: Arrays) -> Arrays:
        X, y = arrays
        X[3, 2] = value
        return X, y

    return corrupt


def measures_of_blobs(seed: int, rows: int = 300, X: NDArray[np.float64] | None = None) -> Measures:
    """Measures of blobs, or of other cells ``X`` with their labels."""
    cells, y = blobs(seed, rows)
    cells = cells if X is None else X
    return Measures(pd.DataFrame(cells, columns=[f"x{index}" for index in range(cells.shape[1])]), y)


def expectations_of_blobs(
    seed: int,
    rows: int = 300,
    X: NDArray[np.float64] | None = None,
    frame: pd.DataFrame | None = None,
    y: NDArray[np.int64] | None = None,
) -> Expectations:
    """What is expected after blobs, or after a table of another kind."""
    measures = measures_of_blobs(seed, rows, X)
    if frame is not None and y is not None:
        measures = Measures(frame, y)
    return expectations_after(measures, "base")
