"""What an estimator's parameters mean for given data: "auto" resolved, training options and recipe built."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from greenlightning.data.batch import Batch
from greenlightning.errors import InputError
from greenlightning.paths import ExplicitPaths, LandmarkPaths, PathFeatures, SyntheticLandmarks
from greenlightning.paths.landmarks import landmarks_for
from greenlightning.paths.receptive_fields import FIELD
from greenlightning.structure.defaults import (
    FEW_ROWS,
    StructureDefaults,
    minibatch,
    structure_defaults,
    unless_auto,
)
from greenlightning.structure.extraction import share_unit
from greenlightning.structure.gates import Structure
from greenlightning.structure.settling import SettlingRule
from greenlightning.structure.training import TrainingOptions

if TYPE_CHECKING:
    from greenlightning.estimators.base import BaseGreenLightning

EXPLICIT_GATES = 256
EXPLICIT_FEATURES = 6_000
LANDMARKS = 1_024
LANDMARKS_BESIDE_RANDOM = 256
NARROW_BUDGET, WIDE_BUDGET = (14, 1_536), (22, 3_840)
"""Features for each square root of the base's rows, and at most: up to ``FIELD`` columns, and for more."""
LANDMARK_KINDS = LandmarkPaths.kind, SyntheticLandmarks.kind


def training_options(estimator: "BaseGreenLightning", X: NDArray[Any], seed: int) -> TrainingOptions:
    """Choose the options for training a structure.

    Parameters
    ----------
    estimator : BaseGreenLightning
        Its parameters, of which "auto" is resolved.
    X : ndarray of shape (n, d)
        Inputs of the training data.
    seed : int
        Seed of weights and minibatches.

    Returns
    -------
    TrainingOptions
        The options.

    Raises
    ------
    InputError
        Where a parameter is a word other than "auto", or the weight decay one other than "oui".
    """
    defaults = structure_defaults(X.shape[1], len(X), one_unit=share_unit(X))
    sizes = hidden_layer_sizes(estimator, defaults)
    listed = len(sizes) == 1 and estimator.paths not in LANDMARK_KINDS
    return TrainingOptions(
        hidden_layer_sizes=sizes,
        max_epochs=unless_auto("max_epochs", estimator.max_epochs, defaults.max_epochs),
        settling=SettlingRule(estimator.settle_tolerance, estimator.patience),
        batch_size=unless_auto("batch_size", estimator.batch_size, minibatch(len(X))),
        learning_rate=unless_auto("learning_rate", estimator.learning_rate, defaults.learning_rate),
        weight_decay=_weight_decay(estimator),
        reconstruction=unless_auto("reconstruction", estimator.reconstruction, defaults.reconstruction),
        input_noise=estimator.input_noise,
        random_state=seed,
        device=estimator.device,
        bins=unless_auto("bins", estimator.bins, 0 if listed else defaults.bins),
    )


def _weight_decay(estimator: "BaseGreenLightning") -> float:
    """Return the weight decay given, or none where early gates are to choose it."""
    given = estimator.weight_decay
    if isinstance(given, str) and given != "oui":
        raise InputError(f"weight_decay={given!r} is not known", 'Give a number, or "oui"')
    return 0.0 if isinstance(given, str) else given


def hidden_layer_sizes(estimator: "BaseGreenLightning", defaults: StructureDefaults) -> tuple[int, ...]:
    """Units in each layer of the structure."""
    default = (EXPLICIT_GATES,) if estimator.paths == "explicit" else defaults.hidden_layer_sizes
    sizes = unless_auto("hidden_layer_sizes", estimator.hidden_layer_sizes, default)
    return tuple(np.atleast_1d(sizes).tolist())


def build_recipe(
    estimator: "BaseGreenLightning", structure: Structure, batch: Batch, seed: int, seen: tuple[str, ...]
) -> PathFeatures:
    """Freeze path features of a structure on the rows of a batch.

    Parameters
    ----------
    estimator : BaseGreenLightning
        Its parameters say which.
    structure : Structure
        The frozen gates.
    batch : Batch
        Base inputs and targets.
    seed : int
        Seed of drawing landmarks.
    seen : tuple of str
        Names of the batches that the rows come from, kept with the recipe.

    Returns
    -------
    PathFeatures
        Explicit paths or landmarks.

    Raises
    ------
    InputError
        Where ``paths`` or ``n_landmarks`` is an unknown word, or the recipe does not fit the structure.
    """
    bits = estimator.feature_bits
    if _takes_explicit_paths(estimator, structure):
        about = seen if estimator.projection else ()
        return ExplicitPaths.build(
            structure, batch.X, feature_bits=bits, projection=estimator.projection, seen=about
        )
    most = LANDMARKS_BESIDE_RANDOM if _takes_random_features(estimator, batch) else LANDMARKS
    default = min(most, landmarks_for(batch.rows))
    wanted = unless_auto("n_landmarks", estimator.n_landmarks, default)
    labels = batch.y if estimator.task == "classification" else None
    kind = SyntheticLandmarks if estimator.paths == SyntheticLandmarks.kind else LandmarkPaths
    return kind.build(
        structure, batch.X, labels, n_landmarks=wanted, feature_bits=bits, random_state=seed, seen=seen
    )


def random_features_beside(estimator: "BaseGreenLightning", paths: PathFeatures, batch: Batch) -> int:
    """Count the random features to join to ``paths``; where that is "auto", held-out rows choose how many stay.

    Raises
    ------
    InputError
        Where ``n_random_features`` is negative or an unknown word.
    """
    per_root, most = WIDE_BUDGET if is_wide(paths.structure) else NARROW_BUDGET
    budget = min(most, round(per_root * math.sqrt(batch.rows)))
    room = unless_auto("feature_budget", estimator.feature_budget, budget) - paths.n_features_out
    fits = _takes_random_features(estimator, batch) and isinstance(paths, LandmarkPaths)
    wanted = unless_auto("n_random_features", estimator.n_random_features, max(room, 0) if fits else 0)
    if wanted < 0:
        raise InputError(f"n_random_features={wanted} is negative", 'Give zero or more, or "auto"')
    return wanted


def is_wide(structure: Structure) -> bool:
    """Whether inputs have more columns than a receptive field."""
    return structure.n_encoded > FIELD


def _takes_random_features(estimator: "BaseGreenLightning", batch: Batch) -> bool:
    """Whether random features are tried: many rows whose columns share a unit, like pixels."""
    is_auto = estimator.n_random_features == "auto"
    return is_auto and batch.rows >= FEW_ROWS and share_unit(batch.X)


def _takes_explicit_paths(estimator: "BaseGreenLightning", structure: Structure) -> bool:
    if estimator.paths not in ("auto", "explicit", *LANDMARK_KINDS):
        raise InputError(
            f"paths={estimator.paths!r} is not known", 'Choose "auto", "explicit", "landmarks" or "synthetic"'
        )
    sizes, width = structure.hidden_layer_sizes, (estimator.projection or structure.n_encoded) + 1
    fits = len(sizes) == 1 and sizes[0] * width <= EXPLICIT_FEATURES
    return fits if estimator.paths == "auto" else estimator.paths == "explicit"
