"""Scores of a classifier, with numbers that can be checked by hand."""

import numpy as np
import pytest
from sklearn import metrics

from greenlightning.errors import InputError
from greenlightning.evaluation.calibration import reliability
from greenlightning.evaluation.rules import DecisionRule
from greenlightning.evaluation.score import Score
from greenlightning.evaluation.scores import evaluate


def test_four_rows_by_hand() -> None:
    scores = evaluate(
        y_true=["a", "a", "b", "b"],
        proba=[[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7]],
        classes=("a", "b"),
    )
    assert (scores.n, scores.classes) == (4, ("a", "b"))
    assert scores.accuracy == 0.75
    assert scores.confusion.tolist() == [[1, 1], [0, 2]]
    assert scores.macro_f1 == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert scores.balanced_accuracy == pytest.approx((1 / 2 + 2 / 2) / 2)
    assert scores.log_loss == pytest.approx(-np.log([0.9, 0.4, 0.8, 0.7]).mean())
    assert scores.ece == pytest.approx((0.1 + 0.6 + 0.2 + 0.3) / 4)


def test_a_calibrated_model_has_no_calibration_error() -> None:
    scores = evaluate([0] * 3 + [1], [[0.75, 0.25]] * 4, classes=(0, 1))
    assert scores.ece == pytest.approx(0.0)


def test_reliability_by_hand() -> None:
    found = reliability(np.array([0.91, 0.92, 0.99, 0.5, 1.0]), np.array([True, False, True, True, True]))
    assert found.rows.tolist() == [1, 2, 2]
    assert found.confidence.tolist() == pytest.approx([0.5, 0.915, 0.995])
    assert found.accuracy.tolist() == [1.0, 0.5, 1.0]
    assert found.ece == pytest.approx((1 * 0.5 + 2 * 0.415 + 2 * 0.005) / 5)


def test_a_label_unknown_to_the_model_counts_as_wrong_with_the_smallest_probability() -> None:
    scores = evaluate([1, 2, 3], [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], classes=(1, 3))
    assert scores.classes == (1, 2, 3)
    assert scores.confusion.tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 1]]
    assert scores.accuracy == pytest.approx(2 / 3)
    assert scores.log_loss == pytest.approx(np.log(1e15) / 3)
    assert scores.macro_f1 == pytest.approx((2 / 3 + 0 + 1) / 3)


def test_a_class_that_does_not_occur_leaves_macro_f1_alone() -> None:
    assert evaluate([0, 1], [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]], classes=(0, 1, 2)).macro_f1 == 1.0


def test_classes_need_not_be_sorted() -> None:
    scores = evaluate(["x", "y"], [[0.1, 0.9], [0.7, 0.3]], classes=("y", "x"))
    assert scores.accuracy == 1.0
    assert scores.confusion.tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(("y_true", "proba"), [([], np.empty((0, 2))), ([0], [[1.0]]), ([0, 1], [[0.5, 0.5]])])
def test_rows_and_columns_must_fit(y_true: list[int], proba: list[list[float]]) -> None:
    with pytest.raises(InputError, match=r"do not fit"):
        evaluate(y_true, proba, classes=(0, 1))


def test_scores_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    truth, proba = rng.integers(5, size=300), rng.dirichlet(np.ones(6), size=300)
    answers, found = proba.argmax(axis=1), evaluate(truth, proba, range(6))
    assert found.accuracy == pytest.approx(metrics.accuracy_score(truth, answers))
    assert found.macro_f1 == pytest.approx(metrics.f1_score(truth, answers, average="macro", zero_division=0))
    recalls = metrics.recall_score(truth, answers, average="macro", labels=range(5))
    assert found.balanced_accuracy == pytest.approx(recalls)


def test_costs_are_those_of_the_matrix_and_the_answers_of_least_expected_cost() -> None:
    rule = DecisionRule(costs={"ill": {"well": 9.0}})
    found = evaluate(["ill", "well", "well"], [[0.2, 0.8], [0.2, 0.8], [0.05, 0.95]], ["ill", "well"], rule)
    assert found.answers.labels.tolist() == ["ill", "ill", "well"]
    assert found.cost == pytest.approx(1 / 3)
    plain = evaluate(["ill", "well", "well"], [[0.2, 0.8]] * 3, ["ill", "well"])
    assert (plain.cost, plain.accuracy) == (pytest.approx(1 / 3), pytest.approx(2 / 3))


def test_the_interval_of_accuracy_is_that_of_the_binomial_distribution() -> None:
    found = evaluate([0] * 900 + [1] * 100, [[0.9, 0.1]] * 1000, [0, 1])
    half = 1.96 * np.sqrt(0.9 * 0.1 / 1000)
    assert found.interval(Score.ACCURACY) == pytest.approx((0.9 - half, 0.9 + half), abs=0.002)
    low, high = found.interval(Score.BALANCED_ACCURACY)
    assert low == high == 0.5
