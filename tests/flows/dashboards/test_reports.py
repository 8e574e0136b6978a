"""What was avoided is one figure on every page of MLflow; the report is readable in its viewer."""

import re
from typing import TYPE_CHECKING

import pytest
from sklearn.datasets import load_diabetes

from tasks.core.constants import Metric
from tasks.core.workspace import Workspace
from tasks.models import registry
from tasks.reporting.report import FILE
from tasks.tracking.client import connect
from tasks.tracking.pages.addresses import artifact_page, run_page, version_page, view_page
from tasks.tracking.pages.saved_views import RETRAININGS
from tests.helpers.digits import FIRST, SECOND, source
from tests.helpers.servers.browser import picture

if TYPE_CHECKING:
    from playwright.sync_api import FrameLocator, Page

    from tests.helpers.servers.up import Up

pytestmark = pytest.mark.browser


def learnt(up: "Up", dataset: str, *files: str, label: str = "label") -> registry.VersionInfo:
    """The version that has learnt these files, one after the other."""
    for file in files:
        run = up.ended(up.start("learn/learn", path=file, dataset=dataset, declared={"label": label}))
        assert run["state_name"] in ("Promoted", "Kept"), run["state"]
    return registry.versions(dataset)[0]


def test_what_was_avoided_is_the_same_on_card_note_and_table(up: "Up", page: "Page") -> None:
    version = learnt(up, "avoided", str(source("one", FIRST)), str(source("two", SECOND)))
    run = connect().get_run(version.run_id)
    avoided = f"{run.data.metrics[Metric.JOULES_AVOIDED]:.3g}"
    page.set_viewport_size({"width": 1600, "height": 1100})
    page.goto(up.login("mlflow"))
    page.goto(f"{up.mlflow_url}/{version_page('avoided', version.version)}")
    row = page.get_by_role("row", name=re.compile("^avoided, estimated"))
    row.get_by_role("cell", name=avoided, exact=True).wait_for()
    row.get_by_role("cell", name="estimated from a network's cost of a row in an epoch").wait_for()
    picture(page, "mlflow-card-avoided")
    page.goto(f"{up.mlflow_url}/{run_page(run.info.experiment_id, version.run_id)}")
    page.get_by_text(re.compile(rf"avoided about {re.escape(avoided)} J \(estimated: ")).first.wait_for()
    page.goto(f"{up.mlflow_url}/{view_page(run.info.experiment_id, RETRAININGS)}")
    cell = page.locator(f"[role=gridcell][col-id*='{Metric.JOULES_AVOIDED}']").first
    cell.wait_for()
    assert f"{float(cell.inner_text()):.3g}" == avoided
    picture(page, "mlflow-table-avoided")
    page.goto(f"{up.mlflow_url}/{artifact_page(run.info.experiment_id, version.run_id, reported(up, 'avoided'))}")
    report = framed(page)
    amount = float(avoided)
    shown = f"{amount:.3g} J" if amount >= 1 else f"{1000 * amount:.3g} mJ"
    report.get_by_role("cell", name=re.compile(rf"^{re.escape(shown)} \(")).first.wait_for()


def reported(up: "Up", dataset: str) -> str:
    """The report on a dataset, made anew, by its name among the artifacts of the champion's run."""
    assert up.ended(up.start("report/report", dataset=dataset))["state_name"] == "Reported"
    return FILE


def framed(page: "Page") -> "FrameLocator":
    """The page that MLflow's viewer of artifacts shows."""
    page.locator("iframe").first.wait_for()
    return page.frame_locator("iframe").first


PARTS = {
    "classification": ("Calibration", "Columns that moved", "Settling"),
    "regression": ("Residuals", "Columns that moved", "Settling"),
}


@pytest.mark.parametrize("task", sorted(PARTS))
def test_the_report_in_mlflow_has_all_its_parts(task: str, up: "Up", page: "Page") -> None:
    dataset = f"reported-{task}"
    if task == "classification":
        files, label = [str(source("base", FIRST)), str(source("more", SECOND))], "label"
    else:
        files, label = progression(), "target"
    run = connect().get_run(learnt(up, dataset, *files, label=label).run_id)
    page.set_viewport_size({"width": 1400, "height": 1100})
    page.goto(up.login("mlflow"))
    page.goto(f"{up.mlflow_url}/{artifact_page(run.info.experiment_id, run.info.run_id, reported(up, dataset))}")
    report = framed(page)
    report.get_by_role("heading", name=f"Report on {dataset}").wait_for()
    for part in PARTS[task]:
        drawn = report.get_by_role("img", name=part)
        drawn.scroll_into_view_if_needed()
        assert drawn.evaluate("image => image.naturalWidth") > 0
    picture(page, f"report-{task}")
    if task == "classification":
        report.get_by_role("heading", name="Classes, the worst recall first").wait_for()
        report.get_by_role("columnheader", name="prequential").wait_for()


def progression() -> list[str]:
    """Two files of a regression, the second with a column that has moved."""
    table, folder = load_diabetes(as_frame=True).frame, Workspace.current().root / "sources"
    folder.mkdir(exist_ok=True)
    first, second = folder / "progression.csv", folder / "progression-later.csv"
    table[:300].to_csv(first, index=False)
    table[300:].assign(bmi=table.bmi + 0.03).to_csv(second, index=False)
    return [str(first), str(second)]
