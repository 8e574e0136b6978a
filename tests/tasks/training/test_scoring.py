"""Scores of labels and of real targets: the metrics that are logged, and what the gate compares."""

from dataclasses import replace

import numpy as np
import pytest

from greenlightning.evaluation.answers import Answers, RealAnswers
from greenlightning.evaluation.comparison import Comparison
from greenlightning.evaluation.score import Score
from greenlightning.model import GreenLightningModel
from tasks.core.constants import DOCUMENTED, Metric
from tasks.core.settings import DECIDING, Deciding
from tasks.training.scoring import (
    answers_of,
    compared,
    evaluation_of,
    findings,
    gate_metrics,
    gate_score,
    intervals,
    scores,
)

LABELS = Answers.of([0, 1, 1], [[0.9, 0.1], [0.4, 0.6], [0.8, 0.2]], [0, 1])
OUTPUTS = RealAnswers.of([1.0, 2.0, 3.0], [1.0, 2.0, 4.0])


def test_labels_have_class_scores_and_real_targets_have_errors() -> None:
    found = scores(evaluation_of(LABELS))
    assert (found["accuracy"], found["balanced_accuracy"]) == pytest.approx((2 / 3, 0.75))
    assert list(found) == ["accuracy", "balanced_accuracy", "macro_f1", "log_loss", "ece"]
    errors = scores(evaluation_of(OUTPUTS))
    assert errors == {"rmse": pytest.approx(np.sqrt(1 / 3)), "mae": pytest.approx(1 / 3), "r2": pytest.approx(0.5)}


def test_every_interval_has_two_documented_ends() -> None:
    for one in (LABELS, OUTPUTS):
        found = intervals(evaluation_of(one))
        assert set(found) <= DOCUMENTED
        assert sorted(found)[::2] == [name for name in sorted(found) if name.endswith("_lower")]


def test_the_gate_compares_accuracy_or_rmse_unless_asked_otherwise() -> None:
    assert (gate_score(DECIDING, LABELS), gate_score(DECIDING, OUTPUTS)) == (Score.ACCURACY, Score.RMSE)
    assert gate_score(Deciding(metric="macro_f1"), LABELS) is Score.MACRO_F1
    assert gate_score(DECIDING, replace(LABELS, balanced=True)) is Score.BALANCED_ACCURACY
    assert gate_score(Deciding(metric="accuracy"), replace(LABELS, balanced=True)) is Score.ACCURACY
    found = compared(Deciding(metric="mae"), OUTPUTS, RealAnswers.of([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]))
    assert (found.score, found.champion, found.challenger) == (Score.MAE, 0.0, pytest.approx(1 / 3))


def test_the_metrics_of_the_gate_are_difference_interval_and_margin() -> None:
    found = gate_metrics(Comparison(Score.ACCURACY, 0.5, 0.75, low=-0.01, high=0.05, margin=0.01, n=100))
    assert found == {
        Metric.GATE_DIFFERENCE: 0.25,
        Metric.GATE_LOWER: -0.01,
        Metric.GATE_UPPER: 0.05,
        Metric.GATE_MARGIN: 0.01,
    }


def test_the_answers_of_a_model_are_its_probabilities_and_its_findings_name_small_classes(
    tiny_model: GreenLightningModel, batches: list
) -> None:
    found = answers_of(tiny_model, batches[0].X, batches[0].y)
    assert isinstance(found, Answers)
    assert np.array_equal(found.labels, tiny_model.predict(batches[0].X))
    lines = findings(
        tiny_model.forget(batches[0]).learn(type(batches[0])(batches[0].X[:9], batches[0].y[:9])), found, DECIDING
    )
    assert any(line.startswith("very few rows of some classes were learnt") for line in lines)
