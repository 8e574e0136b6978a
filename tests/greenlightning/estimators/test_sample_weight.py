"""A weight of k counts a row k times, exactly; other weights are refused."""

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


@settings(max_examples=10, deadline=None)
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


@pytest.mark.parametrize("weight", [-1, 0.5, np.inf])
def test_weights_without_exact_sums_are_refused(weight: float) -> None:
    with pytest.raises(ValueError, match=r"non-negative integers|infinity"):
        GreenLightningClassifier(**QUICK).fit(X, y, np.full(60, weight))
    with pytest.raises(ValueError, match="at least one non-zero"):
        GreenLightningClassifier(**QUICK).fit(X, y, np.zeros(60))


def test_weights_that_ask_for_too_many_rows_are_refused() -> None:
    with pytest.raises(CapacityError, match="too many for the memory"):
        GreenLightningClassifier(**QUICK).fit(X, y, np.full(60, 1e15))
