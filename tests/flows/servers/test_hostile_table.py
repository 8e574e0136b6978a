"""A table whose names and labels are markup and scripts, in a browser: every page shows them, none runs them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from flows.learning.ingest import ingest
from flows.learning.train import train
from tasks.core.settings import Learning
from tasks.core.workspace import Workspace
from tasks.models import registry
from tasks.tracking.client import experiment_id
from tasks.tracking.pages.addresses import run_page, version_page
from tests.helpers.digits import outcome
from tests.helpers.servers.browser import MISSING, browser_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.helpers.servers.up import Up

pytestmark = [pytest.mark.browser, pytest.mark.skipif(MISSING is not None, reason=str(MISSING))]
DATASET = "hostile"
COLUMNS = [
    "<script>window.owned=1</script>",
    "<img src=x onerror=window.owned=1>",
    "[a](javascript:window.owned=1)",
    "</td></table><svg onload=window.owned=1>",
]
LABELS = ["<script>window.owned=2</script>", "<b onmouseover=window.owned=2>b</b>", "`x` | y \x1b[31m"]
LEARNING = Learning(max_epochs=2, n_landmarks=32, hidden_layer_sizes=(16, 8))


def table(folder: Path, seed: int, rows: int, scale: float = 1.0) -> Path:
    """A file of four columns and three classes; its name is markup too."""
    y = np.arange(rows) % 3
    X = np.random.default_rng(9).normal(size=(3, 4))[y] * 3 + np.random.default_rng(seed).normal(size=(rows, 4))
    path = folder / f"<img src=x onerror=window.owned=3> {seed}.csv"
    pd.DataFrame(X * scale, columns=COLUMNS).assign(label=[LABELS[each] for each in y]).to_csv(path, index=False)
    return path


@pytest.fixture
def run(up: "Up", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The run of Prefect that retrained on such a table; another one is in quarantine."""
    monkeypatch.setenv("GREENLIGHTNING_HOME", str(up.home))
    outcome(ingest, path=table(tmp_path, 0, 240), dataset=DATASET)
    assert outcome(train, dataset=DATASET, learning=LEARNING).promoted
    outcome(ingest, path=table(tmp_path, 1, 60), dataset=DATASET)
    held = outcome(ingest, path=table(tmp_path, 2, 60, 50.0), dataset=DATASET, quarantine_moved="always")
    assert held.state == "Quarantined"
    retraining = up.start("retrain/retrain", dataset=DATASET)
    assert up.ended(retraining)["state_type"] == "COMPLETED"
    return retraining


@pytest.fixture
def page(run: str, up: "Up") -> Iterator["Page"]:
    """A page of the browser, logged in."""
    login = up.login()
    with browser_page() as opened:
        opened.on("dialog", lambda dialog: pytest.fail(dialog.message))
        opened.goto(login)
        opened.wait_for_url(re.compile(r"^[^?]*$"))
        yield opened


def check_inert(page: "Page") -> None:
    """Nothing of the table ran, and no link of it would."""
    assert page.evaluate("window.owned") is None, page.url
    assert page.locator("a[href^='javascript:']").count() == 0, page.url


def test_no_page_runs_what_a_table_is_named(run: str, up: "Up", page: "Page") -> None:
    page.goto(f"{up.prefect_url}/runs/flow-run/{run}")
    page.get_by_text("Artifacts", exact=True).last.click()
    page.get_by_text(f"retrain-{DATASET}", exact=True).last.click()
    page.get_by_role("heading", name=f"Retrain {DATASET}").first.wait_for()
    check_inert(page)
    serving = registry.champion(DATASET)
    assert serving is not None
    page.add_locator_handler(page.get_by_role("button", name="Got it"), lambda button: button.click())
    learnt = run_page(experiment_id(DATASET), serving.run_id)
    for place, shown in ((learnt, "Parameters"), (version_page(DATASET, serving.version), "Version")):
        page.goto(f"{up.mlflow_url}/{place}")
        page.get_by_text(shown).first.wait_for()
        check_inert(page)
    written = sorted(Workspace.current().data_docs.rglob("*.html"))
    ours = [file for file in written if DATASET in str(file)]
    assert len(ours) >= 4
    for file in ours:
        page.goto(file.as_uri())
        check_inert(page)
