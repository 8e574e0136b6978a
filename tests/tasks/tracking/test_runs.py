"""Runs: what is remembered of them, and that none is left open."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from greenlightning.errors import InputError
from greenlightning.structure.settling import EpochRecord, SettlingHistory, SettlingRule
from tasks.core import processes
from tasks.core.constants import SERIES, Alias, Kind, Metric, Params, Part, SharedParam, Subject, Tag
from tasks.data.batch_index import BatchRef
from tasks.tracking.client import connect, experiment_id
from tasks.tracking.inputs import log_batch_input
from tasks.tracking.metrics import log_energy, log_evaluation, log_metrics, log_params, log_settling
from tasks.tracking.runs import end_orphans, flow_run, part_run

MD5 = "0123456789abcdef0123456789abcdef"
METRICS_PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"

pytestmark = pytest.mark.usefixtures("mlflow_home")


def record(epoch: int, flips: float, weights: float) -> EpochRecord:
    return EpochRecord(epoch, flips, weights, 0.7, 0.4, 0.3, 0.9, 1.0 / epoch)


def test_connecting_keeps_telemetry_and_pickle_off_and_the_folder_private(home: Path) -> None:
    (home / "mlruns" / "mlflow.db").unlink()
    (home / "mlruns").rmdir()
    connect()
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == os.environ["DO_NOT_TRACK"] == "true"
    assert os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] == "false"
    assert stat.S_IMODE((home / "mlruns").stat().st_mode) == 0o700


def test_connecting_leaves_the_choice_of_workspace_to_its_own_variable(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = connect().tracking_uri
    shutil.copytree(home, home / "other")
    monkeypatch.setenv("GREENLIGHTNING_HOME", str(home / "other"))
    assert connect().tracking_uri != first
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    assert connect().tracking_uri == os.environ["MLFLOW_TRACKING_URI"] == "http://127.0.0.1:5000"


def test_a_dataset_has_one_experiment_with_its_description_and_artifacts_in_the_workspace(home: Path) -> None:
    experiment = connect().get_experiment(experiment_id("digits"))
    assert experiment_id("digits") == experiment.experiment_id
    assert experiment.artifact_location == (home / "mlruns" / "artifacts" / "digits").as_uri()
    note = experiment.tags["mlflow.note.content"]
    assert "docs/metrics.md" in note
    assert f"#/experiments/{experiment.experiment_id}/runs?viewStateShareKey=compare-methods" in note


def test_a_deleted_experiment_is_named_with_its_remedy() -> None:
    deleted = experiment_id("digits")
    connect().delete_experiment(deleted)
    with pytest.raises(InputError, match=f"restore --experiment-id {deleted}"):
        experiment_id("digits")


def test_a_flow_run_has_nested_parts_and_says_what_code_made_it() -> None:
    with flow_run("digits", Kind.RETRAIN) as parent, part_run(parent, Part.LINEAR) as part:
        running = connect().get_run(part)
    run, nested = (connect().get_run(run_id) for run_id in (parent, part))
    assert running.info.status == "RUNNING"
    assert run.info.status == nested.info.status == "FINISHED"
    assert re.fullmatch(r"retrain digits \d{4}-\d\d-\d\d \d\d:\d\d:\d\d", run.info.run_name)
    assert run.data.tags[Tag.KIND] == nested.data.tags[Tag.KIND] == "retrain"
    assert re.fullmatch(r"[0-9a-f]{40}|unknown", run.data.tags[Tag.GIT_COMMIT])
    assert (nested.info.run_name, nested.data.tags["mlflow.parentRunId"]) == ("linear", parent)


def test_a_run_inside_a_prefect_flow_run_knows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT__FLOW_RUN_ID", "c0ffee00-0000-0000-0000-000000000000")
    with flow_run("digits", Kind.TRAIN) as run_id:
        pass
    assert connect().get_run(run_id).data.tags[Tag.FLOW_RUN_ID].startswith("c0ffee00")


@pytest.mark.parametrize(("error", "status"), [(ValueError, "FAILED"), (KeyboardInterrupt, "KILLED")])
def test_a_body_that_fails_or_is_interrupted_ends_its_runs_so(error: type[BaseException], status: str) -> None:
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
    child = subprocess.Popen(
        command, cwd=METRICS_PAGE.parents[1], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
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


def test_a_process_number_used_again_and_another_host_are_told_apart() -> None:
    host, pid, started = processes.name(os.getpid()).split("/")
    assert not processes.has_died(f"{host}/{pid}/{started}")
    assert processes.has_died(f"{host}/{pid}/{float(started) - 60}")
    assert not processes.has_died(f"elsewhere/{pid}/0")
    assert not processes.has_died("")


def test_settling_is_a_series_with_one_value_an_epoch() -> None:
    records = [record(1, 1.0, 1.0), record(2, 0.05, 0.5), record(3, 0.01, 0.09)]
    history = SettlingHistory(SettlingRule(tolerance=0.02, patience=1), records)
    with flow_run("digits", Kind.TRAIN) as run_id:
        log_settling(run_id, history)
    client = connect()
    series = {name: client.get_metric_history(run_id, name) for name in SERIES}
    assert all([point.step for point in points] == [1, 2, 3] for points in series.values())
    assert [point.value for point in series[Metric.FLIP_RATE]] == [1.0, 0.05, 0.01]
    assert [point.value for point in series[Metric.WEIGHT_CHANGE]] == [1.0, 0.5, 0.09]
    final = client.get_run(run_id).data.metrics
    assert (final["epochs"], final["settled"], final["settling_ratio"]) == (3, 1, 1.5)


def test_a_settling_series_longer_than_one_request_is_logged_whole() -> None:
    history = SettlingHistory(SettlingRule(), [record(n, 0.5, 0.5) for n in range(1, 201)])
    with flow_run("digits", Kind.TRAIN) as run_id:
        log_settling(run_id, history)
    points = connect().get_metric_history(run_id, Metric.TRAIN_LOSS)
    assert [point.value for point in points] == [1.0 / n for n in range(1, 201)]
    assert Metric.SETTLING_RATIO not in connect().get_run(run_id).data.metrics


def test_scores_and_energy_have_the_documented_names_and_energy_its_source() -> None:
    with flow_run("digits", Kind.RETRAIN) as run_id:
        log_evaluation(run_id, {"accuracy": 0.9, "log_loss": 0.3})
        log_evaluation(run_id, {"accuracy": 0.8}, Subject.CHAMPION_FRESH)
        avoided = {"seconds": 8.0, "joules": 70.0, "gco2e": 0.02, "source": "estimated:cpu-tdp"}
        spent = {"seconds": 2.0, "joules": 30.0, "gco2e": 0.01}
        log_energy(run_id, **spent, source="measured:rapl", avoided=avoided)
        log_params(run_id, {"alpha": "auto", "seed": 0}, Params.FLOW)
        log_metrics(run_id, {Metric.ROWS_TOUCHED: 120})
    data = connect().get_run(run_id).data
    scores = {"accuracy": 0.9, "log_loss": 0.3, "champion_fresh_accuracy": 0.8, "rows_touched": 120}
    avoided = {"seconds_avoided": 8.0, "joules_avoided": 70.0, "gco2e_avoided": 0.02}
    assert data.metrics == scores | spent | avoided
    assert data.tags[Tag.ENERGY_SOURCE] == "measured:rapl"
    assert data.tags[Tag.ENERGY_AVOIDED_SOURCE] == "estimated:cpu-tdp"
    assert data.params == {"flow.alpha": "auto", "flow.seed": "0"}


def test_a_metric_that_the_documentation_does_not_know_is_refused() -> None:
    with flow_run("digits", Kind.TRAIN) as run_id, pytest.raises(InputError, match="acuracy"):
        log_metrics(run_id, {"acuracy": 0.9})


def test_a_batch_is_a_dataset_input_named_by_its_md5_and_its_file_is_not_opened() -> None:
    about = {"landed_at": "2026-01-01", "source": "a.csv", "expectations": "", "classes": (0, 1)}
    batch = BatchRef.model_validate({"dataset": "digits", "id": "ab" * 8, "md5": MD5, "rows": 120, **about})
    with flow_run("digits", Kind.RETRAIN) as run_id:
        log_batch_input(run_id, batch, "training")
    inputs = connect().get_run(run_id).inputs
    assert inputs
    [found] = inputs.dataset_inputs
    tags = {tag.key: tag.value for tag in found.tags}
    assert (found.dataset.name, found.dataset.digest) == ("ab" * 8, MD5)
    assert found.dataset.source == f'{{"uri": "data/batches/digits/{"ab" * 8}.parquet"}}'
    assert tags == {"mlflow.data.context": "training", Tag.DVC_MD5: MD5, Tag.ROWS: "120"}


def test_the_page_of_names_and_the_names_agree() -> None:
    documented: dict[str, list[str]] = {}
    for section in METRICS_PAGE.read_text().split("\n## ")[1:]:
        title = section.splitlines()[0]
        documented[title] = re.findall(r"^\| (?:`([^`]+)`|\(none\)) \|", section, flags=re.MULTILINE)
    assert documented == {
        "What every run that makes a model has": [],
        "Metrics": [*Metric],
        "Prefixes of scores": [*Subject],
        "Shared parameters": [*SharedParam],
        "Prefixes of parameters": [*Params],
        "Tags": [*Tag],
        "Aliases": [*Alias],
    }
