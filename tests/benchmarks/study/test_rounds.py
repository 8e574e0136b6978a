"""Twenty rounds: who arrives when, what is held out, and a structure that grows where health is red."""

import numpy as np
import pytest

from benchmarks.study.kept import OFTEN, Kept
from benchmarks.study.rounds import GREW, KEPT, WAYS, World, measured
from greenlightning import GreenLightningClassifier
from greenlightning.data.batch import Batch
from greenlightning.data.datasets import Dataset


def test_every_row_arrives_once_in_the_base_or_in_a_round(data: Dataset) -> None:
    world = World.of(data, "iid", 0.9, 4, seed=0)
    assert [len(world.part(i)[0]) for i in range(5)] == [216, 6, 6, 6, 6]
    X, y = world.so_far(4)
    assert sorted(map(tuple, X)) == sorted(map(tuple, data.X_train.astype(np.float32)))
    assert sorted(y) == sorted(data.y_train)


def test_moving_inputs_start_where_they_are_and_end_three_tenths_of_the_range_away(data: Dataset) -> None:
    world = World.of(data, "moving inputs", 0.5, 4, seed=0)
    span = data.X_train.max(axis=0) - data.X_train.min(axis=0)
    first, last = (world.test(number)[0] - data.X_test for number in (0, 4))
    assert np.abs(first).max() < 1e-6
    assert np.abs(last) == pytest.approx(np.tile(0.3 * span, (len(data.X_test), 1)), rel=1e-4)


def test_new_classes_are_tested_once_they_have_been_seen(data: Dataset) -> None:
    world = World.of(data, "new classes", 0.5, 4, seed=0)
    seen = [set(world.so_far(number)[1]) for number in (0, 4)]
    assert [set(world.test(number)[1]) for number in (0, 4)] == seen
    assert len(seen[0]) < len(seen[1]) == 6


@pytest.mark.slow
def test_a_stream_is_measured_in_every_way_at_every_look(data: Dataset) -> None:
    found = measured(data, 0, "new classes", 0.5, rounds=5)
    assert found["looks"] == [1, 5]
    assert {name: len(values) for name, values in found["accuracies"].items()} == dict.fromkeys(WAYS, 2)
    assert len(found["health"]) == 5
    assert any(said.startswith("red") for said in found["health"])
    assert found["growths"] == 1
    assert found["accuracies"][GREW][0] == found["accuracies"][KEPT][0]


@pytest.mark.slow
def test_a_structure_that_grows_has_learnt_the_same_rows(data: Dataset) -> None:
    X, y = data.X_train, data.y_train
    trained = GreenLightningClassifier(max_epochs=2, random_state=0).fit(X[:100], y[:100])
    kept = Kept(trained, Batch(X[:100], y[:100], "base"), (X[100:140], y[100:140]), 0, grows=True)
    for start in range(140, 240, 20):
        kept.learn(X[start : start + 20] + 100, y[start : start + 20])
    assert [said.split(":")[0] for said in kept.said] == ["red"] * OFTEN
    assert kept.growths == 1
    assert len(kept.model.paths.structures) == 2
    assert kept.model.statistics.n == 200
