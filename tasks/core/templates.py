"""The templates in ``tasks/templates``: pages (HTML), figures (SVG), and notes (Markdown)."""

import html
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

FOLDER = Path(__file__).resolve().parents[1] / "templates"
BLANK_LINES = re.compile(r"\n{3,}")
MARKDOWN_SPECIAL = re.compile(r"([\\`*_\[\]|~])")
MARKDOWN_START = re.compile(r"^(#{1,6}|[-+]|\d+[.)])(?=\s|$)|^(-)(?=[ -]*$)")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters but tab and line feed, and those that turn the direction of writing."""
TIMESTAMP = re.compile(r"\b(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?")


def inert(text: str) -> str:
    """The text with a replacement character for each that would control a terminal."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def render(name: str, **values: Any) -> str:
    """Render the template ``<name>.j2``; every value is escaped for the template's format."""
    if not name.endswith(".md"):
        return _html().get_template(f"{name}.j2").render(**values)
    return BLANK_LINES.sub("\n\n", _markdown().get_template(f"{name}.j2").render(**values)).strip() + "\n"


def compile_templates() -> None:
    """Compile every template now, for the processes that are forked from this one."""
    for file in FOLDER.glob("*.j2"):
        (_markdown() if file.name.endswith(".md.j2") else _html()).get_template(file.name)


def readable(value: object) -> str:
    """The text of ``value``, its ISO 8601 timestamps cut to minutes: 2026-01-31 12:00 UTC."""
    return TIMESTAMP.sub(r"\1 \2 UTC", str(value))


@cache
def _html() -> "Environment":
    """The environment of HTML and SVG."""
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, auto_reload=False, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["readable"] = readable
    return environment


@cache
def _markdown() -> "Environment":
    """The environment of Markdown, which may not let a value become Markdown or HTML."""
    environment = _html().overlay(finalize=_escape_markdown)
    environment.filters = environment.filters | {"code": _code}
    return environment


def _code(value: Any) -> "Markup":
    """``value`` as inline code of Markdown, also in a table: a bar there would end the cell."""
    from markupsafe import Markup

    return Markup("`{}`".format(inert(" ".join(str(value).split())).replace("`", "'").replace("|", "¦") or " "))


def _escape_markdown(value: Any) -> "Markup":
    """``value`` on one line, with the special characters of Markdown and HTML escaped; Markup as it is."""
    from markupsafe import Markup

    if isinstance(value, Markup):
        return value
    text = html.escape(inert(" ".join(str(value).split())), quote=False)
    return Markup(MARKDOWN_START.sub(_escaped_start, MARKDOWN_SPECIAL.sub(r"\\\1", text)))


def _escaped_start(found: re.Match[str]) -> str:
    """What would begin a heading or a list, as text."""
    mark = found[0]
    return f"{mark[:-1]}\\{mark[-1]}" if mark[0].isdigit() else f"\\{mark}"
