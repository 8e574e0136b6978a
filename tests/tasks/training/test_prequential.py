"""The champion predicts every new batch before it is learnt; features are computed once for both."""

from pathlib import Path

import numpy as np
import pytest

from greenlightning.data.batch import Batch
from greenlightning.evaluation.prequential import BatchScore
from greenlightning.linear import solver
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Kind
from tasks.core.settings import DECIDING
from tasks.tracking.client import connect
from tasks.tracking.runs import flow_run
from tasks.training.prequential import batch_score, collect_and_predict, continued
from tasks.training.retraining import learn_batches
from tests.helpers.small_champion import served, versioned


def test_statistics_and_predictions_are_those_of_the_model(
    tiny_model: GreenLightningModel, batches: list[Batch]
) -> None:
    statistics, outputs = collect_and_predict(tiny_model, batches[1])
    assert statistics == tiny_model.collect(batches[1].X, batches[1].y)
    np.testing.assert_allclose(outputs, tiny_model.decision_function(batches[1].X), atol=1e-12)


def test_the_blocks_in_which_rows_are_scored_change_no_answer(
    tiny_model: GreenLightningModel, batches: list[Batch], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = Batch(np.tile(batches[1].X, (40, 1)), np.tile(batches[1].y, 40))
    assert rows.rows > 2 * solver.SCORED_ROWS
    _, whole = collect_and_predict(tiny_model, rows)
    monkeypatch.setattr(solver, "SCORED_ROWS", 7)
    _, parts = collect_and_predict(tiny_model, rows)
    np.testing.assert_allclose(whole, tiny_model.decision_function(rows.X), atol=1e-12)
    np.testing.assert_allclose(parts, whole, atol=1e-12)


def test_a_batch_without_rows_has_no_score(tiny_model: GreenLightningModel) -> None:
    nothing = Batch(np.empty((0, 4)), np.empty(0, dtype=int))
    assert batch_score(tiny_model, "a", [(nothing, np.empty((0, 3)))]) is None


def test_a_stream_begins_where_no_version_serves_yet() -> None:
    assert continued(None, [BatchScore("a", 4, {"accuracy": 0.75})]).mean == {"accuracy": 0.75}


@pytest.mark.usefixtures("mlflow_home")
def test_each_batch_is_a_step_and_scored_by_the_champion_that_has_not_learnt_it(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    champion = served(tiny_model, tmp_path / "champion", versioned(batches[0], tmp_path))
    first, second = (versioned(batch, tmp_path) for batch in batches[1:])
    held = Batch(batches[0].X[:6], batches[0].y[:6])
    holdout = versioned(held, tmp_path, "digits.holdout")
    with flow_run("digits", Kind.RETRAIN) as run_id:
        trained = learn_batches.fn(champion, [first, second], holdout, DECIDING, run_id, tmp_path)
    right = [float((tiny_model.predict(batch.X) == batch.y).mean()) for batch in batches[1:]]
    assert [(one.batch, one.rows) for one in trained.predicted] == [(first.id, 30), (second.id, 30)]
    assert [one.scores["accuracy"] for one in trained.predicted] == right
    logged = connect().get_metric_history(run_id, "prequential_accuracy")
    assert [point.step for point in logged] == [1, 2]
    assert [point.value for point in logged] == pytest.approx(right, abs=1e-5)
    [*_, last] = connect().get_metric_history(run_id, "prequential_mean_accuracy")
    assert last.value == pytest.approx(sum(right) / 2, abs=1e-5)
