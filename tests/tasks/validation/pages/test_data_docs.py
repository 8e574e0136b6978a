"""Great Expectations' own pages, as a reader without a network sees them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tasks.core.workspace import Workspace
from tasks.validation.checks import Check
from tasks.validation.gx_runner import DOCS_SITE, run_checks
from tasks.validation.pages.data_docs import _renderers, compile_pages
from tests.helpers.servers.browser import MISSING, browser_page, picture

BATCH = "b" * 16


def at_most(column: str, value: int, title: str) -> Check:
    options = {"column": column, "max_value": value}
    return Check("features", "ExpectColumnValuesToBeBetween", options, title, "too many", moved=True)


@pytest.fixture
def pages() -> Iterator[list[Path]]:
    """The validation page of two checks, one met and one not, and the page of their suite."""
    frame = pd.DataFrame({"missing": [0, 2], "rows": [1, 1]})
    checks = [at_most("missing", 1, "At most 1 <b>missing"), at_most("rows", 1, "At most 1 row")]
    site = Workspace.current().data_docs / DOCS_SITE
    found = run_checks(checks, {"features": frame}, "d", BATCH)
    yield [site / found.pages["features"], site / "expectations" / "d-features.html"]


def test_the_pages_load_nothing_from_elsewhere_and_run_no_script(pages: list[Path]) -> None:
    for page in pages:
        text = page.read_text()
        assert not re.findall(r"<(?:link|img)[^>]*https?://|url\([^)]*//|<script|<footer", text)
        assert "prefers-color-scheme: dark" in text and "index.html" not in text


def test_a_page_links_to_our_verdict_and_calls_no_batch_failed(pages: list[Path]) -> None:
    text = pages[0].read_text()
    link = re.search(r'class="verdict">[^<]*<a href="([^"]*)"', text)
    assert link and (pages[0].parent / link[1]).resolve() == (
        Workspace.current().data_docs / "d" / BATCH / "validation.html"
    )
    assert "some expectations are not met" in text and "Failed<" not in text


@pytest.mark.browser
@pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
def test_each_expectation_shows_its_status_and_what_it_is_for_without_a_network(pages: list[Path]) -> None:
    with browser_page() as page:
        addresses = {file.as_uri() for file in pages}
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.route("**/*", lambda route: route.continue_() if route.request.url in addresses else route.abort())
        page.goto(pages[0].as_uri())
        shown = "i => i.map(each => getComputedStyle(each, '::before').content)"
        assert page.locator("td i.fas:visible").evaluate_all(shown) == ['"✗ not met"', '"✓ met"']
        page.get_by_text("At most 1 ‹b›missing").wait_for()
        picture(page, "great-expectations")
        page.get_by_label("Failed Only").check()
        assert page.locator("td i.fas:visible").evaluate_all(shown) == ['"✗ not met"']
        page.goto(pages[1].as_uri())
        page.get_by_text("At most 1 row").wait_for()
        assert set(asked) <= addresses


def test_the_pages_of_other_suites_stay_as_they_are(pages: list[Path]) -> None:
    before = pages[1].read_bytes()
    other = [replace(at_most("missing", 1, "At most 1"), frame="batch")]
    run_checks(other, {"batch": pd.DataFrame({"missing": [0]})}, "d", BATCH)
    assert pages[1].read_bytes() == before


def test_templates_are_compiled_once_for_all_pages() -> None:
    compile_pages()
    view = _renderers()[0]
    compiled = view.env.get_template("page.j2")
    run_checks([at_most("missing", 1, "At most 1")], {"features": pd.DataFrame({"missing": [0]})}, "d", BATCH)
    assert _renderers()[0].env.get_template("page.j2") is compiled
