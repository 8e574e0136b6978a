"""Promise 1 for the estimators: they learn, forget and merge without a trace."""

import copy
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from greenlightning import (
    GreenLightningClassifier,
    GreenLightningRegressor,
)
from greenlightning.compute import integers as integers

Rows = tuple[NDArray[Any], NDArray[Any]]


@pytest.fixture(scope="module")
def three_batches() -> list[Rows]:
    """Three batches of the digits; the third brings the classes 8 and 9."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    known, new = np.flatnonzero(y < 8)[:400], np.flatnonzero(y >= 8)[:100]
    return [(X[part], y[part]) for part in (known[:250], known[250:], new)]


@pytest.mark.parametrize(
    "estimator",
    [
        GreenLightningClassifier(hidden_layer_sizes=(8,), max_epochs=1, alpha=0.1, random_state=0),
        GreenLightningClassifier(
            hidden_layer_sizes=(12, 8), n_landmarks=60, feature_bits=12, max_epochs=1, alpha=0.1, random_state=0
        ),
        GreenLightningRegressor(hidden_layer_sizes=(8,), max_epochs=1, alpha=0.1, random_state=0),
        GreenLightningRegressor(
            hidden_layer_sizes=(12, 8), n_landmarks=60, max_epochs=1, alpha=0.1, random_state=0
        ),
    ],
    ids=["classifier-explicit", "classifier-landmarks", "regressor-explicit", "regressor-landmarks"],
)
def test_estimators_learn_forget_and_merge_without_a_trace(estimator: Any, three_batches: list[Rows]) -> None:
    base, more, new = three_batches
    fitted = estimator.fit(*base)
    both_orders = [
        copy.deepcopy(fitted).partial_fit(*more).partial_fit(*new),
        copy.deepcopy(fitted).partial_fit(*new).partial_fit(*more),
    ]
    together = [np.concatenate(both) for both in zip(more, new, strict=True)]
    jointly = copy.deepcopy(fitted).partial_fit(*together)
    digests = {found.model_.statistics.digest for found in (*both_orders, jointly)}
    assert len(digests) == 1

    site = copy.deepcopy(fitted).partial_fit(*new).forget(*base)
    merged = copy.deepcopy(fitted).partial_fit(*more).merge(site)
    assert merged.model_.statistics.digest == jointly.model_.statistics.digest
    assert np.abs(merged.model_.decision_function(new[0]) - jointly.model_.decision_function(new[0])).max() <= 1e-8

    some = [values[30:90] for values in together]
    back = jointly.forget(*some).forget(*[np.delete(values, slice(30, 90), axis=0) for values in together])
    assert back.model_.statistics.digest == fitted.model_.statistics.digest
    assert np.array_equal(back.predict(base[0]), fitted.predict(base[0]))
