"""What Prefect's dashboard shows of a run: its name, its progress, its page, its ledger, or why it failed."""

import errno
import time
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from prefect import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.client.schemas.objects import Artifact, FlowRun, State

from flows.engine.error_messages import LONGEST, error_message, is_foreseen
from flows.engine.flow_decorator import flow
from flows.engine.outcome import Outcome
from flows.engine.run_page import outcome_page
from flows.learning.retrain import retrain
from greenlightning.errors import InputError
from tasks.core.constants import Alias
from tasks.core.progress import report_progress
from tasks.data.batch_index import batches
from tasks.lineage.ledger_table import ledger_table
from tasks.models import registry
from tasks.orchestration import progress_artifact
from tasks.orchestration.artifacts import artifact_key
from tasks.orchestration.dashboards import Dashboards
from tasks.orchestration.run_page import render
from tasks.orchestration.run_summary import ScorePair, settling_picture
from tasks.tracking.client import connect
from tests.helpers.digits import DIGITS, FIRST, add, outcome


class Shown(NamedTuple):
    """A flow run as the dashboard has it, and its artifacts by type."""

    run: FlowRun
    artifacts: dict[str | None, Artifact]


def shown(state: State[Any]) -> Shown:
    """What Prefect keeps of the run that ended in ``state``."""
    run_id = state.state_details.flow_run_id
    assert isinstance(run_id, UUID)
    with get_client(sync_client=True) as client:
        wanted = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]))
        found = client.read_artifacts(artifact_filter=wanted)
        return Shown(client.read_flow_run(run_id), {artifact.type: artifact for artifact in found})


# --- a run that learnt something --------------------------------------------------------------------------------


def test_a_retrain_has_a_name_a_page_and_the_ledger(prefect: None, champion: Path) -> None:
    first = add("first", FIRST)
    state = retrain(dataset=DIGITS, return_state=True)
    run, artifacts = shown(state)
    serving = registry.version(DIGITS, Alias.CHAMPION)
    assert (serving.version, run.name, run.state_name) == (2, "retrain digits +1 batch", "Promoted")
    assert connect().get_run(serving.run_id).info.run_name == run.name
    page = artifacts["markdown"]
    assert (page.key, page.description) == ("retrain-digits", "promoted, version 2")
    text = str(page.data)
    assert "# Retrain digits: promoted, version 2" in text
    assert f"| `{first}` | 200 | first.parquet | passed |" in text
    accuracy = connect().get_run(serving.run_id).data.metrics["accuracy"]
    assert f"| {accuracy:.4f} |" in text
    assert "| avoided, about |" in text and f"`greenlightning lineage 2 --dataset {DIGITS}`" in text
    table = artifacts["table"]
    assert (table.key, "image" in artifacts) == ("ledger-digits", False)
    assert first in str(table.data)


def test_the_ledger_has_a_row_for_each_batch_the_last_first(prefect: None, champion: Path) -> None:
    first = add("first", FIRST)
    assert outcome(retrain, dataset=DIGITS).promoted
    base = next(ref for ref in batches(DIGITS) if ref.id != first)
    rows = ledger_table(DIGITS, 2)
    assert [(row["batch"], row["source"]) for row in rows] == [(first, "first.parquet"), (base.id, "base.parquet")]
    assert [row["rows"] for row in rows] == [200, 400], "a fifth of the base is the holdout"
    assert rows[1]["md5"] == base.md5[:8]


def test_a_training_shows_how_its_structure_settled_and_a_retrain_has_no_such_picture(champion: Path) -> None:
    first = registry.version(DIGITS, 1)
    picture = settling_picture(first.run_id)
    assert picture and picture.startswith(b"\x89PNG")
    done = Outcome(state="Promoted", dataset=DIGITS, reason="the first version", version=1)
    assert "](data:image/png;base64,iVBOR" in outcome_page("train", done, None, picture)
    assert "base64" not in outcome_page("retrain", done, None, None)


# --- the page ---------------------------------------------------------------------------------------------------


def test_the_page_sets_challenger_beside_champion() -> None:
    scores = [ScorePair("accuracy on the holdout", 0.93, 0.9), ScorePair("accuracy on rows held back", 0.8, 0.85)]
    page = render(title="T", reason="r", compared=scores, parent="1", version=2, interval=(-0.01, 0.05, 0.01))
    assert "| accuracy on the holdout | 0.9000 | 0.9300 | +0.0300 |" in page
    assert "| accuracy on rows held back | 0.8500 | 0.8000 | -0.0500 |" in page
    assert "before the rows held back were learnt too: 95 %" in page
    assert "between -0.0100 and +0.0500; not all may lie under -0.0100" in page


