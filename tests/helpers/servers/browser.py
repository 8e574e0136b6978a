"""A headless Chromium of the system's, for tests of the two dashboards."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium")
MISSING = next(
    (
        f"{name} is missing; install it with: {remedy}"
        for name, found, remedy in (
            ("chromium", CHROMIUM, "apt-get install chromium"),
            ("playwright", importlib.util.find_spec("playwright"), "make setup"),
        )
        if not found
    ),
    None,
)
QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
]
SCREEN = {"width": 1400, "height": 900}
PATIENCE = 300.0
"""Seconds that a page may take to show what the servers have ready."""


@contextmanager
def browser_page() -> Iterator["Page"]:
    """An empty page. No flow runs in this thread meanwhile."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=1000 * PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page(viewport=SCREEN, timezone_id="UTC")
        page.set_default_timeout(1000 * PATIENCE)
        yield page
        browser.close()


def picture(page: "Page", name: str) -> None:
    """Keep what the page shows in the folder that GREENLIGHTNING_SCREENSHOTS names, if it names one."""
    if folder := os.environ.get("GREENLIGHTNING_SCREENSHOTS"):
        page.wait_for_timeout(2000)
        page.screenshot(path=Path(folder) / f"{name}.png")
