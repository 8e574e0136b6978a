"""What an MLP head becomes: its gates a structure, its weights the coefficients of its paths."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from greenlightning.data.targets import RealTargets
from greenlightning.errors import InputError
from greenlightning.linear.solver import Coefficients, solve
from greenlightning.linear.statistics import Statistics
from greenlightning.paths import ExplicitPaths, LandmarkPaths, PathFeatures
from greenlightning.structure.dense_tail import dense_tail
from greenlightning.structure.gates import Structure

IMITATION_ALPHA = 1e-5
KINDS = ("auto", "explicit", "landmarks")


@dataclass(frozen=True)
class RecipeOptions:
    """Which path features a head gets; see ``PathLinear.from_mlp``."""

    paths: str
    projection: int | None
    n_landmarks: int
    feature_bits: int
    random_state: int


def recipe_of_head(head: nn.Module, X: NDArray[Any], options: RecipeOptions) -> PathFeatures:
    """Freeze the gates of an MLP head and the path features over them.

    Parameters
    ----------
    head : Module
        Dense ReLU layers, then one ``nn.Linear``.
    X : ndarray of shape (n, d)
        Features that enter the head; none are needed for explicit paths without a projection.
    options : RecipeOptions
        The kind of paths and their sizes.

    Returns
    -------
    PathFeatures
        The frozen recipe.

    Raises
    ------
    InputError
        Where the kind is unknown, or features are needed and none are given.
    """
    structure = Structure.from_module(head, _example(X))
    explicit = len(structure.hidden_layer_sizes) == 1 if options.paths == "auto" else options.paths == "explicit"
    if options.paths not in KINDS:
        raise InputError(f"paths={options.paths!r} is not known", f"Choose one of {', '.join(KINDS)}")
    if not len(X) and (options.projection or not explicit):
        raise InputError("Landmarks and projections are made from features, and none were given", "Give X")
    bits = options.feature_bits
    if explicit:
        return ExplicitPaths.build(structure, X, feature_bits=bits, projection=options.projection)
    return LandmarkPaths.build(
        structure, X, n_landmarks=options.n_landmarks, feature_bits=bits, random_state=options.random_state
    )


def coefficients_of_head(head: nn.Module, paths: PathFeatures, X: NDArray[Any]) -> Coefficients:
    """Write a head as coefficients of path features: exactly where each path is a feature, else by least squares.

    Parameters
    ----------
    head : Module
        Dense ReLU layers, then one ``nn.Linear``.
    paths : PathFeatures
        The recipe that ``recipe_of_head`` froze.
    X : ndarray of shape (n, d)
        Features that enter the head.

    Returns
    -------
    Coefficients
        Weights (D, k) and intercept (k,).

    Raises
    ------
    InputError
        Where the head does not end in one ``nn.Linear`` after its last ReLU.
    """
    hidden = dense_tail(head, _example(X))
    output = [module for module in head.modules() if isinstance(module, nn.Linear)][-1]
    if output is hidden[-1] or output.in_features != hidden[-1].out_features:
        raise InputError(
            "The head does not end in one nn.Linear after its last nn.ReLU",
            "Give the dense layers of a network: Linear, ReLU, ..., Linear",
        )
    if isinstance(paths, ExplicitPaths) and "axes" not in paths.tables:
        return path_coefficients(paths, hidden[0], output)
    with torch.no_grad():
        wanted = _doubles(head(torch.from_numpy(X).to(output.weight)))
    targets = RealTargets.frozen_on(wanted)
    return solve(Statistics.collect(paths, targets, X, wanted), paths, targets, IMITATION_ALPHA)


def path_coefficients(paths: ExplicitPaths, hidden: nn.Linear, output: nn.Linear) -> Coefficients:
    """Write a head of one hidden layer as coefficients of its own explicit paths [1]_.

    ``y_k = Σ_j a_j(x) (Σ_i x_i w_ji + b_j) u_kj + c_k``: the path from input i through unit j has the coefficient
    ``w_ji u_kj``, and the one that starts at the unit's bias ``b_j u_kj``.

    Parameters
    ----------
    paths : ExplicitPaths
        The recipe of the head's own gates, without a projection.
    hidden, output : Linear
        The layers, of weights w (h, d), b (h,) and u (k, h), c (k,).

    Returns
    -------
    Coefficients
        Weights (h (d + 1), k) and intercept (k,).

    References
    ----------
    .. [1] Duato, Mestre, Dolz and Quintana-Ortí, "GreenLightningAI", 2023, arXiv:2312.09971.
    """
    mean, scale = paths.structure.mean, paths.structure.scale
    w, u = (_doubles(layer.weight) for layer in (hidden, output))
    b, c = (
        np.zeros(layer.out_features) if layer.bias is None else _doubles(layer.bias) for layer in (hidden, output)
    )
    routed = np.column_stack([w * scale, w @ mean + b])
    weights = np.einsum("kj,ji->jik", u, routed).reshape(paths.n_features_out, -1)
    return Coefficients(weights * np.sqrt(paths.n_features_out), c)


def _example(X: NDArray[Any]) -> NDArray[Any] | None:
    return X if len(X) else None


def _doubles(values: Tensor) -> NDArray[np.float64]:
    return np.asarray(values.detach().cpu().double().numpy())
