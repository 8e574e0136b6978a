"""Random ReLU features: by hand, chosen from inputs alone, and joined to paths in one recipe."""

from pathlib import Path

import numpy as np
import pytest
import torch

from greenlightning.data.batch import Batch
from greenlightning.errors import InputError, MismatchError
from greenlightning.model import GreenLightningModel
from greenlightning.paths import JoinedPaths, LandmarkPaths, RandomFeatures, load_paths
from tests.helpers.small import blobs, grown_recipe, joined_recipe, random_structure

GATES = random_structure(4, (6, 5))


def test_each_feature_is_what_a_direction_has_beyond_its_kink() -> None:
    """With the inputs in steps of 1/127 of 4: max(<w, x> - b, 0), centred, over its largest magnitude."""
    X = np.random.default_rng(0).uniform(-4, 4, size=(500, 4))
    X[0] = 4.0
    paths = RandomFeatures.build(GATES, X, n_features=6, feature_bits=16)
    inputs = np.rint(GATES.encode(torch.from_numpy(X)).numpy() / paths.tables["input_step"])
    projected = inputs.clip(-127, 127) @ paths.tables["directions"].T.astype(float)
    values = np.maximum(projected - paths.tables["kinks"], 0)
    centred = values - values.mean(axis=0)
    expected = centred / np.abs(centred).max(axis=0)
    assert np.abs(paths.transform(X) * np.sqrt(6) - expected).max() < 1e-4


def test_kinks_lie_among_the_base() -> None:
    """Each feature is silent on 5 to 95 of 100 rows of the base."""
    X, _ = blobs(400)
    paths = RandomFeatures.build(GATES, X, n_features=50)
    found = paths.transform(X)
    silent = (found == found.min(axis=0)).mean(axis=0)
    assert 0.05 <= silent.min() < 0.2
    assert 0.8 < silent.max() <= 0.96


def test_the_seed_decides_and_the_first_features_are_a_recipe_too() -> None:
    X, _ = blobs(60)
    ten, again, other = (RandomFeatures.build(GATES, X, n_features=10, random_state=s) for s in (0, 0, 1))
    assert ten.digest == again.digest != other.digest
    few = ten.first(4)
    assert few.transform(X) * np.sqrt(4) == pytest.approx((ten.transform(X) * np.sqrt(10))[:, :4])
    assert few.digest != ten.digest


def test_a_joined_recipe_has_the_features_of_its_parts_side_by_side() -> None:
    X, y = blobs(60)
    paths = LandmarkPaths.build(GATES, X, y, n_landmarks=15)
    random = RandomFeatures.build(GATES, X, n_features=9)
    joined = JoinedPaths.of(paths, random)
    assert np.array_equal(joined.transform(X), np.hstack([paths.transform(X), random.transform(X)]))
    assert JoinedPaths.of(joined, random).n_features_out == 15 + 9 + 9
    assert JoinedPaths.of(random, paths).digest != joined.digest


def test_statistics_hold_the_cross_terms() -> None:
    X, y = blobs(90)
    recipe = joined_recipe(4)
    features = np.concatenate([block.numpy() for _, block in recipe.blocks(X)]).astype(np.int64)
    learnt = GreenLightningModel.empty(recipe, 1.0).learn(Batch(X, y)).statistics
    assert np.array_equal(learnt.G, features.T @ features)


def test_every_part_remembers_its_batches_and_comes_back_from_disk(tmp_path: Path) -> None:
    recipe = grown_recipe(4)
    assert recipe.frozen_parts() == {
        "structure": (),
        "landmarks": ("base",),
        "random features": ("base",),
        "structure 2": ("later",),
        "projection 2": ("later",),
    }
    recipe.save(tmp_path)
    loaded = load_paths(tmp_path, "joined", recipe.structure)
    assert (loaded.digest, loaded.frozen_parts()) == (recipe.digest, recipe.frozen_parts())


def test_what_cannot_be_built_or_joined_is_refused() -> None:
    X, _ = blobs(20)
    with pytest.raises(InputError, match="0 random features"):
        RandomFeatures.build(GATES, X, n_features=0)
    with pytest.raises(InputError, match="on 0 rows"):
        RandomFeatures.build(GATES, X[:0], n_features=2)
    narrow = RandomFeatures.build(random_structure(3, (6,)), X[:, :3], n_features=2)
    with pytest.raises(MismatchError, match="4 columns and 8 bits do not join those of 3 and 8"):
        JoinedPaths.of(RandomFeatures.build(GATES, X, n_features=2), narrow)
