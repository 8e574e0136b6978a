"""Coefficients from statistics: ridge regression on centred path features, and the choice of its strength."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from greenlightning.data.targets import Targets
from greenlightning.errors import InputError, SingularError
from greenlightning.linear.equations import Floats, NormalEquations, gram_product
from greenlightning.linear.factor import SMALLEST_PIVOT, Factor
from greenlightning.linear.statistics import Statistics
from greenlightning.paths import PathFeatures

ALPHAS = tuple(10.0**power for power in range(-5, 2))
LARGEST_ERROR = 1e-14
REFINEMENTS = 3
SCORED_ROWS = 256
"""Rows whose features are scored at once: as float64 they stay in a cache of the processor."""


@dataclass(frozen=True, eq=False)
class Coefficients:
    """Weights and intercept of the linear model, in float64.

    Attributes
    ----------
    weights : ndarray of shape (D, k)
        Weights of real-valued path features, in C order, as they come back from disk: BLAS may round another order
        otherwise.
    intercept : ndarray of shape (k,)
        Intercepts.
    """

    weights: Floats
    intercept: Floats

    def scores(self, paths: PathFeatures, X: ArrayLike, *, device: str = "cpu") -> Floats:
        """Compute ``φ V + c`` (n, k) of inputs ``X`` (n, d) under the recipe ``paths``, block by block."""
        return paths.product(X, self.weights * paths.scales[:, None], device=device) + self.intercept

    def scores_of(self, features: Tensor, paths: PathFeatures) -> Floats:
        """Compute the same (n, k) of integer features (n, D)."""
        V = self.weights * paths.scales[:, None]
        rows, starts = features.numpy(), range(0, max(len(features), 1), SCORED_ROWS)
        blocks = [rows[start : start + SCORED_ROWS].astype(np.float64) @ V for start in starts]
        return np.concatenate(blocks) + self.intercept

    def own_class_score(self, statistics: Statistics, paths: PathFeatures) -> float:
        """Compute the mean score of a row's own class over the rows that ``statistics`` of classes sum."""
        sums = statistics.B * paths.scales[:, None]
        total = np.sum(self.weights * sums) + self.intercept @ statistics.target_sums
        return float(total / statistics.n)


@dataclass(frozen=True, eq=False)
class Solution:
    """Coefficients, and the factor that gave them, which the next solution may start from.

    Attributes
    ----------
    coefficients : Coefficients
        Weights and intercept.
    factor : Factor
        The factor of the normal equations.
    """

    coefficients: Coefficients
    factor: Factor

    @classmethod
    def of(cls, equations: NormalEquations, targets: Targets) -> "Solution":
        """Factorise and solve; raise SingularError where there is no stable solution."""
        factor = Factor.of(equations)
        return cls(_coefficients(equations, targets, factor.solve(equations.right)), factor)

    def followed(
        self,
        equations: NormalEquations,
        targets: Targets,
        features: NDArray[np.integer],
        signs: NDArray[np.integer],
    ) -> "Solution":
        """Solve again once rows came or went, by updating the factor.

        The result is compared with the statistics' integers, and refined: where more than rounding stays, or
        where alpha alone does not keep the equations regular, they are factorised again.

        Parameters
        ----------
        equations : NormalEquations
            The equations with the rows.
        targets : ClassTargets or RealTargets
            How targets become integers.
        features : ndarray of shape (m, D)
            Integer features of the rows.
        signs : ndarray of shape (m,)
            +1 for a row that came, −1 for one that went.

        Returns
        -------
        Solution
            The new coefficients and factor.

        Raises
        ------
        SingularError
            Where the equations have no stable solution.
        """
        if equations.alpha > SMALLEST_PIVOT * equations.largest_diagonal():
            factor = self.factor.updated(features, signs)
            weights = factor.solve(equations.right)
            for _ in range(REFINEMENTS):
                residual = equations.residual(weights)
                if equations.backward_error(weights, residual) <= LARGEST_ERROR:
                    return Solution(_coefficients(equations, targets, weights), factor)
                weights += factor.solve(residual)
        return Solution.of(equations, targets)


@dataclass(frozen=True, eq=False)
class Since:
    """A solution, and the rows that were learnt or forgotten since.

    Attributes
    ----------
    solution : Solution
        The solution.
    changes : tuple of (ndarray of shape (m, D), int)
        Integer features of the rows of each change, and +1 for learnt or −1 for forgotten.
    """

    solution: Solution
    changes: tuple[tuple[NDArray[np.integer], int], ...] = ()

    def pays_off(self, rows: int) -> bool:
        """Tell whether updating by this many rows is cheaper than factorising again."""
        rows += sum(len(features) for features, _ in self.changes)
        return self.solution.factor.pays_off(rows, len(self.solution.coefficients.intercept))

    def then(self, blocks: Sequence[Tensor], sign: int) -> "Since":
        """Add the features of one more change."""
        return Since(self.solution, self.changes + tuple((block.cpu().numpy(), sign) for block in blocks))

    def solved(self, equations: NormalEquations, targets: Targets) -> Solution:
        """Solve the ``equations`` that the changes led to; raise SingularError where they are singular."""
        if not self.changes:
            return self.solution
        features = np.concatenate([features for features, _ in self.changes])
        signs = np.concatenate([np.full(len(features), sign) for features, sign in self.changes])
        return self.solution.followed(equations, targets, features, signs)


