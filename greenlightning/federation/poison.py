"""Poison: contributions that harm the sum, found by taking each out and looking at the coordinator's own rows.

Sums have no breakdown point: one site with large enough numbers decides alone. Leaving one out finds such a site
only where the coordinator sees each contribution by itself, which secure aggregation hides.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri
from torch import Tensor

from greenlightning.data.labels import label_array
from greenlightning.federation.combination import combine
from greenlightning.federation.contribution import Contribution
from greenlightning.model import GreenLightningModel

CHANCE = 0.01
"""Of removing any contribution in a round of honest ones."""


@dataclass(frozen=True, eq=False)
class Screening:
    """What leave-one-out found.

    Attributes
    ----------
    kept, removed : tuple of Contribution
        Those that stay, and those that harm, the most harmful first.
    before, after : float
        Accuracy on the coordinator's rows with all contributions, and with those that stay.
    """

    kept: tuple[Contribution, ...]
    removed: tuple[Contribution, ...]
    before: float
    after: float


def screen_by_leaving_out(
    model: GreenLightningModel, contributions: Sequence[Contribution], X: ArrayLike, y: ArrayLike
) -> Screening:
    """Remove contributions without which the sum is surely more accurate on rows of the coordinator.

    In each round the sum is solved once without each contribution that is left, by subtracting its statistics. The
    most harmful one goes, if more rows become right than chance explains (one round in a hundred). Rounds end
    where none does. Of m contributions at most m(m+1)/2 solutions are computed; no row of a site is read.

    Parameters
    ----------
    model : GreenLightningModel
        What the contributions are added to; it may have learnt nothing.
    contributions : sequence of Contribution
        What sites sent.
    X : array-like of shape (n, d)
        Inputs of rows that no site has.
    y : array-like of shape (n,)
        Their labels.

    Returns
    -------
    Screening
        Which stay, and what it changed.
    """
    features = torch.cat([block for _, block in model.paths.blocks(X)])
    truth = label_array(y) if isinstance(y, list | tuple) else np.asarray(y)
    kept, removed = list(contributions), list[Contribution]()
    total = combine(model, kept)
    right = _right(total, features, truth)
    before = float(right.mean())
    while len(kept) > 1:
        without = [_right(_less(total, one), features, truth) for one in kept]
        gains = [int(other.sum()) - int(right.sum()) for other in without]
        worst = int(np.argmax(gains))
        changed = int((without[worst] != right).sum())
        if gains[worst] <= ndtri(1 - CHANCE / len(kept)) * np.sqrt(changed):
            break
        total, right = _less(total, kept[worst]), without[worst]
        removed.append(kept.pop(worst))
    return Screening(tuple(kept), tuple(removed), before, float(right.mean()))


def _less(total: GreenLightningModel, one: Contribution) -> GreenLightningModel:
    return replace(total, statistics=total.statistics - one.statistics, ledger=total.ledger.without(one.batch))


def _right(model: GreenLightningModel, features: Tensor, truth: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Which rows (n,) the model answers rightly."""
    return np.asarray(label_array(model.classes)[model.score(features).argmax(axis=1)] == truth)
