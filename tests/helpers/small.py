"""Small structures and data that the library's tests share."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from greenlightning.paths import ExplicitPaths, LandmarkPaths, PathFeatures
from greenlightning.structure.gates import Structure

RECIPES = ("explicit", "projection", "landmarks")


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


def small_recipe(kind: str, bits: int = 8) -> PathFeatures:
    """An explicit, projected or landmark recipe of a few gates over the blobs."""
    X, y = blobs(60)
    if kind == "landmarks":
        return LandmarkPaths.build(random_structure(4, (6, 5)), X, y, n_landmarks=15, feature_bits=bits)
    projection = 2 if kind == "projection" else None
    return ExplicitPaths.build(random_structure(4, (6,)), X, feature_bits=bits, projection=projection)


def integers_of(paths: PathFeatures, X: object) -> list[list[int]]:
    """The integer features of ``X`` (n, d), row by row."""
    return [row for _, block in paths.blocks(X, block_rows=2) for row in block.tolist()]
