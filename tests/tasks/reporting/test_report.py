"""The report on a dataset."""

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path

import pytest

from flows.versions.report import report
from greenlightning.errors import NothingServedError
from tasks.core.constants import Alias, Kind, Metric, Tag
from tasks.core.energy_cost import EnergyCost
from tasks.models import registry
from tasks.reporting.history import HistoryEntry, MethodResult
from tasks.reporting.report import FILE, make_report, totals
from tasks.tracking.client import connect
from tests.helpers.command_line import greenlightning
from tests.helpers.digits import DIGITS, outcome

COST = EnergyCost(1.0, 2.0, 3.0, "measured:rapl")
AVOIDED = EnergyCost(9.0, 18.0, 27.0, "estimated:rows")


def milestone(references: Mapping[str, MethodResult], avoided: EnergyCost | None = AVOIDED) -> HistoryEntry:
    return HistoryEntry(
        2, Kind.RETRAIN, "2026-01-02", "promoted", True, 10, MethodResult(0.9, COST), avoided, references
    )


def test_totals_are_sums_and_name_every_source() -> None:
    one = milestone({})
    two = milestone({"conventional": MethodResult(0.9, EnergyCost(5.0, 50.0, 5.0, "measured:rapl"))})
    assert totals([one, two]) == (
        EnergyCost(2.0, 4.0, 6.0, "measured:rapl"),
        EnergyCost(15.0, 70.0, 35.0, "estimated:rows + measured:rapl"),
    )


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


def learnt_later() -> list[registry.VersionInfo]:
    return [info for info in registry.versions(DIGITS) if info.tags[Tag.KIND] != Kind.TRAIN]


@pytest.mark.usefixtures("workspace")
def test_a_report_from_the_dashboard_is_a_page_of_the_workspace_and_of_the_run(workspace: Path) -> None:
    done = outcome(report, dataset=DIGITS)
    page = workspace / "data" / "docs" / DIGITS / FILE
    assert (done.state, done.version) == ("Reported", 4)
    assert str(page) in done.reason
    logged = connect().download_artifacts(str(done.run_id), FILE, str(workspace))
    assert Path(logged).read_text() == page.read_text()


def test_a_page_that_cannot_be_written_is_refused_in_one_line(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert greenlightning("report", "--output", str(workspace), monkeypatch=monkeypatch) == 3
    assert "is a folder. Give --output a file in it." in capsys.readouterr().err


def test_a_first_version_and_a_lost_holdout_leave_their_parts_out_and_say_so(champion: Path) -> None:
    assert "No retraining yet" in make_report(DIGITS).html
    for pointer in (champion / "data" / "batches" / f"{DIGITS}.holdout").glob("*.dvc"):
        pointer.unlink()
    page = make_report(DIGITS).html
    assert "Settling and calibration are not shown" in page
    assert "is damaged or missing" in page


@pytest.mark.usefixtures("mlflow_home")
def test_there_is_no_report_on_what_nobody_trained() -> None:
    with pytest.raises(NothingServedError, match="no champion"):
        make_report(DIGITS)
