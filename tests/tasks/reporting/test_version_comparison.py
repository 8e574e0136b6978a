"""Comparisons: runs of every kind log alike, two versions stand side by side, one page tells the whole history."""

import json
import re
import sys
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from flows import cli
from flows.learning.federate import federate
from flows.learning.forget import forget
from flows.learning.retrain import retrain
from flows.versions.compare import compare
from flows.versions.report import report
from greenlightning.errors import NothingServedError
from tasks.core.constants import Alias, Kind, Metric, SharedParam, Subject, Tag
from tasks.core.energy_cost import EnergyCost
from tasks.models import registry
from tasks.reporting.history import HistoryEntry, MethodResult, history_of
from tasks.reporting.report import FILE, make_report, totals
from tasks.reporting.version_comparison import compare_versions
from tasks.tracking import system_metrics
from tasks.tracking.client import connect, experiment_id
from tasks.tracking.runs import flow_run
from tasks.training.baselines import run_baseline
from tests.helpers.digits import DIGITS, FIRST, SECOND, THIRD, add, moved, outcome, source
from tests.helpers.waiting import wait_for

METRICS_PAGE = Path(__file__).resolve().parents[3] / "docs" / "metrics.md"
MARGIN = 0.01


@pytest.fixture(scope="module")
def lived(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with four versions: trained, retrained on two batches, one forgotten, one brought by a site.

    The conventional network stands beside version 2.
    """
    folder = tmp_path_factory.mktemp("lived")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GREENLIGHTNING_HOME", str(folder))
        moved(trained, folder)
        first, _ = add("first", FIRST), add("second", SECOND)
        outcome(retrain, dataset=DIGITS)
        run_baseline.fn(DIGITS, 2, Subject.CONVENTIONAL)
        outcome(forget, dataset=DIGITS, batch=first, reason="withdrawn")
        outcome(federate, dataset=DIGITS, sites={"north": source("north", THIRD)})
    return folder


@pytest.fixture
def workspace(lived: Path, home: Path) -> Path:
    """The test's own copy of it; MLflow remembers where the artifacts of a run lie, by its id alone."""
    from mlflow.tracking._tracking_service.utils import _artifact_repos_cache

    moved(lived, home)
    _artifact_repos_cache.clear()
    return home


def greenlightning(*words: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of the command line, run in this process."""
    monkeypatch.setattr(sys, "argv", ["greenlightning", *words])
    try:
        cli.main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


# --- what runs log ----------------------------------------------------------------------------------------------


def promised() -> dict[str, set[str]]:
    """Metrics, parameters and tags that docs/metrics.md promises of every run that makes a model."""
    section = METRICS_PAGE.read_text().split("## What every run that makes a model has")[1].split("\n## ")[0]
    return {
        kind: set(re.findall("`([^`]+)`", row))
        for kind, row in re.findall(r"^\| (\w+) \| (.+) \|$", section, re.M)
    }


@pytest.mark.usefixtures("workspace")
def test_runs_of_every_kind_log_what_the_page_of_names_promises() -> None:
    found = connect().search_runs([experiment_id(DIGITS)], f"tags.{Tag.VERSION} LIKE '%'")
    kinds = {run.data.tags[Tag.KIND] for run in found}
    assert kinds == {Kind.TRAIN, Kind.RETRAIN, Kind.FORGET, Kind.FEDERATE, Kind.REFERENCE}
    for run in found:
        assert set(run.data.metrics) >= promised()["metrics"], run.info.run_name
        assert set(run.data.params) >= promised()["parameters"], run.info.run_name
        assert set(run.data.tags) >= promised()["tags"] - {Tag.FLOW_RUN_ID}, run.info.run_name
        for name in set(SharedParam) - {SharedParam.METHOD}:
            assert float(run.data.params[name]) >= 0


@pytest.mark.usefixtures("mlflow_home")
def test_a_run_is_sampled_while_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_metrics, "SAMPLED_EVERY", 0.05)
    with flow_run(DIGITS, Kind.TRAIN) as run_id:
        names = wait_for(lambda: set(connect().get_run(run_id).data.metrics), "a sample")
    assert {"system/cpu_utilization_percentage", "system/system_memory_usage_megabytes"} <= names


# --- two versions side by side ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("workspace")
def test_two_versions_share_the_base_and_the_structure_and_differ_in_what_they_learnt() -> None:
    found = compare_versions(DIGITS, 1, 2, MARGIN)
    assert (len(found.both), len(found.only_a), sorted(found.only_b.values())) == (1, 0, [200, 200])
    assert (found.a.rows, found.b.rows) == (400, 800)
    assert found.a.structure["structure"] == found.b.structure["structure"]
    assert found.a.structure["statistics"] != found.b.structure["statistics"]
    assert (found.a.made_by, found.b.made_by) == (Kind.TRAIN, Kind.RETRAIN)
    assert found.a.spent and found.b.spent and found.b.avoided and not found.a.avoided


@pytest.mark.usefixtures("workspace")
def test_the_paired_difference_is_that_of_the_accuracies_on_the_same_rows() -> None:
    found = compare_versions(DIGITS, Alias.PREVIOUS, Alias.CHAMPION, MARGIN)
    assert (found.a.version, found.b.version) == (3, 4)
    assert found.paired is not None
    assert found.paired.n == 100
    assert found.paired.difference == pytest.approx(found.differences()["accuracy"])
    assert "100 rows" in found.scored_on


@pytest.mark.usefixtures("workspace")
def test_a_version_beside_itself_differs_in_nothing() -> None:
    found = compare_versions(DIGITS, 2, 2, MARGIN)
    assert found.a == found.b
    assert set(found.differences().values()) == {0.0}
    assert (found.only_a, found.only_b, len(found.both)) == ({}, {}, 3)


def test_where_the_files_of_one_are_gone_the_logged_scores_stand_side_by_side(workspace: Path) -> None:
    before = compare_versions(DIGITS, 1, 2, MARGIN)
    for file in (workspace / "mlruns" / "artifacts" / DIGITS).rglob("statistics.safetensors"):
        file.unlink()
    after = compare_versions(DIGITS, 1, 2, MARGIN)
    assert after.paired is None
    assert "missing or corrupt" in after.unpaired
    assert after.differences() == pytest.approx(before.differences())
    assert after.only_b.keys() == before.only_b.keys()


@pytest.mark.usefixtures("workspace")
def test_compare_prints_a_table_or_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert greenlightning("compare", "1", "champion", "--json", monkeypatch=monkeypatch) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["a"]["version"], found["b"]["version"], found["b"]["aliases"]) == (1, 4, ["champion"])
    assert found["differences"]["accuracy"] == pytest.approx(found["paired"]["difference"])
    assert len(found["batches"]["both"]) == 1
    assert greenlightning("compare", "1", "champion", monkeypatch=monkeypatch) == 0
    said = capsys.readouterr().out
    for row in ("accuracy", "batches both learnt", "structure", "spent", "avoided", "Only version 4 learnt"):
        assert row in said


@pytest.mark.usefixtures("workspace")
def test_a_comparison_from_the_dashboard_says_the_same_as_the_command_line() -> None:
    done, found = outcome(compare, dataset=DIGITS), compare_versions(DIGITS, 3, 4, MARGIN)
    assert done.state == "Compared"
    assert done.reason == f"version 3 | version 4: version 4 minus version 3: {found.paired}"
    a, b = (side.scores["accuracy"] for side in (found.a, found.b))
    assert f"accuracy: {a:.4f} | {b:.4f} ({b - a:+.4f})" in done.notes
    refused = compare(dataset=DIGITS, a="newest", return_state=True)
    assert "'newest' names no version. Give a number" in str(refused.message)


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize(("asked", "code"), [("7", 5), ("challenger", 5), ("newest", 3)])
def test_what_names_no_version_is_refused(
    asked: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert greenlightning("compare", "1", asked, monkeypatch=monkeypatch) == code
    assert asked in capsys.readouterr().err


# --- the history and its page -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("workspace")
def test_the_history_has_every_version_and_the_reference_beside_its_own() -> None:
    history = history_of(DIGITS)
    assert [one.version for one in history] == [1, 2, 3, 4]
    assert [one.made_by for one in history] == [Kind.TRAIN, Kind.RETRAIN, Kind.FORGET, Kind.FEDERATE]
    assert [one.rows for one in history] == [400, 800, 600, 800]
    assert [list(one.references) for one in history] == [[], ["conventional"], [], []]
    assert [one.retraining for one in history] == [False, True, True, True]
    assert all(one.served for one in history)


COST = EnergyCost(1.0, 2.0, 3.0, "measured:rapl")
AVOIDED = EnergyCost(9.0, 18.0, 27.0, "estimated:rows")


def milestone(references: Mapping[str, MethodResult], avoided: EnergyCost | None = AVOIDED) -> HistoryEntry:
    return HistoryEntry(
        2, Kind.RETRAIN, "2026-01-02", "promoted", True, 10, MethodResult(0.9, COST), avoided, references
    )


def test_conventional_retraining_costs_what_its_reference_measured_else_ours_and_what_it_avoided() -> None:
    measured = EnergyCost(5.0, 50.0, 5.0, "measured:rapl")
    assert milestone({"conventional": MethodResult(0.9, measured)}).conventional == measured
    assert milestone({}).conventional == EnergyCost(10.0, 20.0, 30.0, "estimated:rows")
    assert milestone({}, avoided=None).conventional is None


def test_totals_are_sums_and_name_every_source() -> None:
    one = milestone({})
    two = milestone({"conventional": MethodResult(0.9, EnergyCost(5.0, 50.0, 5.0, "measured:rapl"))})
    assert totals([one, two]) == (
        EnergyCost(2.0, 4.0, 6.0, "measured:rapl"),
        EnergyCost(15.0, 70.0, 35.0, "estimated:rows + measured:rapl"),
    )


def test_a_version_that_was_trained_anew_is_no_retraining() -> None:
    assert milestone({}).retraining
    assert not replace(milestone({}), made_by=Kind.TRAIN).retraining
    assert not milestone({}, avoided=None).retraining


@pytest.mark.usefixtures("workspace")
def test_the_page_loads_nothing_and_shows_every_part() -> None:
    page = make_report(DIGITS).html
    loaded = re.findall(r"""(?:src|url|@import)\s*[=(]\s*["']?([^"')>\s]+)""", page)
    assert loaded and all(one.startswith(("data:", "#")) for one in loaded)
    assert "<script" not in page and "<link" not in page and "<iframe" not in page
    pictures = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)" alt="([^"]+)"', page)
    names = [name for _, name in pictures]
    assert names == ["Accuracy over time", "Energy of all retrainings", "Settling", "Calibration"]
    assert all(b"</svg>" in b64decode(drawn) for drawn, _ in pictures)
    assert f"Lineage of {DIGITS} version 4 (champion)" in page
    assert len(re.findall(r"<tr><td>\d", page)) == 4


def test_the_page_is_written_where_it_is_asked_for_and_logged_with_the_champion_s_run(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = workspace / "new folder" / "page.html"
    assert greenlightning("report", "--output", str(target), "--json", monkeypatch=monkeypatch) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["path"], said["champion"], said["retrainings"]) == (str(target), 4, 3)
    run = registry.version(DIGITS, Alias.CHAMPION).run_id
    logged = connect().download_artifacts(run, FILE, str(workspace))
    assert said["run_id"] == run
    assert Path(logged).read_text() == target.read_text()
    spent = sum(connect().get_run(one.run_id).data.metrics[Metric.JOULES] for one in learnt_later())
    assert said["spent"]["joules"] == pytest.approx(spent)


@pytest.mark.usefixtures("workspace")
def test_a_report_from_the_dashboard_is_a_page_of_the_workspace_and_of_the_run(workspace: Path) -> None:
    done = outcome(report, dataset=DIGITS)
    page = workspace / "data" / "docs" / DIGITS / FILE
    assert (done.state, done.version) == ("Reported", 4)
    assert str(page) in done.reason
    logged = connect().download_artifacts(str(done.run_id), FILE, str(workspace))
    assert Path(logged).read_text() == page.read_text()


def learnt_later() -> list[registry.VersionInfo]:
    return [info for info in registry.versions(DIGITS) if info.tags[Tag.KIND] != Kind.TRAIN]


def test_a_page_that_cannot_be_written_is_refused_in_one_line(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert greenlightning("report", "--output", str(workspace), monkeypatch=monkeypatch) == 3
    assert "The report cannot be written" in capsys.readouterr().err


def test_a_first_version_and_a_lost_holdout_leave_their_parts_out_and_say_so(champion: Path) -> None:
    assert "No retraining yet" in make_report(DIGITS).html
    for pointer in (champion / "data" / "batches" / f"{DIGITS}.holdout").glob("*.dvc"):
        pointer.unlink()
    page = make_report(DIGITS).html
    assert "Settling and calibration are not shown" in page
    assert "has no holdout" in page


@pytest.mark.usefixtures("mlflow_home")
def test_there_is_no_report_on_what_nobody_trained() -> None:
    with pytest.raises(NothingServedError, match="no champion"):
        make_report(DIGITS)
