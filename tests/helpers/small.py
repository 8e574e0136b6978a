"""Small structures and data that the library's tests share."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from greenlightning.data.batch import Batch
from greenlightning.model import GreenLightningModel
from greenlightning.paths import ExplicitPaths, JoinedPaths, LandmarkPaths, PathFeatures, RandomLayer
from greenlightning.structure.gates import Structure
from greenlightning.tables import TableEncoder, conform, infer_schema

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


def joined_recipe(n_features: int, bits: int = 8) -> PathFeatures:
    """Landmarks of a few gates and a random layer, side by side."""
    X, y = blobs(60, n_features)
    structure = random_structure(n_features, (6, 5))
    landmarks = LandmarkPaths.build(structure, X, y, n_landmarks=15, feature_bits=bits, seen=("base",))
    return JoinedPaths.of(
        landmarks, RandomLayer.build(structure, X, n_features=9, feature_bits=bits, seen=("base",))
    )


def grown_recipe(n_features: int, bits: int = 8) -> PathFeatures:
    """The joined recipe, with gates and paths that a later batch made."""
    X = blobs(60, n_features, seed=3)[0]
    later = random_structure(n_features, (7,), seed=3, seen=("later",))
    paths = ExplicitPaths.build(later, X, feature_bits=bits, projection=2, seen=("later",))
    return JoinedPaths.of(joined_recipe(n_features, bits), paths)


def int8_sources(paths: RandomLayer, X: NDArray[Any]) -> list[NDArray[np.float64]]:
    """What a random layer mixes of ``X`` (n, d), in int8: the inputs, and the activations of each layer."""
    encoded = paths.structure.encode(torch.from_numpy(X))
    hidden = paths.structure.activations(encoded)
    units = [1.0] * len(hidden) if paths.structure.steps else paths.tables["activation_steps"]
    sources = zip([encoded, *hidden], [paths.tables["input_step"], *units], strict=True)
    return [np.rint(values.double().numpy() / step).clip(-127, 127) for values, step in sources]


def integers_of(paths: PathFeatures, X: object) -> list[list[int]]:
    """The integer features of ``X`` (n, d), row by row."""
    return [row for _, block in paths.blocks(X, block_rows=2) for row in block.tolist()]


def messy_rows(n: int, seed: int = 0) -> pd.DataFrame:
    """``n`` shops with an id, whose label says whether they do well."""
    rng = np.random.default_rng(seed)
    city, is_open = rng.choice(["Bern", "Oslo", "Lima"], size=n), rng.random(n) < 0.5
    size = rng.normal(50.0, 10.0, size=n)
    return pd.DataFrame(
        {
            "id": [f"shop {number:04d}" for number in range(n)],
            "size": np.where(rng.random(n) < 0.2, np.nan, size),
            "city": np.where(rng.random(n) < 0.1, None, city),
            "open": is_open,
            "since": pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 300, n), unit="D"),
            "label": np.where((city == "Bern") | (is_open & (size > 50)), "well", "badly"),
        }
    )


def messy_model(n: int = 120) -> GreenLightningModel:
    """A model with an encoder, of a few random gates, that learnt ``n`` such rows."""
    rows = messy_rows(n, seed=1)
    schema = infer_schema(rows, label="label", identifiers=("id",))
    table = conform(rows, schema)
    encoder = TableEncoder.fit(table.frame, schema)
    X = encoder.transform(table.frame)
    paths = replace(ExplicitPaths.build(random_structure(X.shape[1], (8,)), X), encoder=encoder)
    assert table.y is not None
    return GreenLightningModel.empty(paths, alpha=1e-2).learn(Batch(X, table.y))
