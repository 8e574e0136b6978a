"""Noise on the sums of a site: (ε, δ)-differential privacy of its rows, paid for with accuracy.

Features of a row are shortened to a length that the recipe alone decides, so that no row moves the sums by more.
Gaussian noise is added and rounded to integers, and the result is moved to sums that some rows could have: neither
reads a row again, so they cost no privacy [1]_. The coordinator adds and checks it as any other contribution.

References
----------
.. [1] Dwork and Roth, "The Algorithmic Foundations of Differential Privacy", 2014, proposition 2.1.
"""

import os
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh
from scipy.optimize import brentq
from scipy.special import ndtri
from torch import Tensor

from greenlightning.compute.integers import largest_magnitude
from greenlightning.data.targets import ClassTargets
from greenlightning.errors import InputError
from greenlightning.linear.statistics import Statistics
from greenlightning.model import GreenLightningModel

TYPICAL = 32
"""Root mean square of the features of a row that is not shortened; the largest feature of eight bits is 127."""
BLOCKS = 3
"""G, B and the counts have noise by their own size; together a row moves them by the root of three."""


CLEARLY = 4
"""How many standard deviations of its noise the number of rows must be."""


@dataclass(frozen=True)
class Privacy:
    """What a site promises its rows.

    Attributes
    ----------
    epsilon, delta : float
        The probability of any outcome changes by a factor of ``exp(epsilon)`` at most where one row comes or goes,
        but for ``delta``.
    releases : int
        Contributions that one person may have a row in; all together keep the promise.
    """

    epsilon: float
    delta: float
    releases: int = 1

    def __post_init__(self) -> None:
        if not (self.epsilon > 0 and 0 < self.delta < 1 and self.releases >= 1):
            raise InputError(
                f"No noise gives epsilon {self.epsilon}, delta {self.delta} in {self.releases} releases",
                "Give epsilon above 0, delta between 0 and 1, and at least one release",
            )

    def noise_multiplier(self) -> float:
        """Compute the noise that a sum needs which one row moves by 1, with the accountant of Opacus.

        Returns
        -------
        float
            Its standard deviation. The accountant is that of Gopi, Lee and Wutschitz, "Numerical Composition of
            Differential Privacy", 2021; it errs by 0.01 of epsilon, on the safe side.

        Raises
        ------
        InputError
            Where Opacus is not installed.
        """
        try:
            from opacus.accountants import PRVAccountant
        except ImportError as error:
            raise InputError(
                "Noise needs the accountant of opacus, which is not installed",
                "Install it with: pip install 'greenlightning[privacy]'",
            ) from error

        def excess(sigma: float) -> float:
            accountant = PRVAccountant()
            accountant.history = [(sigma, 1.0, self.releases)]
            return float(accountant.get_epsilon(self.delta)) - self.epsilon

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            low, high = 0.2, 1.0
            while excess(high) > 0:
                low, high = high, 2 * high
            return high if excess(low) <= 0 else float(brentq(excess, low, high, xtol=1e-4)) * (1 + 1e-3)


@dataclass(frozen=True, eq=False)
class ShortenedPaths:
    """Path features whose rows are at most ``longest`` long; all else is as in ``paths``."""

    paths: Any
    longest: float

    def __getattr__(self, name: str) -> Any:
        return getattr(self.paths, name)

    def blocks(self, X: ArrayLike, **options: Any) -> Iterator[tuple[Any, Tensor]]:
        """Yield rows and their features, shortened towards zero to whole numbers."""
        for rows, features in self.paths.blocks(X, **options):
            values = features.to(torch.float64)
            factor = (self.longest / values.norm(dim=1).clamp_min(1.0)).clamp_max(1.0)
            yield rows, (values * factor[:, None]).trunc().to(features.dtype)


def private_sums(
    model: GreenLightningModel, X: ArrayLike, y: ArrayLike, privacy: Privacy
) -> tuple[Statistics, dict[str, Any]]:
    """Sum rows (n, d) with labels (n,) under a recipe, with noise: ``with_noise(shortened_sums(...))``."""
    return with_noise(shortened_sums(model, X, y), privacy)


