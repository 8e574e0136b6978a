"""A weight of k counts a row k times, exactly; fractions are fixed point; classes may have weights too."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenlightning import GreenLightningClassifier, GreenLightningRegressor
from greenlightning.errors import CapacityError
from tests.helpers.small import blobs

QUICK: dict[str, Any] = {"hidden_layer_sizes": (8,), "max_epochs": 1, "alpha": 0.1, "random_state": 0}
X, y = blobs(60)


@pytest.mark.parametrize("kind", [GreenLightningClassifier, GreenLightningRegressor])
def test_weights_repeat_rows_in_fit(kind: Any) -> None:
    weights = np.arange(60) % 3
    weighted, repeated = (
        kind(**QUICK).fit(X, y, weights),
        kind(**QUICK).fit(X.repeat(weights, axis=0), y.repeat(weights)),
    )
    assert weighted.model_.statistics.digest == repeated.model_.statistics.digest
    assert np.array_equal(weighted.predict(X), repeated.predict(X))
    assert weighted.model_.statistics.n == weights.sum() == 60


@settings(max_examples=10)
@given(st.lists(st.integers(0, 5), min_size=4, max_size=4).filter(any))
def test_weights_repeat_rows_in_partial_fit_and_forget(weights: list[int]) -> None:
    model = GreenLightningClassifier(**QUICK).fit(X, y)
    before, rows = model.model_.statistics.digest, (X[:4] + 1, y[:4])
    model.partial_fit(*rows, sample_weight=weights)
    assert model.model_.statistics.n == 60 + sum(weights) == len(model.row_fingerprints_)
    again = GreenLightningClassifier(**QUICK).fit(X, y)
    again.partial_fit(np.repeat(rows[0], weights, axis=0), np.repeat(rows[1], weights))
    assert again.model_.statistics.digest == model.model_.statistics.digest
    assert model.forget(*rows, sample_weight=weights).model_.statistics.digest == before


@pytest.mark.parametrize("weight", [-1, -0.5, np.inf])
def test_negative_and_infinite_weights_are_refused(weight: float) -> None:
    with pytest.raises(ValueError, match=r"zero or more|infinity"):
        GreenLightningClassifier(**QUICK).fit(X, y, np.full(60, weight))
    with pytest.raises(ValueError, match="at least one non-zero"):
        GreenLightningClassifier(**QUICK).fit(X, y, np.zeros(60))


@pytest.mark.parametrize("kind", [GreenLightningClassifier, GreenLightningRegressor])
def test_fractions_are_learnt_and_forgotten_exactly(kind: Any) -> None:
    weights = np.linspace(0.1, 3, 20)
    model = kind(**QUICK).fit(X[:40], y[:40], np.full(40, 0.5))
    before = model.model_.statistics
    model.partial_fit(X[40:], y[40:], sample_weight=weights)
    assert model.model_.statistics != before and len(model.row_fingerprints_) == 60
    other = kind(**QUICK).fit(X[:40], y[:40], np.full(40, 0.5))
    for rows in (slice(50, 60), slice(40, 50)):
        other.partial_fit(X[rows], y[rows], sample_weight=weights[rows.start - 40 : rows.stop - 40])
    assert other.model_.statistics == model.model_.statistics
    assert model.forget(X[40:], y[40:], sample_weight=weights).model_.statistics == before


def test_the_same_rows_with_other_weights_are_another_batch() -> None:
    model = GreenLightningClassifier(**QUICK).fit(X, y)
    model.partial_fit(X[:4], y[:4], sample_weight=[0.5] * 4).partial_fit(X[:4], y[:4], sample_weight=[0.25] * 4)
    assert model.model_.statistics.n / 2**model.model_.statistics.weight_bits == 60 + 2 + 1


def test_balanced_classes_find_the_minority(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    labels = (np.arange(600) % 12 == 0).astype(int)
    inputs = rng.normal(size=(600, 3)) + 0.7 * labels[:, None]
    plain, balanced, given = (
        GreenLightningClassifier(class_weight=weight, **QUICK).fit(inputs[:400], labels[:400])
        for weight in (None, "balanced", {1: 11, 0: 1})
    )
    recall = [
        float((one.predict(inputs[400:]) == 1)[labels[400:] == 1].mean()) for one in (plain, balanced, given)
    ]
    assert recall[0] < 0.5 < min(recall[1:])
    assert balanced.model_.targets.weights == "balanced"
    balanced.partial_fit(inputs[400:], labels[400:])
    assert balanced.model_.statistics.counts == {0: 550, 1: 50}
    given.save(tmp_path)
    again = GreenLightningClassifier.load(tmp_path)
    assert again.class_weight == {0: 1.0, 1: 11.0}
    assert np.array_equal(again.predict(inputs), given.predict(inputs))
    before = again.model_.statistics
    again.partial_fit(inputs[400:], labels[400:]).forget(inputs[400:], labels[400:])
    assert again.model_.statistics == before


def test_an_unknown_class_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="class_weight='even' is not known"):
        GreenLightningClassifier(class_weight="even", **QUICK).fit(X, y)  # type: ignore[arg-type]


def test_weights_that_ask_for_too_many_rows_are_refused() -> None:
    with pytest.raises(CapacityError, match="too many for the memory"):
        GreenLightningClassifier(**QUICK).fit(X, y, np.full(60, 1e15))
