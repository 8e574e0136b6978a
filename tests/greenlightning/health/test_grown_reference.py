"""The reference of a grown structure: all gates, and a batch may look like the base or like what it grew for."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from greenlightning.data.batch import Batch
from greenlightning.health import HealthReference, Verdict, assess
from greenlightning.health.observation import gates_digest, patterns_of
from greenlightning.model import GreenLightningModel
from greenlightning.paths import LandmarkPaths
from tests.helpers.small import blobs, joined_recipe, random_structure


def grown() -> tuple[GreenLightningModel, HealthReference]:
    """A model grown for rows that are moved by three, and its reference by 400 rows of each kind."""
    X, y = blobs(2_000, n_classes=4, seed=1)
    moved = X + 3.0
    model = GreenLightningModel.empty(joined_recipe(4), 1e-2).learn(Batch(X[:1000], y[:1000]))
    model = model.learn(Batch(moved[:1000], y[:1000]))
    paths = LandmarkPaths.build(random_structure(4, (9, 7), seed=5), moved[:200], y[:200], n_landmarks=11)
    known = [Batch(X[:1000], y[:1000]), Batch(moved[:1000], y[:1000])]
    model = model.grow(paths, known)
    held, truth = np.concatenate([X[1000:1400], moved[1000:1400]]), np.tile(y[1000:1400], 2)
    both = np.concatenate([X[:1000], moved[:1000]])
    origin = np.repeat([0, 1], 400)
    return model, HealthReference.of(model, both, np.tile(y[:1000], 2), held, truth, origin)


def test_a_batch_like_either_origin_is_green_and_one_like_neither_is_not(tmp_path: Path) -> None:
    model, reference = grown()
    X, y = blobs(2_000, n_classes=4, seed=1)
    for shift in (0.0, 3.0):
        assert assess(reference, model, X[1400:] + shift, y[1400:]).verdict == Verdict.GREEN
    assert assess(reference, model, X[1400:] - 6.0, y[1400:]).verdict == Verdict.RED
    mixed = replace(reference, origin=np.empty(0, dtype=np.int64))
    assert assess(mixed, model, X[1400:] + 3.0, y[1400:]).severity > 1
    reference.save(tmp_path)
    loaded = HealthReference.load(tmp_path)
    assert (loaded.digest, len(loaded.views)) == (reference.digest, 3)
    assert loaded.digest != mixed.digest


def test_all_gates_are_looked_at() -> None:
    model, reference = grown()
    digests = [one.digest for one in model.paths.structures]
    assert reference.structure == gates_digest(digests) != digests[0]
    assert gates_digest(digests[:1]) == digests[0]
    units = sum(sum(one.hidden_layer_sizes) for one in model.paths.structures)
    assert patterns_of(model, np.zeros((2, 4))).shape == (2, units) == (2, sum(reference.sizes))
