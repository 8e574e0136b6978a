"""How early a series of changes has died away, and a mean of ratios with its confidence interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

SMOOTHED = 5


def time_to(share: float, epochs: ArrayLike, series: ArrayLike, *, smoothed: int = SMOOTHED) -> float | None:
    """The first epoch from which on the series stays below ``share`` of its largest value, or None.

    The series is a running median of ``smoothed`` points first, so that one quiet minibatch does not count.
    """
    values = running_median(series, smoothed)
    above = np.flatnonzero(values >= share * values.max())
    after = above[-1] + 1
    return float(np.asarray(epochs)[after]) if after < len(values) else None


def centre(epochs: ArrayLike, series: ArrayLike) -> float:
    """The mean epoch of a change, each epoch weighed by what changed in it: no threshold is needed."""
    at, values = np.asarray(epochs, dtype=float), np.asarray(series, dtype=float)
    return float(np.trapezoid(at * values, at) / np.trapezoid(values, at))


def running_median(series: ArrayLike, width: int) -> np.ndarray:
    """The median of each value and its neighbours; fewer of them at the ends."""
    values, half = np.asarray(series, dtype=float), width // 2
    return np.array([np.median(values[max(i - half, 0) : i + half + 1]) for i in range(len(values))])


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % confidence interval over n repetitions; without one where n is 1.

    ``open`` says how many of them are lower bounds: what is compared did not happen before the training ended.
    """

    mean: float
    low: float
    high: float
    n: int
    open: int = 0

    @classmethod
    def of(cls, values: Sequence[float]) -> "Interval":
        """By Student's t."""
        from scipy.stats import t

        mean, n = float(np.mean(values)), len(values)
        half = float(t.ppf(0.975, n - 1) * np.std(values, ddof=1) / math.sqrt(n)) if n > 1 else math.nan
        return cls(mean, mean - half, mean + half, n)

    @classmethod
    def of_ratios(cls, ratios: Sequence[float], open_ratios: int = 0) -> "Interval":
        """The geometric mean, with the interval of the logarithms."""
        logs = cls.of([math.log(ratio) for ratio in ratios])
        return cls(math.exp(logs.mean), math.exp(logs.low), math.exp(logs.high), logs.n, open_ratios)

    def text(self, digits: int = 2) -> str:
        """Such as ``1.52 (1.31 to 1.76)``, with ``≥`` where a repetition is a lower bound."""
        sign = "≥ " if self.open else ""
        within = "" if math.isnan(self.low) else f" ({self.low:.{digits}f} to {self.high:.{digits}f})"
        return f"{sign}{self.mean:.{digits}f}{within}"