def test_what_a_file_is_called_is_text_on_the_page_and_no_markup() -> None:
    page = render(title="<script>x</script>", reason="a|b [c](http://d) `e`")
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert r"A\|b \[c\](http://d) \`e\`." in page


def test_keys_are_as_prefect_takes_them() -> None:
    assert artifact_key("retrain", "My_Set.v2", "progress") == "retrain-my-set-v2-progress"
    assert artifact_key("report", "") == "report"


# --- progress ---------------------------------------------------------------------------------------------------


def test_long_work_shows_its_progress_and_short_work_does_not(
    prefect: None, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_artifact, "PATIENCE", 0.0)
    monkeypatch.setattr(progress_artifact, "INTERVAL", 0.01)
    monkeypatch.setattr(progress_artifact, "FAREWELL", 30.0)

    @flow(name="long")
    def long(dataset: str) -> None:
        for done in range(1, 100):
            report_progress("rows learnt", done, 200)
            time.sleep(0.01)
        if dataset == "bad":
            raise InputError("It is wrong", "Give it right")

    done = shown(long(dataset="good", return_state=True)).artifacts["progress"]
    assert (done.key, done.data, done.description) == ("long-good-progress", 100.0, "done")
    stopped = shown(long(dataset="bad", return_state=True)).artifacts["progress"]
    assert (stopped.data, stopped.description) == (49.5, "stopped at rows learnt: 99 of 200")
    monkeypatch.setattr(progress_artifact, "PATIENCE", 600.0)
    assert "progress" not in shown(long(dataset="good", return_state=True)).artifacts


# --- failures ---------------------------------------------------------------------------------------------------


def test_a_failure_says_cause_and_remedy_in_its_state_and_on_its_page(prefect: None, mlflow_home: Path) -> None:
    state = retrain(dataset=DIGITS, return_state=True)
    run, artifacts = shown(state)
    line = "Dataset 'digits' has no champion yet. Run: greenlightning train --dataset digits."
    assert run.state and (run.state_name, run.state.message) == ("Failed", line)
    page = str(artifacts["markdown"].data)
    assert "| **what failed** | Dataset 'digits' has no champion yet |" in page
    assert "| **what to do** | Run: greenlightning train --dataset digits |" in page


def test_a_parameter_that_is_wrong_is_named_in_the_state(prefect: None, mlflow_home: Path) -> None:
    state = retrain(dataset="Not a name", return_state=True)
    assert state.name == "Failed" and state.message and "Not a name" in state.message
    assert "\n" not in state.message


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError("The file\nis empty.", "Give another."), "The file is empty. Give another."),
        (OSError(errno.ENOSPC, "no"), "The disk is full. Free some space, then run it again."),
        (MemoryError(), "The memory did not suffice. Learn smaller batches, or use a larger machine."),
        (KeyError("a"), "Unexpected KeyError: 'a'. The run's log shows where; please report it."),
    ],
)
def test_every_error_has_a_cause_and_a_remedy_on_one_line(error: Exception, line: str) -> None:
    assert error_message(error).line == line
    assert is_foreseen(error) is isinstance(error, InputError)


def test_an_error_of_a_library_is_told_by_what_it_stands_for() -> None:
    from mlflow.exceptions import MlflowException

    why = error_message(MlflowException("x" * 2 * LONGEST))
    assert why.cause.startswith("MLflow failed: xxx") and len(why.cause) <= LONGEST + len("MLflow failed: ")
    assert why.remedy == "See that it runs and that its store can be reached, then run it again"


def test_a_dashboard_that_does_not_answer_fails_no_run(
    prefect: None, champion: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise OSError("no route")

    monkeypatch.setattr("tasks.orchestration.artifacts.RunArtifacts.put", broken)
    add("first", FIRST)
    assert outcome(retrain, dataset=DIGITS).promoted


def test_a_link_leads_to_mlflow_where_it_is_served() -> None:
    served = Dashboards(mlflow_url="http://127.0.0.1:5000")
    page = render(title="T", reason="", links={"the run r in MLflow": (served.mlflow_run("1", "r"), "unused")})
    assert "- [the run r in MLflow](http://127.0.0.1:5000/#/experiments/1/runs/r)" in page
