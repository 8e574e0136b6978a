"""The rows that a growth is trained on, as the pipeline chooses them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from greenlightning.data.batch import Batch
from greenlightning.model.growing import GrowthOptions

Array = NDArray[Any]


def rows_for_gates(red: Sequence[Batch], others: Sequence[Batch], seed: int) -> tuple[Array, Array]:
    """The rows that train new gates: all red ones, and earlier ones drawn at random from the other batches."""
    X, y = (np.concatenate([getattr(batch, name) for batch in others]) for name in ("X", "y"))
    count = GrowthOptions().earlier_rows(sum(batch.rows for batch in red), len(y))
    drawn = np.random.default_rng(seed).permutation(len(y))[:count]
    return np.concatenate([*(one.X for one in red), X[drawn]]), np.concatenate([*(one.y for one in red), y[drawn]])
