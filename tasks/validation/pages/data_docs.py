"""The pages of Great Expectations, mended: they load nothing, show each status, and link to our verdict."""

import os
import re
from pathlib import Path

from markupsafe import escape

from tasks.core.templates import render

REMOTE = re.compile(
    r"<(?:link|img)\b[^>]*(?:href|src)=[\"']https?://[^>]*>|<script\b.*?</script>|<footer\b.*?</footer>"
    r"|url\(['\"]?https?://[^)]*\)",
    re.IGNORECASE | re.DOTALL,
)
"""What the pages load from other machines, and the scripts that need it."""
HOME = re.compile(r"<a [^>]*index\.html[^>]*>.*?</a>", re.DOTALL)
"""Links to an index, which is not built."""
STATUS = re.compile(r"(Status:</span>\s*)<i\b[^>]*></i>\s*(Succeeded|Failed)")
SAID = {"Succeeded": "all expectations are met", "Failed": "some expectations are not met"}


def mend(site: Path, pages: dict[str, str], verdict: Path) -> None:
    """Rewrite the new ``pages`` of a site, and those of all its suites; ``verdict`` is our page of the batch."""
    for page in pages.values():
        file = site / page
        file.write_text(offline(file.read_text(), os.path.relpath(verdict, file.parent)))
    for file in (site / "expectations").glob("*.html"):
        file.write_text(offline(file.read_text()))


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
