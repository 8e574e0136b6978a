"""The first fit: train a structure, freeze path features, choose the ridge strength, learn the first batch."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from greenlightning.data.batch import Batch
from greenlightning.data.labels import label_array, positions
from greenlightning.data.ledger import LedgerEntry
from greenlightning.data.splits import Rows, split_rows
from greenlightning.data.targets import ClassTargets, Targets
from greenlightning.errors import SingularError
from greenlightning.estimators.configuration import build_recipe, training_options
from greenlightning.estimators.early_stopping import held_out_error
from greenlightning.estimators.feature_choice import narrowed, widened
from greenlightning.linear.probabilities import FEWEST_ROWS, UNCALIBRATED, Calibration
from greenlightning.linear.solver import choose_alpha
from greenlightning.linear.statistics import Statistics
from greenlightning.linear.units import leading
from greenlightning.linear.weighting import weighed
from greenlightning.model import GreenLightningModel
from greenlightning.paths import PathFeatures
from greenlightning.structure.defaults import unless_auto
from greenlightning.structure.extraction import extract_structure
from greenlightning.structure.gates import Structure
from greenlightning.structure.settling import EpochRecord
from greenlightning.structure.weight_decay import AFTER_PROBE, weight_decay_by_oui

if TYPE_CHECKING:
    from greenlightning.estimators.base import BaseGreenLightning

CLASS_ERROR_TOLERANCE = 0.05


def train_structure(
    estimator: "BaseGreenLightning",
    batch: Batch,
    seed: int,
    seen: tuple[str, ...],
    on_epoch: Callable[[EpochRecord], None] | None = None,
) -> Structure:
    """Train the structure on the training rows of ``batch``, measured on its validation rows.

    Parameters
    ----------
    estimator : BaseGreenLightning
        Its parameters say how.
    batch : Batch
        Inputs (n, d) and targets.
    seed : int
        Seed of the split, the weights and the minibatches.
    seen : tuple of str
        Names of the batches that the rows come from, kept with the structure.
    on_epoch : callable, optional
        Called with the EpochRecord of each epoch.

    Returns
    -------
    Structure
        The frozen gates.

    Raises
    ------
    InputError
        Where data or a parameter cannot be used.
    """
    X, y = batch.X, estimator._targets(batch, seed).mapped(batch.y)
    training, validation = split = _split(estimator, batch.y, seed)
    inputs = X[training]
    extract = partial(
        extract_structure,
        inputs,
        y[training],
        task=estimator.task,
        validation=(X[validation], y[validation]) if len(validation) else None,
    )
    options = training_options(estimator, inputs, seed)
    if estimator.weight_decay == "oui":

        def early_oui(decay: float) -> float:
            probe = extract(options=replace(options, weight_decay=decay, settling=AFTER_PROBE))
            assert probe.history
            return probe.history.records[-1].oui

        options = replace(options, weight_decay=weight_decay_by_oui(early_oui))
    estimator.weight_decay_ = options.weight_decay
    if estimator.early_stopping and len(validation):
        options = replace(options, error_of=held_out_error(estimator, batch, split, seed))
    return extract(options=options, seen=seen, on_epoch=on_epoch)


def first_model(
    estimator: "BaseGreenLightning", structure: Structure, batch: Batch, seed: int, seen: tuple[str, ...]
) -> GreenLightningModel:
    """Learn a first batch under a structure; held-out rows choose alpha before they are learnt too.

    Parameters
    ----------
    estimator : BaseGreenLightning
        Its parameters say how.
    structure : Structure
        The frozen gates.
    batch : Batch
        Inputs (n, d) and targets.
    seed : int
        Seed of the split and of drawing landmarks.
    seen : tuple of str
        Names of the batches that the rows come from, kept with the recipe.

    Returns
    -------
    GreenLightningModel
        The model that has learnt the batch.
    """
    paths = build_recipe(estimator, structure, batch, seed, seen)
    recipe = replace(widened(estimator, paths, batch, seed, seen), encoder=estimator.encoder_)
    targets, rows = estimator._targets(batch, seed), _split(estimator, batch.y, seed)
    empty = GreenLightningModel.empty(recipe, 0.0, targets).on(estimator.device, estimator.memory_budget)
    weights = batch.weights
    training, held = (
        empty.collect(batch.X[part], batch.y[part], None if weights is None else weights[part]) for part in rows
    )
    sums, held_sums = weighed(training, targets), weighed(held, targets)
    alpha = _alpha(estimator, leading(sums, paths), leading(held_sums, paths), paths, targets)
    if estimator.n_random_features == "auto":
        recipe, choice = narrowed(recipe, sums, held_sums, targets, alpha)
        training, held = leading(training, recipe), leading(held, recipe)
        estimator.feature_choice_ = choice
        alpha = choice.alpha if choice and estimator.alpha == "auto" else alpha
    empty = replace(empty, paths=recipe, statistics=Statistics.empty(recipe, targets), alpha=alpha)
    calibration = _calibration(replace(empty, statistics=training), batch, rows[1])
    return replace(empty, calibration=calibration).absorb(training + held, batch.id, LedgerEntry(batch.rows))


def _calibration(model: GreenLightningModel, batch: Batch, held: Rows) -> Calibration:
    """Fit probabilities to held-out rows, as a model scores them that has not learnt them."""
    if not isinstance(model.targets, ClassTargets) or len(held) < FEWEST_ROWS:
        return UNCALIBRATED
    known = held[np.isin(batch.y[held], label_array(model.classes))]
    with suppress(SingularError):
        found = Calibration.of(model.decision_function(batch.X[known]), positions(batch.y[known], model.classes))
        sums = weighed(model.statistics, model.targets)
        return replace(found, level=model.coefficients.own_class_score(sums, model.paths)) if found else found
    return UNCALIBRATED


def _alpha(
    estimator: "BaseGreenLightning", training: Statistics, held: Statistics, paths: PathFeatures, targets: Targets
) -> float:
    """Choose the ridge strength by held-out statistics, or by training ones where nothing was held out.

    Labels go by the largest score, which less shrinkage serves better than the squared error shows
    (``docs/decisions/0003-ridge-strength.md``); real outputs go by the squared error itself.
    """
    alpha = unless_auto("alpha", estimator.alpha, "auto")
    if alpha != "auto":
        return float(alpha)
    tolerance = CLASS_ERROR_TOLERANCE if estimator.task == "classification" else 0.0
    validation = held if held.n else training
    return choose_alpha(training, validation, paths, targets, tolerance=tolerance)[0]


def _split(estimator: "BaseGreenLightning", y: NDArray[Any], seed: int) -> tuple[Rows, Rows]:
    """Training and validation rows; the latter show when gates settle, and choose the ridge strength."""
    stratified = estimator.task == "classification"
    return split_rows(y, estimator.validation_fraction, seed, stratified=stratified)
