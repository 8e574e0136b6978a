"""Pictures of the day: pages of both dashboards, as a reader sees them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tasks.tracking.pages.addresses import TRAINING, model_page

if TYPE_CHECKING:
    from playwright.sync_api import Page, ViewportSize

    from tests.helpers.servers.up import Up

SETTLE = 2_000
"""Milliseconds in which a page that is there finishes drawing."""
LARGEST = 300_000
SCREEN: "ViewportSize" = {"width": 1280, "height": 960}


@dataclass
class Pictures:
    """A browser that is logged in, and the folder of its pictures."""

    up: "Up"
    page: "Page"
    login: str
    folder: Path

    def __post_init__(self) -> None:
        self.page.set_viewport_size(SCREEN)
        self.page.goto(self.login)

    def outcome(self, run: str, name: str) -> None:
        """The page of a run's outcome, with what serves now."""
        wanted = {"artifacts": {"flow_run_id": {"any_": [run]}, "type": {"any_": ["markdown"]}}}
        found: list[dict[str, Any]] = self.up.call("POST", "/artifacts/filter", wanted)
        self.page.goto(f"{self.up.prefect_url}/artifacts/artifact/{found[-1]['id']}")
        self.page.get_by_role("heading", name="What serves now").wait_for()
        self._take(name)

    def run(self, run: str, name: str) -> None:
        """The page of a run: its steps in time, and its log."""
        self.page.goto(f"{self.up.prefect_url}/runs/flow-run/{run}")
        self.page.get_by_text("what serves now").last.scroll_into_view_if_needed()
        self._take(name)

    def versions_compared(self, experiment: str, runs: list[str], name: str) -> None:
        """Two runs side by side in MLflow."""
        chosen, where = quote(json.dumps(runs)), quote(json.dumps([experiment]))
        self.page.goto(f"{self.up.mlflow_url}/#/compare-runs?runs={chosen}&experiments={where}&{TRAINING}")
        self.page.get_by_role("heading", name="Comparing").wait_for()
        self.page.locator(".parcoords .axis-title").get_by_text("Model score", exact=True).wait_for()
        for part in ("Parameters", "Metrics", "Artifacts"):
            self.page.get_by_role("button", name=part).click()
        self.page.set_viewport_size({"width": 1280, "height": 1600})
        self.page.get_by_role("heading", name="Comparing").scroll_into_view_if_needed()
        self._take(name)
        self.page.set_viewport_size(SCREEN)

    def model(self, dataset: str, name: str) -> None:
        """The page of a model in MLflow: what serves now, and its versions."""
        self.page.goto(f"{self.up.mlflow_url}/{model_page(dataset)}")
        self.page.get_by_role("table").first.wait_for()
        self._take(name)

    def _take(self, name: str) -> None:
        self.page.wait_for_timeout(SETTLE)
        file = self.folder / f"{name}.png"
        self.page.screenshot(path=file)
        assert file.stat().st_size < LARGEST, f"{file} is larger than {LARGEST} bytes"
        print(f"  {file}", flush=True)
