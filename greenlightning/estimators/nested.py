"""Fewer features from the sums of many: the first ones alone, and how well they would do."""

from collections.abc import Sequence

import numpy as np
from scipy.linalg import solve_triangular

from greenlightning.data.targets import Targets
from greenlightning.linear.equations import NormalEquations
from greenlightning.linear.factor import Factor
from greenlightning.linear.solver import Coefficients, mean_squared_errors
from greenlightning.linear.statistics import Statistics
from greenlightning.paths import PathFeatures


def nested_errors(
    training: Statistics,
    validation: Statistics,
    paths: PathFeatures,
    targets: Targets,
    alpha: float,
    sizes: Sequence[int],
) -> list[float]:
    """Compute the validation error of the first ``sizes`` features, each solved for, from one factorisation.

    The Cholesky factor of the first features' equations is the corner of the factor of all.

    Parameters
    ----------
    training, validation : Statistics
        Sums to solve from, and sums to measure the error on.
    paths : PathFeatures
        The recipe of all features.
    targets : ClassTargets or RealTargets
        The targets that the statistics belong to.
    alpha : float
        Ridge strength.
    sizes : sequence of int
        Numbers of features to compare.

    Returns
    -------
    list of float
        The mean squared error for each size.

    Raises
    ------
    SingularError
        Where the equations have no stable solution.
    """
    equations = NormalEquations.of(training, paths, targets, alpha)
    lower = Factor.of(equations).lower
    half = solve_triangular(lower, equations.right, lower=True, check_finite=False)
    solved = []
    for size in sizes:
        weights = np.zeros_like(half)
        weights[:size] = solve_triangular(
            lower[:size, :size], half[:size], lower=True, trans="T", check_finite=False
        )
        intercept = equations.target_means - equations.feature_means @ weights
        solved.append(Coefficients(weights, intercept + targets.offsets(len(intercept))))
    return mean_squared_errors(validation._on(training.columns), paths, targets, *solved)
