"""Early stopping by what the structure is for: the error on held-out rows of a small model solved on its gates.

Why, and what it saves: ``docs/decisions/0068-early-stopping.md``.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from sklearn.base import clone

from greenlightning.data.batch import Batch
from greenlightning.data.splits import Rows
from greenlightning.estimators.configuration import build_recipe
from greenlightning.estimators.feature_choice import widened
from greenlightning.linear.solver import choose_alpha
from greenlightning.linear.weighting import weighed
from greenlightning.model import GreenLightningModel
from greenlightning.structure.gates import Structure

if TYPE_CHECKING:
    from greenlightning.estimators.base import BaseGreenLightning

ROWS, LANDMARKS, FEATURES = 4_000, 256, 768


def held_out_error(
    estimator: "BaseGreenLightning", batch: Batch, split: tuple[Rows, Rows], seed: int
) -> Callable[[Structure], float]:
    """Return what tells the held-out error of a model solved on some gates.

    Parameters
    ----------
    estimator : BaseGreenLightning
        Its parameters say which path features; here at most 256 landmarks, with random ones at most 768.
    batch : Batch
        Inputs (n, d) and targets.
    split : tuple of ndarray
        Rows to solve from, of which 4,000 at most are drawn, and rows that are held out.
    seed : int
        Seed of the draw.

    Returns
    -------
    callable
        From a Structure to the mean squared error on the held-out rows, at the best ridge strength.
    """
    training, held = split
    drawn = np.sort(np.random.default_rng(seed).permutation(training)[:ROWS])
    sample, targets = Batch(batch.X[drawn], batch.y[drawn]), estimator._targets(batch, seed)
    small = clone(estimator).set_params(
        paths="landmarks", n_landmarks=min(LANDMARKS, len(drawn)), feature_budget=FEATURES
    )

    def error(structure: Structure) -> float:
        paths = build_recipe(small, structure, sample, seed, ())
        recipe = widened(small, paths, sample, seed, ())
        empty = GreenLightningModel.empty(recipe, 0.0, targets)
        solve, judge = (weighed(empty.collect(batch.X[rows], batch.y[rows]), targets) for rows in (drawn, held))
        return min(choose_alpha(solve, judge, recipe, targets)[1].values())

    return error
