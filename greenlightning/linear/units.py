"""Units of weighted statistics: n and all sums count in powers of a half."""

from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import numpy as np

from greenlightning.compute.integers import checked_capacity, largest_magnitude

if TYPE_CHECKING:
    from greenlightning.linear.statistics import Statistics


def scaled(statistics: "Statistics", change: Callable[[Any], Any]) -> "Statistics":
    """Apply ``change`` to n and to every sum."""
    sums = {name: change(values) for name, values in statistics._sums().items()}
    return replace(statistics, n=change(statistics.n), **sums)


def reduced(statistics: "Statistics") -> "Statistics":
    """Return the same statistics in the largest unit that keeps them whole: equal ones then have equal digests."""
    if statistics.weight_bits == 0:
        return statistics
    sums = statistics._sums().values()
    every = reduce(or_, (int(np.bitwise_or.reduce(values, axis=None)) for values in sums), statistics.n)
    spare = min((every & -every).bit_length() - 1, statistics.weight_bits) if every else statistics.weight_bits
    return replace(scaled(statistics, lambda sums: sums >> spare), weight_bits=statistics.weight_bits - spare)


def in_units_of(statistics: "Statistics", bits: int) -> "Statistics":
    """Return the same statistics in units of ``2^-bits``, at most their own.

    Raises
    ------
    CapacityError
        Where a sum could overflow.
    """
    more = bits - statistics.weight_bits
    if more == 0:
        return statistics
    checked_capacity(statistics.n << more, largest_magnitude(statistics.bits))
    return replace(scaled(statistics, lambda sums: sums << more), weight_bits=bits)
