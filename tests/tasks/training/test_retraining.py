"""Retraining by hand: learning adds a batch's statistics to the champion's, forgetting subtracts them exactly."""

from pathlib import Path

import numpy as np
import pytest

from greenlightning.data.batch import Batch
from greenlightning.data.targets import Targets
from greenlightning.linear.equations import NormalEquations
from greenlightning.linear.solver import Solution
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Kind, Metric
from tasks.core.settings import DECIDING
from tasks.tracking.client import connect
from tasks.tracking.runs import flow_run
from tasks.training.evaluation import evaluate_model
from tasks.training.retraining import decide, forget_batch, learn_batches
from tasks.training.scoring import OUTPUTS, kept_outputs
from tests.helpers.small_champion import served, versioned

pytestmark = pytest.mark.usefixtures("mlflow_home")


def test_a_new_batch_is_added_and_the_gate_compares_candidate_and_champion(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    champion = served(tiny_model, tmp_path / "champion", versioned(batches[0], tmp_path))
    new, holdout = versioned(batches[1], tmp_path), versioned(batches[2], tmp_path, "digits.holdout")
    with flow_run("digits", Kind.RETRAIN) as run_id:
        trained = learn_batches.fn(champion, [new], holdout, DECIDING, run_id, tmp_path)
        decision = decide.fn(champion.version, holdout, tmp_path, DECIDING, run_id)
    jointly = tiny_model.learn(batches[1])
    assert GreenLightningModel.load(trained.folder).statistics.digest == jointly.statistics.digest
    assert (trained.rows, trained.rows_known, trained.rows_touched) == ({batches[1].id: 30}, 60, 30)
    assert "accuracy" in decision.reason and "on the holdout" in decision.reason
    assert "on the new rows" in decision.reason and "against version 1, 20" in decision.reason
    logged = connect().get_run(run_id).data.metrics
    assert logged[Metric.GATE_MARGIN] == DECIDING.margin
    assert {"champion_accuracy", "fresh_accuracy", "champion_fresh_accuracy"} <= set(logged)


def test_the_evaluation_reads_what_the_gate_computed_of_the_same_model_and_rows(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion = served(tiny_model, tmp_path / "champion", versioned(batches[0], tmp_path))
    new, holdout = versioned(batches[1], tmp_path), versioned(batches[2], tmp_path, "digits.holdout")
    with flow_run("digits", Kind.RETRAIN) as run_id:
        trained = learn_batches.fn(champion, [new], holdout, DECIDING, run_id, tmp_path)
        model = GreenLightningModel.load(trained.folder)
        kept = kept_outputs(tmp_path, model, holdout)
        assert kept is not None
        np.testing.assert_allclose(kept, model.decision_function(batches[2].X), rtol=0, atol=1e-12)
        assert kept_outputs(tmp_path, tiny_model, holdout) is None
        assert kept_outputs(tmp_path, model, new) is None
        with monkeypatch.context() as without:
            without.setattr(GreenLightningModel, "decision_function", None)
            shared = evaluate_model.fn("digits", trained.folder, holdout, run_id, DECIDING)
        (tmp_path / OUTPUTS).unlink()
        anew = evaluate_model.fn("digits", trained.folder, holdout, run_id, DECIDING)
    assert shared.scores == pytest.approx(anew.scores, abs=1e-12)


def test_the_champion_is_not_solved_again(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion = served(tiny_model, tmp_path / "champion", versioned(batches[0], tmp_path))
    new, holdout = versioned(batches[1], tmp_path), versioned(batches[2], tmp_path, "digits.holdout")
    solved: list[int] = []
    solve = Solution.of

    def counted(equations: NormalEquations, targets: Targets) -> Solution:
        solved.append(1)
        return solve(equations, targets)

    monkeypatch.setattr(Solution, "of", counted)
    with flow_run("digits", Kind.RETRAIN) as run_id:
        learn_batches.fn(champion, [new], holdout, DECIDING, run_id, tmp_path)
    assert len(solved) == 2  # the model with all new rows, and the candidate without the slice


def test_rows_of_the_holdout_are_never_learnt(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    champion = served(tiny_model, tmp_path / "champion", versioned(batches[0], tmp_path))
    new = versioned(batches[1], tmp_path)
    held = Batch(batches[1].X[:12], batches[1].y[:12])
    holdout = versioned(held, tmp_path, "digits.holdout")
    with flow_run("digits", Kind.RETRAIN) as run_id:
        trained = learn_batches.fn(champion, [new], holdout, DECIDING, run_id, tmp_path)
    assert trained.rows == {batches[1].id: 18}


def test_forgetting_gives_the_statistics_of_never_having_learnt_the_batch(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    both = tiny_model.learn(batches[1])
    served(both, tmp_path / "champion", versioned(batches[0], tmp_path))
    gone, holdout = versioned(batches[1], tmp_path), versioned(batches[2], tmp_path, "digits.holdout")
    with flow_run("digits", Kind.FORGET) as run_id:
        left = forget_batch.fn("digits", 1, gone, holdout, run_id, tmp_path)
    model = GreenLightningModel.load(left.folder)
    assert model.statistics.digest == tiny_model.statistics.digest
    assert set(model.ledger) == {batches[0].id}
    assert (left.rows, left.rows_forgotten, left.rows_touched, left.rows_known) == ({}, 30, 30, 30)
    assert left.notes == ()