def solve(statistics: Statistics, paths: PathFeatures, targets: Targets, alpha: float) -> Coefficients:
    """Minimise ``Σ ‖y − Vᵀφ − c‖² + alpha ‖V‖²`` from statistics alone, by one Cholesky factorisation.

    Features and targets are centred, so the intercept is not penalised (as in scikit-learn's Ridge).

    Parameters
    ----------
    statistics : Statistics
        The sums over all samples.
    paths : PathFeatures
        The recipe that the statistics belong to.
    targets : ClassTargets or RealTargets
        The targets that the statistics belong to.
    alpha : float
        Ridge strength, at least 0.

    Returns
    -------
    Coefficients
        V (D, k) and c (k,).

    Raises
    ------
    InputError
        Where ``alpha`` is negative or there are no samples.
    MismatchError
        Where the statistics belong to another recipe or other targets.
    SingularError
        Where the equations have no stable solution; no jitter is added.
    """
    return Solution.of(NormalEquations.of(statistics, paths, targets, alpha), targets).coefficients


def _coefficients(equations: NormalEquations, targets: Targets, weights: Floats) -> Coefficients:
    intercept = equations.target_means - equations.feature_means @ weights
    return Coefficients(weights, intercept + targets.offsets(len(intercept)))


def mean_squared_errors(
    statistics: Statistics, paths: PathFeatures, targets: Targets, *coefficients: Coefficients
) -> list[float]:
    """Compute the mean over samples of ``‖y − Vᵀφ − c‖²``, without reading a sample.

    It is ``Σ‖y‖² − 2⟨V, B⟩ − 2⟨c, Σy⟩ + ⟨V, GV⟩ + 2⟨c, VᵀΣφ⟩ + n‖c‖²``, all over n; G is read once for all.

    Parameters
    ----------
    statistics : Statistics
        The sums over the samples.
    paths : PathFeatures
        The recipe that the statistics belong to.
    targets : ClassTargets or RealTargets
        The targets that the statistics belong to.
    *coefficients : Coefficients
        The models to compare.

    Returns
    -------
    list of float
        One error for each of the coefficients.
    """
    units, target_units = paths.scales, targets.scales(len(statistics.columns))
    weights = [found.weights * units[:, None] for found in coefficients]
    products = np.split(gram_product(statistics, np.concatenate(weights, axis=1)), len(weights), axis=1)
    errors = []
    for V, GV, intercept in zip(weights, products, (found.intercept for found in coefficients), strict=True):
        c = intercept - targets.offsets(len(intercept))
        total = float(statistics.target_squares @ target_units**2)
        total -= 2 * float(np.sum(V * (statistics.B * target_units)))
        total -= 2 * float(c @ (statistics.target_sums * target_units))
        total += float(np.sum(V * GV))
        total += 2 * float(c @ (V.T @ statistics.feature_sums)) + statistics.n * float(c @ c)
        errors.append(max(total, 0.0) / statistics.n)
    return errors


def choose_alpha(
    training: Statistics,
    validation: Statistics,
    paths: PathFeatures,
    targets: Targets,
    alphas: Sequence[float] = ALPHAS,
    tolerance: float = 0.0,
) -> tuple[float, dict[float, float]]:
    """Choose the weakest ridge within ``tolerance`` of the smallest error on *validation statistics*.

    No data is needed. Strengths at which the equations are singular are left out.

    Parameters
    ----------
    training, validation : Statistics
        Sums to solve from, and sums to measure the error on.
    paths : PathFeatures
        The recipe that the statistics belong to.
    targets : ClassTargets or RealTargets
        The targets that the statistics belong to.
    alphas : sequence of float, optional
        Strengths to try; by default powers of ten from 1e-5 to 10.
    tolerance : float, default=0.0
        Relative excess over the smallest error that is accepted.

    Returns
    -------
    alpha : float
        The strength chosen.
    errors : dict
        The error at each strength that was solved.

    Raises
    ------
    InputError
        Where there are no validation samples.
    SingularError
        Where the equations are singular at every strength.
    """
    if validation.n == 0:
        raise InputError("There are no validation samples to choose alpha by", "Hold some back, or give alpha")
    solved: dict[float, Coefficients] = {}
    for alpha in alphas:
        with suppress(SingularError):
            solved[alpha] = solve(training, paths, targets, alpha)
    if not solved:
        raise SingularError("The normal equations are singular at every strength tried", "Give a larger alpha")
    found = mean_squared_errors(validation._on(training.columns), paths, targets, *solved.values())
    errors = dict(zip(solved, found, strict=True))
    acceptable = (1 + tolerance) * min(found)
    return min(alpha for alpha, error in errors.items() if error <= acceptable), errors
