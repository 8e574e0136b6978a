"""Skewed targets: which transform is chosen, that it is learnt better with it, and that all stays exact."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import make_friedman1

from greenlightning import GreenLightningRegressor
from greenlightning.errors import InputError
from greenlightning.estimators.target_choice import chosen_targets

X, PLAIN = make_friedman1(600, random_state=0)
SKEWED = np.exp(PLAIN / 3)
SMALL = {"hidden_layer_sizes": (32,), "max_epochs": 3, "n_landmarks": 128, "paths": "landmarks", "random_state": 0}


def r2(truth: np.ndarray, predicted: np.ndarray) -> float:
    return float(1 - np.square(truth - predicted).sum() / np.square(truth - truth.mean()).sum())


def test_targets_that_are_neither_skewed_nor_heavy_tailed_stay_as_they_are() -> None:
    assert chosen_targets(X, PLAIN, 0).transform.kind == "none"
    assert chosen_targets(X[:40], SKEWED[:40], 0).transform.kind == "none"


def test_exponential_targets_are_mapped_and_predicted_better() -> None:
    fitted = {
        choice: GreenLightningRegressor(target_transform=choice, **SMALL).fit(X[:450], SKEWED[:450])
        for choice in ("none", "auto")
    }
    assert fitted["auto"].model_.targets.transform.kind in ("log", "quantile")
    held = {choice: r2(SKEWED[450:], one.predict(X[450:])) for choice, one in fitted.items()}
    assert held["auto"] > held["none"] + 0.05


def test_symmetric_heavy_tails_are_mapped_by_quantiles() -> None:
    cubes = (PLAIN - PLAIN.mean()) ** 3
    assert chosen_targets(X, np.sinh((PLAIN - 14) / 2), 0).transform.kind != "none"
    assert chosen_targets(X, cubes, 0).transform.kind == "quantile"


def test_the_choice_is_the_same_each_time() -> None:
    assert chosen_targets(X, SKEWED, 7).digest == chosen_targets(X, SKEWED, 7).digest


def test_mapped_targets_are_learnt_and_forgotten_exactly_and_saved(tmp_path: Path) -> None:
    first = GreenLightningRegressor(**SMALL).fit(X[:300], SKEWED[:300])
    before = first.model_.statistics
    later = [slice(300, 450), slice(450, 600)]
    for rows in later:
        first.partial_fit(X[rows], SKEWED[rows])
    other = GreenLightningRegressor(**SMALL).fit(X[:300], SKEWED[:300])
    for rows in reversed(later):
        other.partial_fit(X[rows], SKEWED[rows])
    assert first.model_.statistics == other.model_.statistics
    first.save(tmp_path)
    assert np.array_equal(GreenLightningRegressor.load(tmp_path).predict(X), first.predict(X))
    for rows in later:
        first.forget(X[rows], SKEWED[rows])
    assert first.model_.statistics == before


def test_an_unknown_transform_is_refused() -> None:
    with pytest.raises(InputError, match="target_transform='cube' is not known"):
        GreenLightningRegressor(target_transform="cube", **SMALL).fit(X, SKEWED)  # type: ignore[arg-type]
