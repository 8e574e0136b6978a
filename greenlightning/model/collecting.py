"""The statistics of rows under a model, with the weights of its classes and those of the rows."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from torch import Tensor

from greenlightning.linear.statistics import Statistics
from greenlightning.linear.weighting import by_class, weighted

if TYPE_CHECKING:
    from greenlightning.model.model import GreenLightningModel

OnBlock = Callable[[Tensor], None]


def collected(
    model: "GreenLightningModel", X: ArrayLike, y: ArrayLike, weights: ArrayLike | None, on_block: OnBlock | None
) -> Statistics:
    """Collect the statistics of some rows under a model's recipe.

    Parameters
    ----------
    model : GreenLightningModel
        Its recipe, targets, device and memory budget.
    X : array-like of shape (n, d)
        Inputs.
    y : array-like of shape (n,) or (n, k)
        Labels or real targets.
    weights : array-like of shape (n,) or None
        How often each row counts, times the weight of its class.
    on_block : callable or None
        Called with the integer features (rows, D) of each block, in the order of the rows.

    Returns
    -------
    Statistics
        The sums.
    """
    rows = model.paths.block_rows(model.memory_budget)
    collect = partial(Statistics.collect, model.paths, model.targets, device=model.device, block_rows=rows)
    of_classes = model.targets.weights_of(y)
    if of_classes is None and weights is None and not model.targets.apart:
        return collect(X, y, on_block=on_block)
    if on_block:
        for _, features in model.paths.blocks(X, device=model.device, block_rows=rows):
            on_block(features)
    if model.targets.apart:
        collect = partial(by_class, collect)
    if of_classes is None and weights is None:
        return collect(X, y)
    of_rows = 1.0 if weights is None else np.asarray(weights)
    return weighted(collect, X, y, of_rows * (1.0 if of_classes is None else of_classes))
