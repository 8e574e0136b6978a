"""A real data set as a stream: a base, then batches, one of them shifted and one of them corrupt."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from greenlightning.data.datasets import Dataset, load
from tasks.core.steps import task
from tasks.data.readers.source import LABEL

TURN_DEGREES = 12.0
SHEAR = 0.15
BASE_SHARE = 0.5


@dataclass(frozen=True)
class Part:
    """One file of the stream and what a reader should know of it."""

    name: str
    path: Path


@task(task_run_name="stream of {name}", persist_result=False)
def write_stream(name: str, folder: Path, n_batches: int) -> tuple[Part, list[Part]]:
    """Write the holdout, and the base with ``n_batches`` batches, of a known data set as Parquet files.

    Half of the rows are the base. The batch before the last comes from writers who lean to one side (turned by
    12 degrees and sheared by 0.15); after them all comes one at another scale,
    as from a program that divides pixels by 255.
    """
    data = load(name)
    folder.mkdir(parents=True, exist_ok=True)
    order = np.random.default_rng(0).permutation(len(data.X_train))
    start = round(len(order) * BASE_SHARE)
    pieces = [order[:start], *np.array_split(order[start:], n_batches)]
    names = ["base", *(f"batch {number}" for number in range(1, n_batches + 1))]
    parts = []
    for label, rows in zip(names, pieces, strict=True):
        X, y = data.X_train[rows], data.y_train[rows]
        if label == f"batch {n_batches}":
            label, X = "slanted", slanted(X)
        parts.append(Part(label, write_part(folder, label, data, X, y)))
    rescaled = data.X_train[pieces[1]].astype(np.float64) / 255
    corrupt = Part("corrupt", write_part(folder, "corrupt", data, rescaled, data.y_train[pieces[1]]))
    holdout = Part("holdout", write_part(folder, "holdout", data, data.X_test, data.y_test))
    return holdout, [*parts, corrupt]


def slanted(X: NDArray[np.generic]) -> NDArray[np.float64]:
    """Square images ``X`` (n, side²) turned and sheared about their centre, in whole grey levels."""
    side = int(np.sqrt(X.shape[1]))
    turn = np.deg2rad(TURN_DEGREES)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = rotation @ np.array([[1.0, 0.0], [SHEAR, 1.0]])
    centre = np.full(2, (side - 1) / 2)
    images = np.asarray(X, dtype=np.float64).reshape(-1, side, side)
    turned = [ndimage.affine_transform(image, matrix, centre - matrix @ centre, order=1) for image in images]
    return np.asarray(np.rint(np.stack(turned)).reshape(len(X), -1))


def write_part(folder: Path, name: str, data: Dataset, X: NDArray[np.generic], y: NDArray[np.generic]) -> Path:
    """Write some rows of a known data set as ``folder/name.parquet``, blanks in the name as dashes."""
    path = folder / f"{name.replace(' ', '-')}.parquet"
    frame = pd.DataFrame(np.asarray(X), columns=list(data.feature_names))
    frame[LABEL] = y
    frame.to_parquet(path)
    return path
