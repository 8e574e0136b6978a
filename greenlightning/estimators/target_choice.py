"""The choice of a transform for skewed real targets, on held-out rows of the base."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kurtosis, skew
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold

from greenlightning.data.targets import RealTargets, as_columns
from greenlightning.data.transforms import KINDS
from greenlightning.errors import InputError
from greenlightning.evaluation.conventional_network import random_gates
from greenlightning.paths import LandmarkPaths

ROWS, FEWEST_ROWS, FOLDS = 2_048, 50, 3
GATES, LANDMARKS = (128,), 192
SKEWED, HEAVY = 1.0, 3.0
"""Skewness, and kurtosis beyond that of the normal distribution, from which other transforms are tried."""
ALIKE = 0.01
ALPHAS = np.logspace(-4, 2, 7)
TransformChoice = Literal["auto", "none", "log", "quantile"]
Floats = NDArray[np.float64]


def chosen_targets(
    X: NDArray[np.generic], y: NDArray[np.generic], seed: int, choice: TransformChoice = "auto"
) -> RealTargets:
    """Freeze the transform of targets under which held-out rows are predicted best, in the targets' own units.

    Three folds of at most 2,048 rows are predicted from path features of random gates, with and without smearing.
    The largest R² wins; within 0.01 of it the smallest absolute error. Targets that are neither skewed nor
    heavy-tailed stay as they are.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Inputs of the base.
    y : ndarray of shape (n,) or (n, k)
        Its targets.
    seed : int
        Seed of the rows, the folds and the gates.
    choice : {"auto", "none", "log", "quantile"}, default="auto"
        The transform, or "auto" to choose it.

    Returns
    -------
    RealTargets
        The targets; where smearing helps, with the residuals of the held-out rows.

    Raises
    ------
    InputError
        Where there is no such transform.
    """
    values, kinds = as_columns(y), KINDS if choice == "auto" else (choice,)
    if not set(kinds) <= set(KINDS):
        raise InputError(
            f"target_transform={choice!r} is not known", f'Choose "auto" or one of {", ".join(KINDS)}'
        )
    if kinds == ("none",) or len(values) < FEWEST_ROWS or (choice == "auto" and not _unusual(values)):
        return RealTargets.frozen_on(values, kinds[0])
    rows = np.sort(np.random.default_rng(seed).permutation(len(values))[:ROWS])
    inputs, truth = np.asarray(X)[rows], values[rows]
    landmarks = LandmarkPaths.build(random_gates(inputs, GATES, seed), inputs, None, n_landmarks=LANDMARKS)
    features = landmarks.transform(inputs)
    found = [
        (*_errors(truth, predicted), kind, errors)
        for kind in kinds
        for predicted, errors in _held_out(features, truth, kind, seed)
    ]
    best = max(r2 for r2, *_ in found)
    _, _, kind, errors = min((one for one in found if one[0] >= best - ALIKE), key=lambda one: one[1])
    targets = RealTargets.frozen_on(values, kind)
    return targets if errors is None else targets.smeared(errors)


def _held_out(features: Floats, truth: Floats, kind: str, seed: int) -> Iterator[tuple[Floats, Floats | None]]:
    """Predict each row from other folds under a transform: as it is, and smeared by the errors of those folds."""
    outputs, folds = np.empty(truth.shape), list(KFold(FOLDS, shuffle=True, random_state=seed).split(features))
    targets = [RealTargets.frozen_on(truth[rest], kind) for rest, _ in folds]
    for (rest, held), one in zip(folds, targets, strict=True):
        ridge = RidgeCV(ALPHAS).fit(features[rest], one.mapped(truth[rest]))
        outputs[held] = ridge.predict(features[held]).reshape(len(held), -1)
    errors = np.empty(truth.shape)
    for (_, held), one in zip(folds, targets, strict=True):
        errors[held] = one.mapped(truth[held]) - outputs[held]
    yield _restored(targets, folds, outputs), None
    if kind != "none":
        smeared = [one.smeared(errors[rest]) for one, (rest, _) in zip(targets, folds, strict=True)]
        yield _restored(smeared, folds, outputs), errors


def _restored(
    targets: list[RealTargets], folds: list[tuple[NDArray[np.intp], NDArray[np.intp]]], outputs: Floats
) -> Floats:
    predicted = np.empty(outputs.shape)
    for (_, held), one in zip(folds, targets, strict=True):
        predicted[held] = one.restored(outputs[held])
    return predicted


def _errors(truth: Floats, predicted: Floats) -> tuple[float, float]:
    """R², and the absolute error relative to that of the median, each the mean over the outputs."""
    variance = np.square(truth - truth.mean(axis=0)).sum(axis=0)
    spread = np.abs(truth - np.median(truth, axis=0)).sum(axis=0)
    squared, absolute = np.square(truth - predicted).sum(axis=0), np.abs(truth - predicted).sum(axis=0)
    tiny = np.finfo(np.float64).tiny
    return float(1 - (squared / (variance + tiny)).mean()), float((absolute / (spread + tiny)).mean())


def _unusual(values: Floats) -> bool:
    """Whether an output is skewed or has heavy tails."""
    varying = values[:, np.ptp(values, axis=0) > 0]
    return bool((np.abs(skew(varying)) > SKEWED).any() or (kurtosis(varying) > HEAVY).any())
