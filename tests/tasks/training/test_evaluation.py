"""Evaluation: scores on the holdout are those of the model, and the gate rejects a candidate that errs more."""

from pathlib import Path

import numpy as np
import pytest

from greenlightning.data.batch import Batch
from greenlightning.evaluation.scores import Comparison
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Kind, Metric
from tasks.tracking.client import connect
from tasks.tracking.runs import flow_run
from tasks.training.evaluation import correct_rows, evaluate_model, gate_metrics
from tests.helpers.small_champion import served, versioned


def test_a_row_is_correct_where_its_most_probable_class_is_its_label() -> None:
    proba = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]])
    assert correct_rows(proba, ("cat", "dog"), np.array(["cat", "cat", "dog"])).tolist() == [True, False, True]


def test_the_metrics_of_the_gate_are_difference_interval_and_margin() -> None:
    found = gate_metrics(Comparison(difference=0.02, low=-0.01, high=0.05, not_worse=True, margin=0.01, n=100))
    assert found == {
        Metric.GATE_DIFFERENCE: 0.02,
        Metric.GATE_LOWER: -0.01,
        Metric.GATE_UPPER: 0.05,
        Metric.GATE_MARGIN: 0.01,
    }


@pytest.mark.usefixtures("mlflow_home")
def test_the_holdout_decides_between_a_model_and_the_champion(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    holdout = versioned(batches[2], tmp_path, "digits.holdout")
    champion = served(tiny_model, tmp_path / "champion", versioned(batches[0], tmp_path))
    wrong = Batch(batches[1].X, (batches[1].y + 1) % 3)
    tiny_model.empty(tiny_model.paths, alpha=1.0).learn(wrong).save(tmp_path / "wrong")
    tiny_model.save(tmp_path / "same")
    right = float((tiny_model.predict(batches[2].X) == batches[2].y).mean())
    with flow_run("digits", Kind.TRAIN) as run_id:
        same = evaluate_model.fn("digits", tmp_path / "same", holdout, run_id, champion, margin=0.01)
        worse = evaluate_model.fn("digits", tmp_path / "wrong", holdout, run_id, champion, margin=0.01)
        alone = evaluate_model.fn("digits", tmp_path / "same", holdout, run_id)
    assert same.scores[Metric.ACCURACY] == alone.scores[Metric.ACCURACY] == pytest.approx(right)
    assert same.decision and same.decision.promote
    assert worse.decision and not worse.decision.promote
    assert worse.scores[Metric.ACCURACY] < right
    assert alone.decision is None
    assert connect().get_run(run_id).data.metrics["champion_accuracy"] == pytest.approx(right)
