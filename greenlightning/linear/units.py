"""Statistics in another form: other units (n and all sums count in powers of a half), columns or features."""

from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import numpy as np

from greenlightning.compute.integers import checked_capacity, largest_magnitude

if TYPE_CHECKING:
    from greenlightning.data.labels import Label
    from greenlightning.linear.statistics import Integers, Statistics
    from greenlightning.paths import PathFeatures


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


def on_columns(statistics: "Statistics", columns: "tuple[Label, ...]") -> "Statistics":
    """Return the same statistics with these columns: zeros for new ones, the others left out."""
    source = [statistics.columns.index(c) for c in columns if c in statistics.columns]
    place = [i for i, c in enumerate(columns) if c in statistics.columns]

    def moved(values: "Integers") -> "Integers":
        found = np.zeros((len(columns), *values.shape[1:]), dtype=np.int64)
        found[place] = values[source]
        return found

    grams = None if statistics.class_grams is None else moved(statistics.class_grams)
    return replace(
        statistics,
        columns=columns,
        B=np.ascontiguousarray(moved(statistics.B.T).T),
        target_sums=moved(statistics.target_sums),
        target_squares=moved(statistics.target_squares),
        class_grams=grams,
    )


def triangle(matrix: "Integers") -> "Integers":
    """Pack the upper triangle of a matrix (D, D), row by row."""
    return np.concatenate([row[i:] for i, row in enumerate(matrix)])


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


def leading(statistics: "Statistics", paths: "PathFeatures") -> "Statistics":
    """Return the statistics under a recipe that has the first of the features only.

    Parameters
    ----------
    statistics : Statistics
        Sums of at least as many features.
    paths : PathFeatures
        The recipe of the first ones, under the same structure.

    Returns
    -------
    Statistics
        The same, to the bit, as if they had been collected under ``paths``.
    """
    D = paths.n_features_out
    if statistics.n_features == D:
        return replace(statistics, recipe=paths.digest)
    grams = statistics.class_grams
    return replace(
        statistics,
        recipe=paths.digest,
        class_grams=None if grams is None else grams[:, :D, :D].copy(),
        G=statistics.G[:D, :D].copy(),
        B=statistics.B[:D],
        feature_sums=statistics.feature_sums[:D],
    )
