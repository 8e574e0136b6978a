"""The pages of Great Expectations, mended: they load nothing, show each status, and link to our verdict.

Great Expectations would build a whole site, and compile its templates for each of its sections: its pages are
rendered one by one here, from templates compiled once a process.
"""

import os
import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import escape

from tasks.core.atomic import write_text
from tasks.core.templates import render
from tasks.core.workspace import Workspace

DOCS_SITE = "_gx"
REMOTE = re.compile(
    r"<link rel=\"shortcut icon\"[^>]*>|<(?:link|img)\b[^>]*(?:href|src)=[\"']https?://[^>]*>|<script\b.*?</script>|<footer\b.*?</footer>"
    r"|url\(['\"]?https?://[^)]*\)",
    re.IGNORECASE | re.DOTALL,
)
"""What the pages load from other machines, and the scripts that need it."""
HOME = re.compile(r"<a [^>]*index\.html[^>]*>.*?</a>", re.DOTALL)
"""Links to an index, which is not built."""
STATUS = re.compile(r"(Status:</span>\s*)<i\b[^>]*></i>\s*(Succeeded|Failed)")
SAID = {"Succeeded": "all expectations are met", "Failed": "some expectations are not met"}


class FrameResult(NamedTuple):
    """A suite of Great Expectations and its result on one frame."""

    suite: Any
    result: Any


def publish(found: FrameResult, run: str, time: datetime, verdict: Path) -> str:
    """Write the page of a result and that of its suite; return the former, seen from the site.

    ``verdict`` is our page of the batch.
    """
    from great_expectations.core.run_identifier import RunIdentifier

    view, validations, suites = _renderers()
    found.result.meta |= {"run_id": RunIdentifier(run_name=run, run_time=time)}
    site, name = Workspace.current().data_docs / DOCS_SITE, found.suite.name
    page = f"validations/{name}/{run}/{time:%Y%m%dT%H%M%S.%fZ}/{name}.html"
    shown = view.render(validations.render(found.result))
    write_text(site / page, offline(shown, os.path.relpath(verdict, (site / page).parent)))
    write_text(site / "expectations" / f"{name}.html", offline(view.render(suites.render(found.suite))))
    return page


@cache
def _renderers() -> tuple[Any, Any, Any]:
    """What makes a page of rendered content, and the renderers of results and of suites."""
    from great_expectations.render.renderer.page_renderer import (
        ExpectationSuitePageRenderer,
        ValidationResultsPageRenderer,
    )
    from great_expectations.render.view.view import DefaultJinjaPageView

    return DefaultJinjaPageView(), ValidationResultsPageRenderer(), ExpectationSuitePageRenderer()


def compile_pages() -> None:
    """Compile the templates of Great Expectations now, for the processes that are forked from this one."""
    view, _, _ = _renderers()
    for name in view.env.list_templates(extensions=["j2"]):
        view.env.get_template(name)


def offline(page: str, verdict: str = "") -> str:
    """A page that needs no network, in our own style, with a link to the verdict on its batch, if it has one."""
    style = f"<style>{render('style.css')}{render('data_docs.css')}</style>"
    page = STATUS.sub(lambda found: f"{found[1]}{SAID[found[2]]}", HOME.sub("", REMOTE.sub("", page)))
    page = page.replace("</head>", f"{style}</head>", 1).replace(" Data asset: None<br>", "")
    return page.replace("<body>", f"<body>{_note(verdict)}", 1)


def _note(verdict: str) -> str:
    if not verdict:
        return ""
    said = "An expectation that is not met has moved or is broken: "
    return f'<p class="verdict">{said}<a href="{escape(verdict)}">the verdict on this batch</a> says which.</p>'
