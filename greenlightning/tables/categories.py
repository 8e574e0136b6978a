"""Categories: which ones have a slot of their own, and the slot of each cell."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MOST_SLOTS = 64
RARE_ROWS = 3


def kept_categories(cells: "pd.Series[Any]") -> tuple[str, ...]:
    """List the categories with a slot of their own: the 64 most frequent of those in at least 3 rows, sorted.

    Examples
    --------
    >>> kept_categories(pd.Series(["b"] * 3 + ["a"] * 4 + ["rare"], dtype="category"))
    ('a', 'b')
    """
    return kept_of({str(value): int(count) for value, count in cells.value_counts().items()})


def kept_of(counts: Mapping[str, int]) -> tuple[str, ...]:
    """List the categories with a slot of their own, given the rows of each."""
    frequent = sorted((-count, value) for value, count in counts.items() if count >= RARE_ROWS)
    return tuple(sorted(value for _, value in frequent[:MOST_SLOTS]))


def slots(cells: pd.Categorical, kept: tuple[str, ...]) -> NDArray[np.intp]:
    """Find the slot (n,) of each cell: a category's own, then one for all others, then one for missing cells."""
    place = {value: slot for slot, value in enumerate(kept)}
    known = [place.get(str(value), len(kept)) for value in cells.categories.tolist()]
    found: NDArray[np.intp] = np.array([*known, len(kept) + 1], dtype=np.intp)[cells.codes]
    return found
