"""Evaluation: scores on the holdout are those of the model, and the gate rejects a candidate that errs more."""

from pathlib import Path

import pytest

from greenlightning.data.batch import Batch
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Kind, Metric, Tag
from tasks.core.settings import DECIDING
from tasks.tracking.client import connect
from tasks.tracking.metrics import rounded
from tasks.tracking.runs import flow_run
from tasks.training.evaluation import evaluate_model
from tests.helpers.small_champion import served, versioned


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
        same = evaluate_model.fn("digits", tmp_path / "same", holdout, run_id, DECIDING, champion, with_gate=True)
        worse = evaluate_model.fn(
            "digits", tmp_path / "wrong", holdout, run_id, DECIDING, champion, with_gate=True
        )
        alone = evaluate_model.fn("digits", tmp_path / "same", holdout, run_id, DECIDING)
    assert same.scores[Metric.ACCURACY] == alone.scores[Metric.ACCURACY] == pytest.approx(right)
    assert same.decision and same.decision.promote
    assert worse.decision and not worse.decision.promote
    assert worse.scores[Metric.ACCURACY] < right
    assert alone.decision is None
    assert connect().get_run(run_id).data.metrics["champion_accuracy"] == rounded(right)
    assert "accuracy" in same.decision.reason and "the holdout" in same.decision.reason
    assert "against version 1, 20" in same.decision.reason
    assert same.headline == f"accuracy {right:.4g} on 30 holdout rows"
    logged = connect().get_run(run_id).data
    assert logged.tags[Tag.GATE_SCORE] == "accuracy"
    assert logged.metrics["accuracy_lower"] <= right <= logged.metrics["accuracy_upper"]
    assert any(line.startswith("worse than always answering") for line in worse.findings)
