"""Weights in fixed point: rounded by a rule that can be checked by hand, and sums that are exact in any order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenlightning.data.batch import Batch
from greenlightning.data.targets import ClassTargets
from greenlightning.errors import InputError
from greenlightning.linear.statistics import Statistics
from greenlightning.linear.weighting import fixed_point
from greenlightning.model import GreenLightningModel

EXACT = st.sampled_from([0.0, 0.25, 0.5, 1.0, 1.5, 3.0, 0.0078125])


def test_weights_keep_eight_binary_digits() -> None:
    units, bits = fixed_point([1.0, 1 / 3, 100.0, 0.0])
    assert (units / 2.0**bits).tolist() == [1.0, 171 / 512, 100.0, 0.0]
    assert fixed_point([2.0, 4.0]) == (pytest.approx([2, 4]), 0)
    assert abs(fixed_point([0.7])[0][0] / 2.0 ** fixed_point([0.7])[1] / 0.7 - 1) < 2**-8


@pytest.mark.parametrize("wrong", [[-1.0], [np.nan], [np.inf], [1e-9], [2.0**31]])
def test_weights_that_cannot_be_kept_are_refused(wrong: list[float]) -> None:
    with pytest.raises(InputError):
        fixed_point(wrong)


def by_hand(model: GreenLightningModel, batch: Batch, weights: np.ndarray) -> np.ndarray:
    """``Σ w φφᵀ`` in floats that are exact for these sizes."""
    features = np.concatenate([block.numpy() for _, block in model.paths.blocks(batch.X)]).astype(np.float64)
    return features.T @ (features * weights[:, None])


@settings(max_examples=15)
@given(weights=st.lists(EXACT, min_size=30, max_size=30).filter(any))
def test_weighted_sums_are_those_by_hand(
    tiny_model: GreenLightningModel, batches: list[Batch], weights: list[float]
) -> None:
    w = np.array(weights)
    found = tiny_model.collect(batches[1].X, batches[1].y, w)
    assert np.array_equal(found.G / 2.0**found.weight_bits, by_hand(tiny_model, batches[1], w))
    assert found.n / 2.0**found.weight_bits == w.sum()


@settings(max_examples=10)
@given(weights=st.lists(EXACT, min_size=30, max_size=30).filter(any), cut=st.integers(1, 29))
def test_any_partition_and_order_give_the_same_digest_and_removal_undoes(
    tiny_model: GreenLightningModel, batches: list[Batch], weights: list[float], cut: int
) -> None:
    X, y, w = batches[1].X, batches[1].y, np.array(weights)
    parts = [
        tiny_model.collect(X[rows], y[rows], w[rows]) for rows in (slice(cut), slice(cut, None)) if w[rows].any()
    ]
    plain = tiny_model.statistics
    together, apart = plain + tiny_model.collect(X, y, w), plain
    for part in reversed(parts):
        apart = apart + part
    assert together == apart
    for part in parts:
        apart = apart - part
    assert apart == plain and apart.weight_bits == 0


def test_many_distinct_weights_give_the_sums_of_few(tiny_model: GreenLightningModel, batches: list[Batch]) -> None:
    X, y, w = batches[1].X, batches[1].y, np.arange(1, 31) / 8
    one_by_one = [tiny_model.collect(X[i : i + 1], y[i : i + 1], w[i : i + 1]) for i in range(30)]
    assert tiny_model.collect(X, y, w) == sum(one_by_one[1:], one_by_one[0])


def test_integer_weights_are_repetition_and_a_weight_of_one_is_none(
    tiny_model: GreenLightningModel, batches: list[Batch]
) -> None:
    X, y, times = batches[1].X, batches[1].y, np.arange(30) % 3
    repeated = tiny_model.collect(X.repeat(times, axis=0), y.repeat(times))
    assert tiny_model.collect(X, y, times) == repeated
    assert tiny_model.collect(X, y, np.ones(30)) == tiny_model.collect(X, y)


def test_weighted_statistics_are_saved_and_solved_like_repeated_rows(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path
) -> None:
    X, y = batches[1].X, batches[1].y
    half = tiny_model.empty(tiny_model.paths, 0.5).learn(Batch(X, y, weights=np.full(30, 0.5)))
    half.statistics.save(tmp_path)
    assert Statistics.load(tmp_path) == half.statistics and half.statistics.weight_bits == 1
    whole = tiny_model.empty(tiny_model.paths, 1.0).learn(Batch(X, y))
    np.testing.assert_allclose(half.decision_function(X), whole.decision_function(X), atol=1e-9)


def test_class_weights_belong_to_the_targets(tiny_model: GreenLightningModel, batches: list[Batch]) -> None:
    targets = ClassTargets({0: 2.5})
    weighted = tiny_model.empty(tiny_model.paths, 1.0, targets).learn(batches[1]).learn(batches[2])
    assert targets.digest != ClassTargets().digest == "classes"
    counts = {label: int((np.concatenate([batches[1].y, batches[2].y]) == label).sum()) for label in (0, 1, 2)}
    found = weighted.statistics.target_sums / 2.0**weighted.statistics.weight_bits
    assert found.tolist() == [2.5 * counts[0], counts[1], counts[2]]
    assert (
        weighted.forget(batches[2]).statistics
        == tiny_model.empty(tiny_model.paths, 1.0, targets).learn(batches[1]).statistics
    )
