"""Small structures and data that the library's tests share."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from greenlightning.structure.gates import Structure


def random_structure(n_features: int, widths: Sequence[int], seed: int = 0, **about: Any) -> Structure:
    """Random gates of any depth over inputs that need no standardisation."""
    rng = np.random.default_rng(seed)
    shapes = [(fan_out, fan_in) for fan_in, fan_out in pairwise([n_features, *widths])]
    weights = [rng.normal(size=shape) for shape in shapes]
    biases = [0.3 * rng.normal(size=shape[0]) for shape in shapes]
    return Structure.from_arrays(np.zeros(n_features), np.ones(n_features), weights, biases, **about)


def blobs(n: int, n_features: int = 4, n_classes: int = 3, seed: int = 0) -> tuple[NDArray[Any], NDArray[Any]]:
    """``n`` rows around one centre a class, every class as frequent as the others."""
    y = np.arange(n) % n_classes
    centres = 3.0 * np.random.default_rng(99).normal(size=(n_classes, n_features))
    return centres[y] + np.random.default_rng(seed).normal(size=(n, n_features)), y
