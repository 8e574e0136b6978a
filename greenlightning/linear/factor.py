"""A Cholesky factor that a few rows can be added to or taken from: rank-k updates by Woodbury's identity."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dtrsm
from scipy.linalg.lapack import dpotrf, dsysv

from greenlightning.errors import SingularError
from greenlightning.linear.equations import Floats, NormalEquations

SMALLEST_PIVOT = 1e-14
CHECK = 50
RANK_LIMIT = 1 / math.sqrt(3)


@dataclass(frozen=True, eq=False)
class Factor:
    """``A₀ = L Lᵀ``, and the k rows that came (sign +1) or went (−1) since, as ``W = L⁻¹ Ψᵀ``.

    Ψ (k, D) holds their features less the means at factorisation. Pooling scatters about the new mean gives
    ``A = A₀ + Ψᵀ (Σ − σσᵀ/n) Ψ``, Σ = diag(σ) of the signs σ; the inner matrix has the inverse
    ``Σ + 11ᵀ/n₀``, so ``A⁻¹ = L⁻ᵀ (I − W (Σ + 11ᵀ/n₀ + WᵀW)⁻¹ Wᵀ) L⁻¹`` [1]_. A row's column of W never
    changes: another update adds columns.

    Attributes
    ----------
    lower : ndarray of shape (D, D)
        L.
    n : int
        n₀: samples at factorisation.
    scales, means : ndarray of shape (D,)
        Units and means of real-valued features.
    whitened : ndarray of shape (D, k)
        W.
    capacitance : ndarray of shape (k, k)
        The matrix inverted above.

    References
    ----------
    .. [1] Woodbury, "Inverting Modified Matrices", 1950.
    """

    lower: Floats
    n: int
    scales: Floats
    means: Floats
    whitened: Floats
    capacitance: Floats

    @classmethod
    def of(cls, equations: NormalEquations) -> "Factor":
        """Factorise the matrix of the equations.

        Raises
        ------
        SingularError
            Where the equations have no stable solution; no jitter is added.
        """
        lower, failed = dpotrf(equations.matrix(), lower=1, overwrite_a=1, clean=0)
        if failed or lower.diagonal().min() ** 2 <= SMALLEST_PIVOT * equations.largest_diagonal():
            raise SingularError(
                f"The normal equations are singular at alpha={equations.alpha:g}",
                "Raise alpha (1e-3 is a good start)",
            )
        none = np.empty((len(lower), 0), order="F")
        n, scales, means = equations.statistics.n, equations.scales, equations.feature_means
        return cls(lower, n, scales, means, none, np.empty((0, 0)))

    @property
    def n_updated(self) -> int:
        """Number of rows k that came or went since factorisation."""
        return len(self.capacitance)

    def pays_off(self, rows: int, columns: int) -> bool:
        """Compare the cost of an update with that of factorising again.

        Costs are counted in operations, which triangular solves and factorisation do at like rates; comparing the
        result with the statistics takes as long as ``CHECK`` columns more. Over a stream the cost a row is least
        if W grows to ``D/√3`` columns (``docs/decisions/0027-one-factor.md``).

        Parameters
        ----------
        rows : int
            Rows to add or remove.
        columns : int
            Right sides to solve for.

        Returns
        -------
        bool
            Whether the update is cheaper.
        """
        D, k = len(self.lower), self.n_updated
        update = D * D * (rows + 2 * columns + CHECK) + D * rows * (2 * k + rows) + (k + rows) ** 3 // 3
        return update < D**3 // 3 and k + rows <= RANK_LIMIT * D

    def updated(self, features: NDArray[np.integer], signs: NDArray[np.integer]) -> "Factor":
        """Add rows to the factor, or remove them.

        Parameters
        ----------
        features : ndarray of shape (m, D)
            Integer features of the rows.
        signs : ndarray of shape (m,)
            +1 for a row that came, −1 for one that went.

        Returns
        -------
        Factor
            The factor of all rows.
        """
        rows = features * self.scales
        rows -= self.means
        new = dtrsm(1.0, self.lower, rows.T, lower=1, overwrite_b=1)
        cross, own = self.whitened.T @ new, new.T @ new
        own.flat[:: len(own) + 1] += signs
        capacitance = np.block([[self.capacitance, cross + 1 / self.n], [cross.T + 1 / self.n, own + 1 / self.n]])
        whitened = np.concatenate([self.whitened.T, new.T]).T
        return replace(self, whitened=whitened, capacitance=capacitance)

    def solve(self, right: Floats) -> Floats:
        """Compute ``A⁻¹ R`` for ``right`` R (D, c), in C order; NaN where rows went that leave A singular."""
        inner = dtrsm(1.0, self.lower, np.asfortranarray(right), lower=1)
        if self.n_updated:
            *_, shares, failed = dsysv(self.capacitance, self.whitened.T @ inner)
            inner -= self.whitened @ (np.full_like(shares, np.nan) if failed else shares)
        return np.ascontiguousarray(dtrsm(1.0, self.lower, np.asfortranarray(inner), lower=1, trans_a=1))
