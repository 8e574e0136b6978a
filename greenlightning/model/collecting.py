"""The statistics of rows under a model, with their weights and those of their classes, and the model they make."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from torch import Tensor

from greenlightning.data.batch import Batch
from greenlightning.data.ledger import Ledger
from greenlightning.linear.solver import Since, Solution
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


def changed(model: "GreenLightningModel", batch: Batch, sign: int, ledger: Ledger) -> "GreenLightningModel":
    """Return the model that learnt (+1) or forgot (−1) samples, with what it may be solved from."""
    solved: Solution | None = model.__dict__.get("_solution")
    since: Since | None = Since(solved) if solved else model.__dict__.get("_since")
    blocks: list[Tensor] = []
    is_weighted = batch.weights is not None or model.statistics.weight_bits or model.targets.is_weighted
    if since and (is_weighted or not since.pays_off(batch.rows)):
        since = None
    found = model.collect(batch.X, batch.y, batch.weights, blocks.append if since else None)
    statistics = model.statistics._changed(found, sign, reuse=True)
    after = replace(model, statistics=statistics, ledger=ledger)
    after.__dict__["_since"] = since and since.then(blocks, sign)
    return after
