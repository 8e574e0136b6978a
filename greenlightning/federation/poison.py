"""Poison: contributions that harm the sum, found by taking each out and looking at the coordinator's own rows.

Sums have no breakdown point: one site with large enough numbers decides alone. Leaving one out finds such a site
only where the coordinator sees each contribution by itself, which secure aggregation hides.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri
from torch import Tensor

from greenlightning.data.labels import label_array
from greenlightning.federation.combination import combine, without
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
    """Remove contributions without which the sum surely fits rows of the coordinator better.

    In each round the sum is solved once without each contribution that is left, by subtracting its statistics. The
    most harmful one goes, if the squared error of the scores falls by more than chance explains (one round in a
    hundred). Rounds end where none does. Of m contributions at most m(m+1)/2 solutions are computed; no row of a
    site is read. A site whose rows are honest but unlike the coordinator's looks harmful, too: judge by rows that
    stand for all sites.

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
    before, errors = _judged(total, features, truth)
    after = before
    while len(kept) > 1:
        others = [_judged(without(total, one), features, truth) for one in kept]
        gains = np.array([errors - left for _, left in others])
        worst = int(gains.mean(axis=1).argmax())
        standard_error = gains[worst].std() / np.sqrt(len(truth))
        if gains[worst].mean() <= ndtri(1 - CHANCE / len(kept)) * standard_error:
            break
        after, errors = others[worst]
        total = without(total, kept[worst])
        removed.append(kept.pop(worst))
    return Screening(tuple(kept), tuple(removed), before, after)


def _judged(
    model: GreenLightningModel, features: Tensor, truth: NDArray[np.generic]
) -> tuple[float, NDArray[np.float64]]:
    """Accuracy on rows, and the squared error (n,) of their scores."""
    scores, classes = model.score(features), label_array(model.classes)
    errors = np.square(scores - (truth[:, None] == classes)).sum(axis=1)
    return float(np.mean(classes[scores.argmax(axis=1)] == truth)), errors
