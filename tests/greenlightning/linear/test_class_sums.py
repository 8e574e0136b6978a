"""Sums of each class apart: exact like the others, and weights are chosen when the model is solved."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from greenlightning.data.batch import Batch
from greenlightning.data.ledger import LedgerEntry
from greenlightning.data.targets import ClassTargets
from greenlightning.errors import InputError, MismatchError
from greenlightning.linear.statistics import Statistics
from greenlightning.linear.weighting import weighed
from greenlightning.model import GreenLightningModel

APART = ClassTargets(apart=True)
ANY = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def apart(model: GreenLightningModel, weights: ClassTargets = APART) -> GreenLightningModel:
    """A model that has learnt nothing and keeps its classes apart."""
    return GreenLightningModel.empty(model.paths, 1.0, weights)


@ANY
@given(order=st.permutations(range(6)), gone=st.sets(st.integers(0, 5), max_size=5))
def test_any_order_and_partition_gives_one_digest_and_forgetting_leaves_no_trace(
    tiny_model: GreenLightningModel, batches: list[Batch], order: list[int], gone: set[int]
) -> None:
    parts = [Batch(batch.X[half], batch.y[half]) for batch in batches for half in (slice(0, 11), slice(11, 30))]
    model = apart(tiny_model)
    for at in order:
        model = model.learn(parts[at])
    for at in gone:
        model = model.forget(parts[at])
    kept = [part for at, part in enumerate(parts) if at not in gone]
    X, y = np.concatenate([part.X for part in kept]), np.concatenate([part.y for part in kept])
    jointly = apart(tiny_model).learn(Batch(X, y)).statistics
    assert model.statistics.digest == jointly.digest
    assert jointly.class_grams is not None and np.array_equal(jointly.class_grams.sum(axis=0), jointly.G)
    together = GreenLightningModel.empty(tiny_model.paths, 1.0).learn(Batch(X, y)).statistics
    assert np.array_equal(together.G, jointly.G) and together.counts == jointly.counts


@ANY
@given(weights=st.lists(st.integers(1, 6), min_size=3, max_size=3))
def test_weights_given_when_it_is_solved_are_those_of_rows_that_are_repeated(
    tiny_model: GreenLightningModel, batches: list[Batch], weights: list[int]
) -> None:
    X, y = batches[0].X, batches[0].y
    model = apart(tiny_model).learn(batches[0])
    chosen = replace(model, targets=ClassTargets(dict(enumerate(map(float, weights))), apart=True))
    times = np.array(weights)[y]
    repeated = GreenLightningModel.empty(tiny_model.paths, 1.0).learn(
        Batch(np.repeat(X, times, 0), np.repeat(y, times))
    )
    found = weighed(chosen.statistics, chosen.targets)
    assert found.weight_bits == 0 and np.array_equal(found.G, repeated.statistics.G)
    assert (found.n, found.counts) == (repeated.statistics.n, repeated.statistics.counts)
    assert np.allclose(chosen.decision_function(X), repeated.decision_function(X), atol=1e-9)
    assert chosen.statistics.digest == model.statistics.digest


def test_balanced_weights_follow_all_rows_that_are_learnt(
    tiny_model: GreenLightningModel, batches: list[Batch]
) -> None:
    X, y = batches[0].X, batches[0].y
    few = Batch(X[y != 2], y[y != 2])
    first = apart(tiny_model, ClassTargets("balanced", apart=True)).learn(few)
    assert set(weighed(first.statistics, first.targets).counts) == {0, 1}
    counts = {0: 30, 1: 60, 2: 10}
    assert first.targets.weights_at(counts) == pytest.approx([100 / 90, 100 / 180, 100 / 30])
    both = first.learn(batches[1])
    found = weighed(both.statistics, both.targets)
    shares = found.target_sums / found.n
    assert shares == pytest.approx([1 / 3] * 3, abs=0.004)
    assert found.n / 2.0**found.weight_bits == pytest.approx(both.statistics.n, rel=0.004)


def test_they_merge_and_are_saved_with_the_weights(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    empty = apart(tiny_model, ClassTargets({0: 3.0}, apart=True))
    one, other = empty.learn(batches[0]), empty.learn(batches[1])
    merged = one.merge(other)
    assert merged.statistics == one.learn(batches[1]).statistics
    merged.save(tmp_path)
    again = GreenLightningModel.load(tmp_path)
    assert again.targets == merged.targets and again.statistics == merged.statistics
    assert np.array_equal(again.decision_function(batches[2].X), merged.decision_function(batches[2].X))
    absorbed = empty.absorb(one.statistics, "one", LedgerEntry(30))
    assert absorbed.statistics.digest == one.statistics.digest


def test_sums_that_keep_classes_apart_do_not_add_to_others(
    tiny_model: GreenLightningModel, batches: list[Batch]
) -> None:
    plain = GreenLightningModel.empty(tiny_model.paths, 1.0).learn(batches[0]).statistics
    with pytest.raises(MismatchError, match="differ in targets"):
        _: Statistics = apart(tiny_model).learn(batches[1]).statistics + plain
    tiny = ClassTargets({0: 1e-9}, apart=True)
    with pytest.raises(InputError, match="too small"):
        weighed(apart(tiny_model, tiny).learn(batches[0]).statistics, tiny)
