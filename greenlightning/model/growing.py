"""A structure that grows: gates that later rows shaped, joined to the old ones.

Old gates, their paths and their sums stay. Only the sums of new features, with one another and with the old ones,
are missing: stored batches are read once for them. Why: ``docs/decisions/0050-growing.md``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from greenlightning.data.batch import Batch
from greenlightning.data.targets import ClassTargets
from greenlightning.errors import LedgerError
from greenlightning.linear.statistics import Statistics
from greenlightning.linear.units import leading
from greenlightning.paths import JoinedPaths, LandmarkPaths, PathFeatures
from greenlightning.paths.landmarks import landmarks_for
from greenlightning.structure.defaults import minibatch
from greenlightning.structure.extraction import extract_structure
from greenlightning.structure.training import TrainingOptions

if TYPE_CHECKING:
    from greenlightning.model.model import GreenLightningModel

LEARNING_RATE, NOISE = 4e-3, 0.1
MOST_GROWTHS = 1
"""Growths that stand beside the first structure; the next one takes their place, so that a solve stays cheap."""


@dataclass(frozen=True)
class GrowthOptions:
    """How new gates are trained, and how many features they give.

    Attributes
    ----------
    hidden_layer_sizes : tuple of int
        Units of each layer.
    max_epochs : int
        Epochs, at most.
    n_landmarks : int
        Landmarks, at most; few rows carry fewer.
    earlier_share : float
        Earlier rows that train the gates beside the red ones, for each red row.
    least_earlier : int
        Earlier rows beside them, at least, where there are as many.
    """

    hidden_layer_sizes: tuple[int, ...] = (256, 256, 256)
    max_epochs: int = 12
    n_landmarks: int = 1_024
    earlier_share: float = 1.0
    least_earlier: int = 32_768

    def earlier_rows(self, red: int, others: int) -> int:
        """Count the earlier rows that train new gates beside ``red`` ones, out of ``others``."""
        return min(others, max(int(red * self.earlier_share), self.least_earlier))


FORMER = GrowthOptions((256, 256), 8, 512, 0.5, 4_096)
"""The options of growths that did not record theirs."""


def new_paths(
    model: "GreenLightningModel",
    X: ArrayLike,
    y: ArrayLike,
    *,
    options: GrowthOptions | None = None,
    seen: tuple[str, ...] = (),
    random_state: int = 0,
) -> PathFeatures:
    """Train gates on rows that the old ones do not fit, and freeze landmarks of them.

    Parameters
    ----------
    model : GreenLightningModel
        The model that is to grow: its targets and the bits of its features.
    X : array-like of shape (n, d)
        Inputs: those of batches whose health is red, and some earlier ones to tell them from.
    y : array-like of shape (n,) or (n, k)
        Labels or real targets.
    options : GrowthOptions, optional
        How the gates are trained and how many landmarks are drawn.
    seen : tuple of str, optional
        Names of the batches that the rows come from: they shape the new gates.
    random_state : int, default=0
        Seed of training and of drawing landmarks.

    Returns
    -------
    PathFeatures
        What ``GreenLightningModel.grow`` joins to the recipe.

    Raises
    ------
    InputError
        Where the rows cannot train gates; fewer than two classes among them.
    """
    is_classes = isinstance(model.targets, ClassTargets)
    inputs, answers = np.asarray(X), model.targets.mapped(np.asarray(y))
    chosen = options or GrowthOptions()
    training = TrainingOptions(
        chosen.hidden_layer_sizes,
        max_epochs=chosen.max_epochs,
        batch_size=minibatch(len(inputs)),
        learning_rate=LEARNING_RATE,
        input_noise=NOISE,
        random_state=random_state,
    )
    task = "classification" if is_classes else "regression"
    structure = extract_structure(inputs, answers, task=task, options=training, seen=seen)
    return LandmarkPaths.build(
        structure,
        inputs,
        answers if is_classes else None,
        n_landmarks=min(chosen.n_landmarks, landmarks_for(len(inputs))),
        feature_bits=model.paths.feature_bits,
        random_state=random_state,
        seen=seen,
    )


def rooted(model: "GreenLightningModel") -> "GreenLightningModel":
    """Return the model under its first structure alone.

    Parameters
    ----------
    model : GreenLightningModel
        A model, grown or not.

    Returns
    -------
    GreenLightningModel
        The same ledger without the features that were added later; their sums are left out, and no row is read.
    """
    first = model.structure.digest
    if not isinstance(model.paths, JoinedPaths) or len(model.paths.structures) == 1:
        return model
    parts = [part for part in model.paths.parts if part.structure.digest == first]
    alone = replace(parts[0], encoder=model.encoder)
    paths = alone if len(parts) == 1 else JoinedPaths.of(*parts, encoder=model.encoder)
    return replace(model, paths=paths, statistics=leading(model.statistics, paths))


def grown(model: "GreenLightningModel", paths: PathFeatures, batches: Iterable[Batch]) -> "GreenLightningModel":
    """Return a model with more path features that has learnt the same.

    The recipe widens and old gates stay; the sums of new features with one another and with the old ones are
    completed. The result has the statistics of learning everything under the wide recipe.

    Parameters
    ----------
    model : GreenLightningModel
        The model; it stays as it is.
    paths : PathFeatures
        New features, such as ``new_paths`` makes.
    batches : iterable of Batch
        Every batch of the ledger, as it is learnt now; in any order, in any pieces.

    Returns
    -------
    GreenLightningModel
        The grown model, with the ledger, ridge strength and calibration of the old one.

    Raises
    ------
    LedgerError
        Where the batches are not those learnt: their old features do not add up to the model's sums.
    MismatchError
        Where the new features have other inputs or bits.
    """
    recipe = JoinedPaths.of(model.paths, paths, encoder=model.encoder)
    wider = replace(model, paths=recipe, statistics=Statistics.empty(recipe, model.targets))
    total = wider.statistics
    for batch in batches:
        total = total._changed(wider.collect(batch.X, batch.y, batch.weights), +1, reuse=True)
    if leading(total, model.paths) != model.statistics:
        raise LedgerError(
            f"The {total.n:,} rows given are not the {model.statistics.n:,} that the model has learnt",
            "Give every batch of the ledger, without the rows that were taken back",
        )
    return replace(wider, statistics=total)
