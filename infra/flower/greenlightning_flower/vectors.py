"""Statistics as one vector of integers, in which those of all sites have the same place; and back."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from greenlightning.data.labels import Label
from greenlightning.errors import InputError
from greenlightning.linear.statistics import Statistics
from greenlightning.linear.units import on_columns, triangle

Integers = NDArray[np.int64]


def to_vector(statistics: Statistics, columns: tuple[Label, ...]) -> Integers:
    """All integers of statistics, with these classes: zeros for those that it lacks."""
    if unknown := [label for label in statistics.columns if label not in columns]:
        raise InputError(f"Class {unknown[0]!r} is not among those of the round", "Add it to classes")
    if statistics.class_grams is not None or statistics.weight_bits:
        raise InputError("Classes summed apart and weighted rows cannot travel concealed", "Sum openly")
    at = on_columns(statistics, columns)
    parts = [triangle(at.G), at.B.ravel(), at.feature_sums, at.target_sums, at.target_squares, np.array([at.n])]
    return np.concatenate(parts).astype(np.int64)


def of_vector(vector: Integers, empty: Statistics, columns: tuple[Label, ...]) -> Statistics:
    """Statistics under the recipe of ``empty``; classes that have no row at all go."""
    D, k = empty.n_features, len(columns)
    sizes = [D * (D + 1) // 2, D * k, D, k, k, 1]
    packed, B, feature_sums, target_sums, target_squares, n = np.split(vector, np.cumsum(sizes)[:-1])
    G = np.zeros((D, D), dtype=np.int64)
    G[np.triu_indices(D)] = packed
    G = G + np.triu(G, 1).T
    sums = {"feature_sums": feature_sums, "target_sums": target_sums, "target_squares": target_squares}
    found = replace(empty, columns=columns, n=int(n[0]), G=G, B=B.reshape(D, k), **sums)
    if not empty.targets.startswith("classes"):
        return found
    return on_columns(found, tuple(label for label, count in found.counts.items() if count))
