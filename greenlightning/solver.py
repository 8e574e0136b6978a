"""Coefficients from statistics: ridge regression on centred path features, and the choice of its strength."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from greenlightning.errors import InputError, MismatchError, SingularError
from greenlightning.paths import PathFeatures
from greenlightning.statistics import Statistics
from greenlightning.targets import Targets

ALPHAS = tuple(10.0**power for power in range(-5, 2))
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Coefficients:
    """The quantitative knowledge: ``weights`` (D, k) for real-valued φ and ``intercept`` (k,), float64."""

    weights: Floats
    intercept: Floats


@dataclass(frozen=True)
class _Moments:
    """Real-valued, uncentred moments of statistics: means of φ (D,) and y (k,), and the scales they are in."""

    n: int
    feature_mean: Floats
    target_mean: Floats

    @classmethod
    def of(cls, statistics: Statistics, feature_scales: Floats, target_scales: Floats) -> "_Moments":
        n = max(statistics.n, 1)
        return cls(
            statistics.n,
            statistics.feature_sums / n * feature_scales,
            statistics.target_sums / n * target_scales,
        )


def solve(statistics: Statistics, paths: PathFeatures, targets: Targets, alpha: float) -> Coefficients:
    """Minimise ``Σ ‖y − Vᵀφ − c‖² + alpha ‖V‖²`` from statistics alone, by one Cholesky factorisation.

    Features and targets are centred, so the intercept is not penalised (as in scikit-learn's Ridge).
    Raises InputError on a negative ``alpha`` or no samples, MismatchError on another recipe's statistics, and
    SingularError, without jitter, where the equations have no stable solution.
    """
    if alpha < 0 or statistics.n == 0:
        problem = "There are no samples to learn from" if statistics.n == 0 else f"alpha={alpha} is negative"
        raise InputError(problem, "Give at least one batch and a ridge strength of zero or more")
    if (statistics.recipe, statistics.targets) != (paths.digest, targets.digest):
        raise MismatchError("The statistics belong to another recipe or targets", "Collect them with these")
    units, target_units = paths.scales, targets.scales(len(statistics.columns))
    moments = _Moments.of(statistics, units, target_units)
    A = statistics.G * np.outer(units, units)
    A -= moments.n * np.outer(moments.feature_mean, moments.feature_mean)
    A[np.diag_indices_from(A)] += alpha
    R = statistics.B * np.outer(units, target_units)
    R -= moments.n * np.outer(moments.feature_mean, moments.target_mean)
    weights = _cholesky_solve(A, R, alpha)
    intercept = moments.target_mean - moments.feature_mean @ weights
    return Coefficients(weights, intercept + targets.offsets(len(intercept)))


def _cholesky_solve(A: Floats, R: Floats, alpha: float) -> Floats:
    diagonal = A.diagonal().max(initial=0.0)
    try:
        factor = scipy.linalg.cholesky(A, lower=True, overwrite_a=True, check_finite=False)
    except np.linalg.LinAlgError:
        factor = None
    if factor is None or factor.diagonal().min() ** 2 <= 1e-14 * diagonal:
        raise SingularError(
            f"The normal equations are singular at alpha={alpha:g}", "Raise alpha (1e-3 is a good start)"
        )
    return np.asarray(scipy.linalg.cho_solve((factor, True), R, check_finite=False))


def mean_squared_error(
    statistics: Statistics, paths: PathFeatures, targets: Targets, coefficients: Coefficients
) -> float:
    """Mean over samples of ``‖y − Vᵀφ − c‖²``, from statistics alone: no sample is read.

    ``Σ‖y‖² − 2⟨V, B⟩ − 2⟨c, Σy⟩ + ⟨V, GV⟩ + 2⟨c, VᵀΣφ⟩ + n‖c‖²``, all over n.
    """
    units, target_units = paths.scales, targets.scales(len(statistics.columns))
    V = coefficients.weights * units[:, None]
    c = coefficients.intercept - targets.offsets(len(coefficients.intercept))
    total = float(statistics.target_squares @ target_units**2)
    total -= 2 * float(np.sum(V * (statistics.B * target_units)))
    total -= 2 * float(c @ (statistics.target_sums * target_units))
    total += float(np.sum(V * (statistics.G @ V)))
    total += 2 * float(c @ (V.T @ statistics.feature_sums)) + statistics.n * float(c @ c)
    return max(total, 0.0) / statistics.n


def choose_alpha(
    training: Statistics,
    validation: Statistics,
    paths: PathFeatures,
    targets: Targets,
    alphas: Sequence[float] = ALPHAS,
    tolerance: float = 0.0,
) -> tuple[float, dict[float, float]]:
    """The weakest ridge within ``tolerance`` of the smallest error on *validation statistics*, and all errors.

    No data is needed: solve on ``training`` and apply ``mean_squared_error`` to ``validation``. Strengths at
    which the equations are singular are passed over; SingularError if that leaves none.
    """
    if validation.n == 0:
        raise InputError("There are no validation samples to choose alpha by", "Hold some back, or give alpha")
    validation = validation._on(training.columns)
    errors: dict[float, float] = {}
    for alpha in alphas:
        try:
            coefficients = solve(training, paths, targets, alpha)
        except SingularError:
            continue
        errors[alpha] = mean_squared_error(validation, paths, targets, coefficients)
    if not errors:
        raise SingularError("The normal equations are singular at every strength tried", "Give a larger alpha")
    acceptable = (1 + tolerance) * min(errors.values())
    return min(alpha for alpha, error in errors.items() if error <= acceptable), errors
