"""Every run ends, whatever happens to its body or its process, and says what made it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.core.constants import Kind, Metric, Part, Tag
from tasks.tracking.client import connect
from tasks.tracking.metrics import log_metrics
from tasks.tracking.runs import end_orphans, flow_run, hand_over, part_run

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.usefixtures("mlflow_home")


def test_a_flow_run_has_nested_parts_and_the_git_commit_of_its_code() -> None:
    with flow_run("digits", Kind.RETRAIN) as parent, part_run(parent, Part.LINEAR) as part:
        running = connect().get_run(part)
    run, nested = (connect().get_run(run_id) for run_id in (parent, part))
    assert running.info.status == "RUNNING"
    assert run.info.status == nested.info.status == "FINISHED"
    assert re.fullmatch(r"retrain digits \d{4}-\d\d-\d\d \d\d:\d\d:\d\d", run.info.run_name)
    assert run.data.tags[Tag.KIND] == nested.data.tags[Tag.KIND] == "retrain"
    assert re.fullmatch(r"[0-9a-f]{40}|unknown", run.data.tags[Tag.GIT_COMMIT])
    assert (nested.info.run_name, nested.data.tags["mlflow.parentRunId"]) == ("linear", parent)


def test_a_run_that_hands_its_work_over_lies_below_the_other_which_takes_its_health() -> None:
    with flow_run("digits", Kind.RETRAIN) as first:
        log_metrics(first, {}, {Tag.HEALTH: "red", Tag.HEALTH_REASON: "red: new patterns"})
        with flow_run("digits", Kind.GROW) as second:
            pass
        hand_over(first, second, "structure health is red; the structure has grown and serves")
    run, other = (connect().get_run(run_id).data.tags for run_id in (first, second))
    assert (run["mlflow.parentRunId"], other[Tag.HEALTH]) == (second, "red")
    assert "Handed over.** Structure health is red" in run["mlflow.note.content"]


def test_a_run_is_tagged_with_its_prefect_flow_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT__FLOW_RUN_ID", "c0ffee00-0000-0000-0000-000000000000")
    with flow_run("digits", Kind.TRAIN) as run_id:
        pass
    assert connect().get_run(run_id).data.tags[Tag.FLOW_RUN_ID].startswith("c0ffee00")


@pytest.mark.parametrize(("error", "status"), [(ValueError, "FAILED"), (KeyboardInterrupt, "KILLED")])
def test_a_run_ends_failed_or_killed_as_its_body_does(error: type[BaseException], status: str) -> None:
    ids = []
    with pytest.raises(error), flow_run("digits", Kind.TRAIN) as parent:
        ids.append(parent)
        with part_run(parent, Part.STRUCTURE) as part:
            ids.append(part)
            raise error
    assert [connect().get_run(run_id).info.status for run_id in ids] == [status, status]


def test_the_janitor_ends_the_runs_of_killed_processes_and_no_others() -> None:
    body = (
        "from tasks.tracking.runs import flow_run; from tasks.core.constants import Kind\n"
        "with flow_run('digits', Kind.TRAIN) as run_id: print(run_id, flush=True); input()"
    )
    command = [sys.executable, "-c", body]
    child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with child, flow_run("digits", Kind.TRAIN) as alive:
        assert child.stdout
        orphan = child.stdout.readline().strip()
        assert end_orphans("digits") == []
        child.kill()
        child.wait()
        assert end_orphans("digits") == [orphan]
        assert connect().get_run(alive).info.status == "RUNNING"
    ended = connect().get_run(orphan)
    assert ended.info.status == "KILLED"
    assert Tag.ENDED_BY in ended.data.tags


def test_joules_come_first_in_runs_that_learn_as_mlflows_comparison_draws_the_first_metric() -> None:
    for kind, first in ((Kind.RETRAIN, ["joules"]), (Kind.REFERENCE, ["joules"]), (Kind.PROMOTE, [])):
        with flow_run("digits", kind) as run_id:
            log_metrics(run_id, {Metric.ACCURACY: 0.9})
        assert list(connect().get_run(run_id).data.metrics)[:1] == (first or [Metric.ACCURACY])