def shortened_sums(model: GreenLightningModel, X: ArrayLike, y: ArrayLike) -> Statistics:
    """Sum rows whose features are shortened, so that none counts for more than noise can hide.

    Parameters
    ----------
    model : GreenLightningModel
        The recipe.
    X : array-like of shape (n, d)
        Inputs.
    y : array-like of shape (n,)
        Labels.

    Returns
    -------
    Statistics
        Exact sums, which add as all others do; ``with_noise`` makes of them what may be sent.

    Raises
    ------
    InputError
        Where targets are not plain classes.
    """
    if model.targets != ClassTargets():
        raise InputError(
            "Noise is for labels without weights", "Leave --epsilon out, or train without class weights"
        )
    paths = ShortenedPaths(model.paths, _longest(model.paths.n_features_out))
    return Statistics.collect(paths, model.targets, X, y)  # type: ignore[arg-type]


def with_noise(exact: Statistics, privacy: Privacy) -> tuple[Statistics, dict[str, Any]]:
    """Add noise to the sums of shortened rows.

    Parameters
    ----------
    exact : Statistics
        The sum of what ``shortened_sums`` returned. Which labels occur is not hidden; how many rows each has is.
    privacy : Privacy
        The promise.

    Returns
    -------
    Statistics
        Sums that rows could have. Their ``n`` has noise, too.
    dict
        What the message says of the noise.

    Raises
    ------
    InputError
        Where the rows are so few that the sums would be noise alone.
    """
    longest, largest = _longest(exact.n_features), largest_magnitude(exact.bits)
    sigma = privacy.noise_multiplier() * BLOCKS**0.5
    counts = np.rint(exact.target_sums + sigma * gaussian(exact.target_sums.shape)).astype(np.int64).clip(1)
    most = largest * counts
    B = np.rint(exact.B + sigma * longest * gaussian(exact.B.shape)).astype(np.int64).clip(-most, most)
    n, D = int(counts.sum()), exact.n_features
    G = _possible(exact.G + sigma * longest**2 * _symmetric(D), B.sum(axis=1), n, sigma * longest**2 * D**0.5)
    few = n < CLEARLY * sigma * np.sqrt(len(counts))
    if few or np.diagonal(G).max() > n * largest**2:
        raise InputError(
            f"With epsilon {privacy.epsilon} the sums of these {exact.n} rows would be noise alone",
            "Send more rows together, allow a larger epsilon, or ask for fewer features",
        )
    noised = replace(
        exact, n=n, G=G, B=B, feature_sums=B.sum(axis=1), target_sums=counts, target_squares=counts.copy()
    )
    return noised, asdict(privacy) | {"noise": round(sigma, 4), "longest": longest}


def _longest(features: int) -> float:
    return TYPICAL * float(np.sqrt(features))


def gaussian(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Draw standard Gaussian numbers from the random numbers of the operating system, which nobody can predict."""
    size = int(np.prod(shape))
    bits = np.frombuffer(os.urandom(8 * size), dtype=np.uint64) >> np.uint64(11)
    return np.asarray(ndtri((bits + 0.5) / 2.0**53)).reshape(shape)


def _symmetric(size: int) -> NDArray[np.float64]:
    """Draw noise of one standard deviation for each pair of features."""
    upper = np.triu(gaussian((size, size)))
    return np.asarray(upper + np.triu(upper, 1).T)


def _possible(noisy: NDArray[np.float64], sums: NDArray[np.int64], n: int, edge: float) -> NDArray[np.int64]:
    """Find sums of squares near ``noisy`` that n rows with these feature sums can have.

    Eigenvalues of the centred sums that noise alone could make are raised to ``edge``, as a ridge raises them;
    the diagonal makes up for rounding.
    """
    mean = np.outer(sums, sums) / n
    values, axes = eigh(noisy - mean)
    rounded = np.rint((axes * np.maximum(values, edge)) @ axes.T + mean).astype(np.int64)
    rounded = np.triu(rounded) + np.triu(rounded, 1).T
    return np.asarray(rounded + len(rounded) * np.eye(len(rounded), dtype=np.int64))
