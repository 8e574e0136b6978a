"""Columns that number the rows: they go on from batch to batch, so no range and no unit is theirs."""

import numpy as np

from greenlightning.tables.inference import UNIQUE_ROWS, names_rows
from tasks.validation.column_statistics import Array, NumericColumns
from tasks.validation.measures import Measures

DENSE, MOSTLY = 2.0, 0.9
"""A numbering uses at least every second number; of several batches together, nine of ten rows go on by one."""


def row_numbers(measures: Measures, first: NumericColumns) -> frozenset[str]:
    """Columns of whole numbers that are named like identifiers, or number the rows here and in the first batch.

    Columns that the schema knows as identifiers are not among them: these are not learnt, and not judged either.
    """
    counted = dict(zip(first.names, _numbered(first), strict=True))
    found = set()
    for name, column in zip(measures.numeric_names, measures.matrix.T, strict=True):
        cells = column[~np.isnan(column)]
        if cells.size and _whole(cells) and (names_rows(name) or (counted.get(name) and _numbers(cells))):
            found.add(name)
    return frozenset(found)


def numbers_rows(name: str, cells: Array) -> bool:
    """Whether whole numbers of some batches one after another name or number the rows."""
    known = cells[~np.isnan(cells)]
    if known.size < UNIQUE_ROWS or not _whole(known):
        return False
    counts = len(np.unique(known)) == len(known) and np.mean(np.diff(known) == 1) > MOSTLY
    return bool(names_rows(name) or counts or _numbers(known))


def _numbered(first: NumericColumns) -> list[bool]:
    low, high, known = first.array("low"), first.array("high"), first.rows * (1 - first.array("missing"))
    differ = (1 - first.array("ordinary")) * known < 1.5
    dense = high - low < DENSE * known
    whole = (low == np.floor(low)) & (high == np.floor(high))
    found: list[bool] = (differ & dense & whole & (known >= UNIQUE_ROWS)).tolist()
    return found


def _whole(cells: Array) -> bool:
    return bool(np.isfinite(cells).all() and (cells == np.floor(cells)).all())


def _numbers(cells: Array) -> bool:
    return bool(len(np.unique(cells)) == len(cells) and np.ptp(cells) < DENSE * len(cells))
