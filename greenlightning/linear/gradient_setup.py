"""What the gradient estimator checks and builds before it trains."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from greenlightning.data.labels import positions
from greenlightning.errors import InputError
from greenlightning.linear.solver import Coefficients
from greenlightning.paths import ExplicitPaths, LandmarkPaths, PathFeatures
from greenlightning.structure.gates import Structure

if TYPE_CHECKING:
    from greenlightning.linear.gradient import PathSGDClassifier


def check_parameters(model: "PathSGDClassifier") -> None:
    """Raise InputError, naming it, where a parameter of ``model`` is out of its range."""
    sound = {
        "eta0": model.eta0 > 0,
        "alpha": model.alpha >= 0,
        "batch_size": model.batch_size >= 1,
        "max_iter": model.max_iter >= 1,
        "n_iter_no_change": model.n_iter_no_change >= 1,
        "validation_fraction": 0 < model.validation_fraction < 1,
    }
    for name in (name for name, holds in sound.items() if not holds):
        raise InputError(f"{name}={getattr(model, name)} trains nothing", "See what the parameter means")


def frozen_recipe(
    paths: PathFeatures | Structure, X: NDArray[Any], y: NDArray[Any], seed: Callable[[], int]
) -> PathFeatures:
    """Return the recipe ``paths``, or build one for a structure on ``X`` (n, d) and labels ``y`` (n,).

    A structure of one layer gets explicit paths, a deeper one landmarks, drawn by ``seed``.
    """
    if not isinstance(paths, Structure):
        return paths
    if len(paths.hidden_layer_sizes) == 1:
        return ExplicitPaths.build(paths, X)
    return LandmarkPaths.build(paths, X, y, random_state=seed())


def widened(known: Coefficients, before: NDArray[Any], after: NDArray[Any]) -> Coefficients:
    """Add zeros for the classes of ``after`` that are not in ``before``."""
    places = positions(before, after.tolist())
    weights, intercept = np.zeros((len(known.weights), len(after))), np.zeros(len(after))
    weights[:, places], intercept[places] = known.weights, known.intercept
    return Coefficients(weights, intercept)
