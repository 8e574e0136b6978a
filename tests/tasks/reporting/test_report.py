"""The report on a dataset."""

import json
import re
from base64 import b64decode
from pathlib import Path
from typing import Literal

import pytest

from flows.versions.report import report
from greenlightning.errors import NothingServedError
from tasks.core.constants import Alias, Metric
from tasks.models import registry
from tasks.reporting.report import FILE, make_report
from tasks.tracking.client import connect
from tests.helpers.command_line import greenlightning
from tests.helpers.digits import DIGITS, outcome
from tests.helpers.servers.browser import MISSING, browser_page, picture


@pytest.mark.usefixtures("workspace")
def test_the_page_loads_nothing_and_shows_every_part() -> None:
    page = make_report(DIGITS).html
    assert "Baselines were trained from scratch on the same rows. Predicted before learning" in page
    loaded = re.findall(r"""(?:src|url|@import)\s*[=(]\s*["']?([^"')>\s]+)""", page)
    assert loaded and all(one.startswith(("data:", "#")) for one in loaded)
    assert "<script" not in page and "<link" not in page and "<iframe" not in page
    pictures = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)" alt="([^"]+)"', page)
    names = [name for _, name in pictures]
    assert names[:4] == ["Accuracy over time", "Energy from the first training on", "Settling", "Calibration"]
    assert names[4:] == ["Columns that moved"]
    assert all(b"prefers-color-scheme: dark" in b64decode(drawn) for drawn, _ in pictures)
    assert "Classes, the worst recall first" in page and "href" not in page
    assert all(b"</svg>" in b64decode(drawn) for drawn, _ in pictures)
    assert f"Lineage of {DIGITS} version 4 (champion)" in page
    assert len(re.findall(r"<tr><td class=\"brief\">\d", page)) == 4


@pytest.mark.browser
@pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
@pytest.mark.parametrize(("scheme", "paper"), [("light", "rgb(246, 248, 246)"), ("dark", "rgb(19, 24, 22)")])
def test_the_page_can_be_read_on_420_pixels_in_both_schemes_without_a_network(
    workspace: Path, scheme: Literal["light", "dark"], paper: str
) -> None:
    file = workspace / "report.html"
    file.write_text(make_report(DIGITS).html)
    address = file.as_uri()
    with browser_page() as page:
        page.route("**/*", lambda route: route.continue_() if route.request.url == address else route.abort())
        page.set_viewport_size({"width": 420, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 420
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == paper
        assert page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
        picture(page, f"report-{scheme}")


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
    spent = sum(connect().get_run(one.run_id).data.metrics[Metric.JOULES] for one in registry.versions(DIGITS))
    assert said["spent"]["learning"]["joules"] == pytest.approx(spent)
    assert {"learning, whole runs", "conventional network"} < said["spent"].keys()
    assert said["carbon_score"]["accepted"] == 3


@pytest.mark.usefixtures("workspace")
def test_the_headline_counts_from_the_first_training_on_with_whole_runs_and_kilowatt_hours() -> None:
    page = make_report(DIGITS).html
    headline = re.search(r'<p class="reason">(4 versions.*?)</p>', page)
    assert headline
    for part in ("From the first training on: learning ", "; learning, whole runs ", " kWh, "):
        assert part in headline[1]
    assert "for each of 3 accepted retraining(s)" in page


@pytest.mark.usefixtures("workspace")
def test_a_report_from_the_dashboard_is_a_page_of_the_workspace_and_of_the_run(workspace: Path) -> None:
    done = outcome(report, dataset=DIGITS)
    page = workspace / "data" / "docs" / DIGITS / FILE
    assert (done.state, done.version) == ("Reported", 4)
    assert page.is_file() and f"data/docs/{DIGITS}/{FILE}" in done.reason
    logged = connect().download_artifacts(str(done.run_id), FILE, str(workspace))
    assert Path(logged).read_text() == page.read_text()


def test_a_page_that_cannot_be_written_is_refused_in_one_line(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert greenlightning("report", "--output", str(workspace), monkeypatch=monkeypatch) == 3
    assert "is a folder. Give --output a file in it." in capsys.readouterr().err


def test_a_first_version_and_a_lost_holdout_leave_their_parts_out_and_say_so(champion: Path) -> None:
    assert "1 version, " in make_report(DIGITS).html
    for pointer in (champion / "data" / "batches" / f"{DIGITS}.holdout").glob("*.dvc"):
        pointer.unlink()
    page = make_report(DIGITS).html
    assert "no model learns" in page and "Baselines were trained" not in page and "Predicted before" not in page
    assert "Settling and calibration are not shown" in page
    assert "is damaged or missing" in page


@pytest.mark.usefixtures("mlflow_home")
def test_there_is_no_report_on_what_nobody_trained() -> None:
    with pytest.raises(NothingServedError, match="no champion"):
        make_report(DIGITS)
