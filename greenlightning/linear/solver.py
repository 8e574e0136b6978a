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


@dataclass(frozen=True, eq=False)
class Coefficients:
    """The quantitative knowledge: ``weights`` (D, k) for real-valued φ and ``intercept`` (k,), float64.

    ``weights`` are in C order, as they come back from disk: BLAS may round another order otherwise.
    """

    weights: Floats
    intercept: Floats

    def scores(self, paths: PathFeatures, X: ArrayLike, *, device: str = "cpu") -> Floats:
        """``φ V + c`` (n, k) of inputs ``X`` (n, d) under the recipe ``paths``; at most a block of φ exists."""
        return paths.product(X, self.weights * paths.scales[:, None], device=device) + self.intercept


@dataclass(frozen=True, eq=False)
class Solution:
    """Coefficients, and the factor that gave them, which the next solution may start from."""

    coefficients: Coefficients
    factor: Factor

    @classmethod
    def of(cls, equations: NormalEquations, targets: Targets) -> "Solution":
        """Factorise and solve; raises SingularError."""
        factor = Factor.of(equations)
        return cls(_coefficients(equations, targets, factor.solve(equations.right)), factor)

    def followed(
        self,
        equations: NormalEquations,
        targets: Targets,
        features: NDArray[np.integer],
        signs: NDArray[np.integer],
    ) -> "Solution":
        """The solution once rows of ``features`` (m, D) came or went, by updating the factor.

        The result is compared with the statistics' integers, and refined: where more than rounding stays, or
        where alpha alone does not keep the equations regular, they are factorised again. Raises SingularError.
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
    """A solution, and the integer features (m, D) that were learnt (+1) or forgotten (−1) since."""

    solution: Solution
    changes: tuple[tuple[NDArray[np.integer], int], ...] = ()

    def pays_off(self, rows: int) -> bool:
        """Whether updating by this many rows is cheaper than factorising again."""
        rows += sum(len(features) for features, _ in self.changes)
        return self.solution.factor.pays_off(rows, len(self.solution.coefficients.intercept))

    def then(self, blocks: Sequence[Tensor], sign: int) -> "Since":
        """This with the features of one more change."""
        return Since(self.solution, self.changes + tuple((block.cpu().numpy(), sign) for block in blocks))

    def solved(self, equations: NormalEquations, targets: Targets) -> Solution:
        """The solution of the ``equations`` that the changes led to; raises SingularError."""
        if not self.changes:
            return self.solution
        features = np.concatenate([features for features, _ in self.changes])
        signs = np.concatenate([np.full(len(features), sign) for features, sign in self.changes])
        return self.solution.followed(equations, targets, features, signs)


def solve(statistics: Statistics, paths: PathFeatures, targets: Targets, alpha: float) -> Coefficients:
    """Minimise ``Σ ‖y − Vᵀφ − c‖² + alpha ‖V‖²`` from statistics alone, by one Cholesky factorisation.

    Features and targets are centred, so the intercept is not penalised (as in scikit-learn's Ridge).
    Raises InputError on a negative ``alpha`` or no samples, MismatchError on another recipe's statistics, and
    SingularError, without jitter, where the equations have no stable solution.
    """
    return Solution.of(NormalEquations.of(statistics, paths, targets, alpha), targets).coefficients


def _coefficients(equations: NormalEquations, targets: Targets, weights: Floats) -> Coefficients:
    intercept = equations.target_means - equations.feature_means @ weights
    return Coefficients(weights, intercept + targets.offsets(len(intercept)))


def mean_squared_errors(
    statistics: Statistics, paths: PathFeatures, targets: Targets, *coefficients: Coefficients
) -> list[float]:
    """Mean over samples of ``‖y − Vᵀφ − c‖²`` of each of the ``coefficients``: no sample is read.

    ``Σ‖y‖² − 2⟨V, B⟩ − 2⟨c, Σy⟩ + ⟨V, GV⟩ + 2⟨c, VᵀΣφ⟩ + n‖c‖²``, all over n; G is read once for all.
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
    """The weakest ridge within ``tolerance`` of the smallest error on *validation statistics*, and all errors.

    No data is needed: solve on ``training`` and apply ``mean_squared_errors`` to ``validation``. Strengths at
    which the equations are singular are passed over; SingularError if that leaves none.
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
