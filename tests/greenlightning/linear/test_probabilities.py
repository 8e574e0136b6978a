"""Scores become calibrated probabilities."""

from typing import Any

import numpy as np
import pytest

from greenlightning import GreenLightningClassifier
from greenlightning.data.datasets import load
from greenlightning.evaluation.scores import evaluate
from greenlightning.linear.probabilities import UNCALIBRATED, Calibration, class_probabilities
from tests.helpers.real_data import real_root

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("scores", "probabilities"),
    [
        ([0.2, 0.3, 0.5], [0.2, 0.3, 0.5]),  # on the simplex already
        ([0.5, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3]),  # a third too much each
        ([1.4, 0.0, -3.0], [1.0, 0.0, 0.0]),
        ([0.9, 0.5, -2.0], [0.7, 0.3, 0.0]),  # 0.2 too much each
        ([-1.0, -1.0, -1.2], [0.4, 0.4, 0.2]),  # 4.2 missing
    ],
)
def test_scores_become_the_nearest_probabilities(scores: list[float], probabilities: list[float]) -> None:
    """Then 1 % of the uniform distribution is mixed in."""
    [found] = class_probabilities(np.array([scores]))
    assert found == pytest.approx([0.99 * p + 0.01 / 3 for p in probabilities])


def test_probabilities_are_probabilities_in_the_order_of_the_scores() -> None:
    scores = np.random.default_rng(0).normal(size=(500, 7))
    found = class_probabilities(scores)
    assert found.sum(axis=1) == pytest.approx(np.ones(500))
    assert (found >= 0.01 / 7 - 1e-12).all()
    assert (found.argmax(axis=1) == scores.argmax(axis=1)).all()
    assert class_probabilities(np.array([[0.3], [-2.0]])).tolist() == [[1.0], [1.0]]


def test_two_numbers_make_probabilities_as_sure_as_they_are_right() -> None:
    """Scores that lie half way to what is true: fitted on some rows, other rows have the truth again."""
    rng = np.random.default_rng(0)
    truth = rng.dirichlet([0.3] * 4, size=4_000)
    drawn = np.array([rng.choice(4, p=p) for p in truth])
    scores = 0.5 * truth + 0.125
    found = Calibration.of(scores[:2_000], drawn[:2_000])
    plain, calibrated = class_probabilities(scores[2_000:]), class_probabilities(scores[2_000:], found)
    assert np.abs(calibrated - truth[2_000:]).mean() < 0.5 * np.abs(plain - truth[2_000:]).mean()
    assert calibrated.sum(axis=1) == pytest.approx(np.ones(2_000))
    assert (calibrated.argmax(axis=1) == scores[2_000:].argmax(axis=1)).all()


def test_logits_are_the_power_of_the_simplex_and_the_slope_of_the_scores() -> None:
    """0.99 (0.8, 0.2) + 0.005 to the power of 2, times e^(3 s)."""
    weights = np.array([0.797**2 * np.exp(2.4), 0.203**2 * np.exp(0.6)])
    [found] = class_probabilities(np.array([[0.8, 0.2]]), Calibration(2.0, 3.0))
    assert found == pytest.approx(weights / weights.sum())


def test_few_rows_or_one_class_are_left_alone_and_success_makes_nobody_certain() -> None:
    assert Calibration.of(np.eye(2)[[0] * 29], np.zeros(29, dtype=np.intp)) == UNCALIBRATED
    assert Calibration.of(np.ones((50, 1)), np.zeros(50, dtype=np.intp)) == UNCALIBRATED
    right = Calibration.of(np.eye(2)[[0, 1] * 20], np.array([0, 1] * 20))
    assert class_probabilities(np.eye(2), right).max() == pytest.approx(1 - 1 / 82, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "options", "accuracy", "bound"),
    [
        ("digits", {"hidden_layer_sizes": (32,), "max_epochs": 4}, 0.95, 0.2),
        ("letter", {"hidden_layer_sizes": (64,), "max_epochs": 2}, 0.85, 0.3),
    ],
)
def test_probabilities_are_calibrated(name: str, options: dict[str, Any], accuracy: float, bound: float) -> None:
    data = load(name, None if name == "digits" else real_root(name))
    model = GreenLightningClassifier(random_state=0, **options).fit(data.X_train, data.y_train)
    found = evaluate(data.y_test, model.predict_proba(data.X_test), model.classes_)
    assert found.accuracy > accuracy
    assert found.ece < bound
