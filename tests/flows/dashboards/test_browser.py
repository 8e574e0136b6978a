"""Both dashboards in a real browser: a retraining started from its form, and MLflow's pages."""

import re
from typing import TYPE_CHECKING

import pytest

from flows.learning.retrain import retrain
from tasks.core.constants import Metric, SharedParam, Tag
from tasks.models import registry
from tasks.tracking.client import connect
from tasks.tracking.pages.addresses import metrics_page, model_page, run_page, version_page, view_page
from tasks.tracking.pages.saved_views import ROW, TRAININGS
from tests.helpers.digits import DIGITS, add, outcome
from tests.helpers.servers.browser import picture
from tests.helpers.servers.forms import field_named, fill, submitted

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.helpers.servers.up import Up

pytestmark = pytest.mark.browser
CURVES_ASKED = (Metric.FLIP_RATE, Metric.WEIGHT_CHANGE, Metric.OUI, Metric.VALIDATION_ACCURACY)
SEEN, FORMED = slice(1500, 1650), slice(1650, 1797)


@pytest.fixture
def arrived(up: "Up", monkeypatch: pytest.MonkeyPatch) -> str:
    """A batch that is new to the champion; made before the browser opens, as a flow runs for it."""
    monkeypatch.setenv("GREENLIGHTNING_HOME", str(up.home))
    return add("formed", FORMED)


@pytest.fixture
def compared(up: "Up", monkeypatch: pytest.MonkeyPatch) -> list[registry.VersionInfo]:
    """The first version, and one made of it since; made before the browser opens."""
    monkeypatch.setenv("GREENLIGHTNING_HOME", str(up.home))
    add("seen", SEEN)
    outcome(retrain, dataset=DIGITS)
    return [registry.version(DIGITS, 1), registry.versions(DIGITS)[0]]


def retrain_form(up: "Up", page: "Page") -> None:
    """Go to the form of the deployment from the first page, and fill it in."""
    page.goto(up.prefect_url)
    page.get_by_text("Deployments", exact=True).first.click()
    page.get_by_placeholder("Search deployments").fill("retrain")
    page.locator("a[href^='/deployments/deployment/']").get_by_text("retrain", exact=True).first.click()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Custom run").click()
    fill(field_named(page, "dataset"), DIGITS)
    picture(page, "prefect-form")


def test_a_retraining_started_from_its_form_completes_and_says_what_it_came_to(
    up: "Up", arrived: str, page: "Page"
) -> None:
    run = submitted(page, lambda: retrain_form(up, page))
    up.ended(run)
    page.goto(f"{up.prefect_url}/runs/flow-run/{run}")
    page.get_by_text("Promoted", exact=True).first.wait_for()
    page.reload()
    page.get_by_text("retrain digits +1 batch").first.wait_for()
    picture(page, "prefect-run")
    page.get_by_text("Artifacts", exact=True).last.click()
    page.get_by_text("retrain-digits", exact=True).last.click()
    page.get_by_role("heading", name="Retrain digits: promoted, version").wait_for()
    page.get_by_text(arrived).first.wait_for()
    for heading in ("What serves now", "Learnt", "Challenger and champion", "Energy", "Links"):
        page.get_by_role("heading", name=heading, exact=True).wait_for()
    picture(page, "prefect-artifact")
    address = page.get_by_role("link", name="in MLflow").get_attribute("href")
    assert address and address.startswith(f"{up.mlflow_url}/#/experiments/")
    page.goto(address)
    page.get_by_role("heading", name="formed.parquet").wait_for()


def test_mlflow_opens_on_the_retrainings_and_compares_two_of_them_without_a_setting(
    up: "Up", compared: list[registry.VersionInfo], page: "Page"
) -> None:
    page.set_viewport_size({"width": 1600, "height": 900})
    runs = [connect().get_run(version.run_id) for version in compared]
    names = [str(run.info.run_name) for run in runs]
    assert names[1] == f"retrain v{compared[1].version}, seen.parquet"
    page.goto(up.login("mlflow"))
    page.wait_for_url(re.compile("workflowType=machine_learning&viewStateShareKey=retrainings"))
    for _, column, _ in ROW:
        if column not in (Metric.R2, SharedParam.SETTLED_AT):  # no run has one here
            header = page.get_by_role("columnheader", name=column, exact=True).first
            header.wait_for()
            box = header.bounding_box()
            assert box and box["x"] + box["width"] <= 1600, f"{column} is not on the screen"
    assert page.get_by_text("Ask questions about your experiments").count() == 0
    picture(page, "mlflow-retrainings")
    for name in names:
        row = page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True)).first
        row.get_by_role("checkbox", name="Press Space to toggle row selection").first.check(force=True)
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_role("heading", name="Comparing").wait_for()
    differing = ["accuracy"] if len({run.data.params["accuracy"] for run in runs}) == 2 else []
    for axis in ("Model score", "joules", *differing):
        page.locator(".parcoords .axis-title").get_by_text(axis, exact=True).wait_for()
    picture(page, "mlflow-compare")
    for name in names:
        page.get_by_role("cell", name=name, exact=True).last.wait_for()
    page.goto(f"{up.mlflow_url}/{run_page(runs[1].info.experiment_id, runs[1].info.run_id)}")
    page.locator("table", has_text="on the holdout").wait_for()
    page.goto(f"{up.mlflow_url}/{view_page(runs[0].info.experiment_id, TRAININGS, 'CHART')}")
    for name in CURVES_ASKED:
        page.get_by_text(name, exact=True).first.wait_for()
    assert page.get_by_text("whole_run_joules", exact=True).count() == 0
    page.locator("[data-testid='experiment-view-compare-runs-chart-area'] .js-plotly-plot").first.wait_for()
    picture(page, "mlflow-curves")
    page.goto(f"{up.mlflow_url}/{metrics_page(runs[0].info.experiment_id, runs[0].info.run_id)}")
    sections = page.get_by_test_id("experiment-view-compare-runs-section-header")
    sections.filter(has_text="Model metrics").wait_for()
    assert [text.split()[0] for text in sections.all_inner_texts()] == ["epochs", "Model"]
    picture(page, "mlflow-run-metrics")
    page.goto(f"{up.mlflow_url}/{version_page(DIGITS, compared[1].version)}")
    page.locator("table", has_text="settled").get_by_text(compared[1].tags[Tag.HEALTH]).first.wait_for()
    picture(page, "mlflow-version")
    page.goto(f"{up.mlflow_url}/{model_page(DIGITS)}")
    for version in compared:
        page.get_by_role("link", name=f"Version {version.version}", exact=True).wait_for()
        assert version.description.startswith("accuracy 0.")
    picture(page, "mlflow-model")
