"""Weighted statistics: weights in fixed point, so that weighted sums are integers too and stay exact."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from greenlightning.data.labels import sorted_classes
from greenlightning.data.targets import Targets
from greenlightning.errors import CapacityError, InputError
from greenlightning.linear.statistics import Statistics
from greenlightning.linear.units import reduced, scaled

DIGITS = 8
"""Significant binary digits of a weight: it is rounded by 0.2 % at most."""
SMALLEST_BITS = 16
FEW_VALUES = 16
Collect = Callable[[NDArray[np.generic], NDArray[np.generic]], Statistics]


def fixed_point(weights: ArrayLike) -> tuple[NDArray[np.int64], int]:
    """Round weights to eight significant binary digits, and to multiples of 2^-16.

    Parameters
    ----------
    weights : array-like of shape (n,)
        Weights of zero or more.

    Returns
    -------
    units : ndarray of shape (n,)
        The weights in units of ``2^-bits``.
    bits : int
        As few as hold them.

    Raises
    ------
    InputError
        Where a weight is negative, not finite, or so small beside 0 that it rounds to it.

    Examples
    --------
    >>> fixed_point([1.0, 0.75, 0.0, 2.5])
    (array([ 4,  3,  0, 10]), 2)
    """
    values = np.asarray(weights, dtype=np.float64)
    if not np.isfinite(values).all() or (values < 0).any() or values.max(initial=0) >= 2.0**31:
        raise InputError("Weights must be finite, of zero or more, below 2^31", "Scale them about 1")
    mantissa, exponent = np.frexp(values)
    rounded = np.ldexp(np.rint(np.ldexp(mantissa, DIGITS)), exponent - DIGITS)
    units = np.rint(np.ldexp(rounded, SMALLEST_BITS)).astype(np.int64)
    if ((units == 0) & (values > 0)).any():
        raise InputError(f"A weight of {values[values > 0].min():.2g} is too small", "Scale the weights about 1")
    spare = _trailing_zeros(units)
    return units >> spare, SMALLEST_BITS - spare


def weighted(collect: Collect, X: ArrayLike, y: ArrayLike, weights: ArrayLike) -> Statistics:
    """Sum samples, each as often as its weight says, which may be a fraction of a time.

    Of few distinct weights each is one sum times the weight; else each binary digit of the weights is one sum over
    the rows that have it. Both give the same integers.

    Parameters
    ----------
    collect : callable
        Sums rows: takes inputs (m, d) and targets (m,) or (m, k).
    X : array-like of shape (n, d)
        Inputs.
    y : array-like of shape (n,) or (n, k)
        Targets.
    weights : array-like of shape (n,)
        Weights; a row of weight 0 is left out.

    Returns
    -------
    Statistics
        The weighted sums.

    Raises
    ------
    InputError
        Where a weight cannot be used.
    CapacityError
        Where a sum could overflow.
    """
    units, bits = fixed_point(weights)
    inputs, targets = np.asarray(X), np.asarray(y)
    total = collect(inputs[:0], targets[:0])
    for rows, times in _parts(units):
        total = total + _times(collect(inputs[rows], targets[rows]), times)
    return reduced(replace(total, weight_bits=bits))


def by_class(collect: Collect, X: ArrayLike, y: ArrayLike) -> Statistics:
    """Sum the samples of each class apart, so that classes can be weighed later, and all together.

    Parameters
    ----------
    collect : callable
        Sums rows: takes inputs (m, d) and labels (m,).
    X : array-like of shape (n, d)
        Inputs.
    y : array-like of shape (n,)
        Labels.

    Returns
    -------
    Statistics
        The sums, with the G of each class.
    """
    inputs, labels = np.asarray(X), np.asarray(y)
    total = collect(inputs[:0], labels[:0])
    for label in sorted_classes(labels):
        of_class = labels == label
        found = collect(inputs[of_class], labels[of_class])
        total = total + replace(found, class_grams=found.G[None])
    return total


def weighed(statistics: Statistics, targets: Targets) -> Statistics:
    """Count the rows of each class as often as ``targets`` say, from sums that keep classes apart.

    No row is read. Weights are rounded to eight significant binary digits; statistics of other targets are
    returned as they are.

    Parameters
    ----------
    statistics : Statistics
        The sums.
    targets : ClassTargets or RealTargets
        The weights, as numbers or by the counts of the classes.

    Returns
    -------
    Statistics
        The weighted sums, to solve from.

    Raises
    ------
    InputError
        Where a weight cannot be used.
    CapacityError
        Where a sum could overflow.
    """
    if statistics.class_grams is None or not targets.is_weighted:
        return statistics
    units, bits = fixed_point(targets.weights_at(statistics.counts))
    largest = max(statistics.n, int(np.diagonal(statistics.G).max(initial=0)))
    if int(units.max(initial=0)) * largest >= 2**62:
        raise CapacityError("The weighted sums could overflow int64", "Give smaller weights")
    G = sum((int(unit) * gram for unit, gram in zip(units, statistics.class_grams, strict=True)), 0 * statistics.G)
    found = replace(
        statistics,
        n=int(statistics.target_sums @ units),
        G=G,
        B=statistics.B * units,
        feature_sums=statistics.B @ units,
        target_sums=statistics.target_sums * units,
        target_squares=statistics.target_squares * units,
        weight_bits=statistics.weight_bits + bits,
        class_grams=None,
    )
    return reduced(found)


def _parts(units: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.bool_], int]]:
    """Rows, and how often to count their sum."""
    values = np.unique(units[units > 0])
    if len(values) <= FEW_VALUES:
        yield from ((units == value, int(value)) for value in values)
        return
    for bit in range(int(values.max()).bit_length()):
        if (rows := (units >> bit) & 1 == 1).any():
            yield rows, 1 << bit


def _times(statistics: Statistics, times: int) -> Statistics:
    if times * max(statistics.n, int(np.diagonal(statistics.G).max(initial=0))) >= 2**62:
        raise CapacityError("The weighted sums could overflow int64", "Give smaller weights, or smaller batches")
    return scaled(statistics, lambda sums: sums * times)


def _trailing_zeros(units: NDArray[np.int64]) -> int:
    every = int(np.bitwise_or.reduce(units, initial=0))
    return min((every & -every).bit_length() - 1, SMALLEST_BITS) if every else SMALLEST_BITS
