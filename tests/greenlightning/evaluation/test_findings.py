"""Findings: each fault is named with its numbers, and sound models on sound tables have none."""

import numpy as np
import pytest
from sklearn import datasets
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from greenlightning.evaluation.answers import Answers, RealAnswers
from greenlightning.evaluation.findings import (
    class_findings,
    last_value_finding,
    real_labels,
    regression_findings,
)
from greenlightning.evaluation.score import Score


def hot(labels: list[int], k: int = 2) -> np.ndarray:
    """Probabilities of a model that is sure of these labels."""
    return np.eye(k)[labels] * 0.98 + 0.01


@pytest.mark.parametrize(
    "load", [datasets.load_iris, datasets.load_wine, datasets.load_breast_cancer, datasets.load_digits]
)
def test_sound_models_of_sound_tables_have_no_finding(load) -> None:
    X, y = load(return_X_y=True)
    X, X_held, y, truth = train_test_split(X, y, test_size=0.2, stratify=y, random_state=0)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(X, y)
    learnt = dict(zip(*np.unique(y, return_counts=True), strict=True))
    assert class_findings(Answers.of(truth, model.predict_proba(X_held), model.classes_), learnt) == ()


def test_a_constant_answer_is_no_better_than_the_majority_and_never_names_the_minority() -> None:
    answers = Answers.of([0] * 95 + [1] * 5, hot([0] * 100), [0, 1])
    assert class_findings(answers, {0: 380, 1: 20}) == (
        "no better than always answering 0: accuracy 0.95 against 0.95 on 100 holdout rows",
        "1 (5 of 100 holdout rows) is never predicted",
    )


def test_worse_than_the_majority_is_said_where_it_is_certain() -> None:
    answers = Answers.of([0] * 90 + [1] * 10, hot([1] * 60 + [0] * 30 + [1] * 10), [0, 1])
    [line] = class_findings(answers, {0: 900, 1: 100})
    assert line == "worse than always answering 0: accuracy 0.4 against 0.9 on 100 holdout rows"


def test_by_balanced_accuracy_a_model_that_finds_the_minority_is_better_than_the_majority() -> None:
    answers = Answers.of([0] * 90 + [1] * 10, hot([0] * 75 + [1] * 25), [0, 1])
    assert class_findings(answers, {0: 900, 1: 100}, Score.BALANCED_ACCURACY) == ()
    assert class_findings(answers, {0: 900, 1: 100}) != ()


def test_classes_without_a_holdout_row_and_classes_of_few_rows_are_named() -> None:
    answers = Answers.of([0] * 20 + [1] * 20, hot([0] * 20 + [1] * 20, 4), [0, 1, 2, 3])
    assert class_findings(answers, {0: 80, 1: 80, 2: 50, 3: 4}) == (
        "classes 2, 3 are not among the 40 holdout rows, so no score covers them",
        "very few rows of some classes were learnt: 3 4",
    )


@pytest.mark.parametrize(
    ("learnt", "found"),
    [
        ({n / 7: 1 for n in range(200)}, True),
        (dict.fromkeys(range(150), 3), True),
        (dict.fromkeys(range(100), 500), False),
        (dict.fromkeys(range(10), 3), False),
        ({str(n): 1 for n in range(200)}, False),
        ({False: 5, True: 5}, False),
    ],
)
def test_many_distinct_numbers_with_few_rows_look_like_a_regression_target(learnt: dict, found: bool) -> None:
    assert real_labels(learnt).startswith("the labels look like a regression target") is found


def test_the_mean_is_named_where_a_regressor_is_no_better() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=200)
    [line] = regression_findings(RealAnswers.of(truth, rng.normal(size=200)))
    assert line.startswith("worse than always answering the mean: RMSE 1.")
    assert regression_findings(RealAnswers.of(truth, truth + 0.1)) == ()


def test_a_ridge_on_diabetes_has_no_finding() -> None:
    X, y = datasets.load_diabetes(return_X_y=True)
    X, X_held, y, truth = train_test_split(X, y, test_size=0.2, random_state=0)
    assert regression_findings(RealAnswers.of(truth, Ridge(0.1).fit(X, y).predict(X_held))) == ()


def test_the_last_label_of_a_slow_stream_beats_a_model_that_ignores_time() -> None:
    truth = np.repeat(np.tile([0, 1], 20), 10)
    before = np.concatenate([truth[:1], truth[:-1]])
    coin = Answers.of(truth, hot(np.random.default_rng(0).integers(2, size=400).tolist()), [0, 1])
    line = last_value_finding(coin, before, Score.ACCURACY)
    assert line.startswith("worse than repeating the last label: accuracy 0.") and "against 0.9025 on 400" in line
    assert last_value_finding(Answers.of(truth, hot(truth.tolist()), [0, 1]), before, Score.ACCURACY) == ""


def test_rows_sorted_by_label_say_nothing_about_time() -> None:
    truth = np.repeat([0, 1], 100)
    coin = Answers.of(truth, hot(np.random.default_rng(0).integers(2, size=200).tolist()), [0, 1])
    assert last_value_finding(coin, np.concatenate([truth[:1], truth[:-1]]), Score.ACCURACY) == ""


def test_the_last_value_of_a_random_walk_beats_a_regressor_that_ignores_time() -> None:
    truth = np.cumsum(np.random.default_rng(0).normal(size=300))
    before = np.concatenate([truth[:1], truth[:-1]])
    mean = RealAnswers.of(truth, np.full(300, truth.mean()))
    assert last_value_finding(mean, before, Score.RMSE).startswith("worse than repeating the last value: RMSE")
