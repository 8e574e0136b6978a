"""Templates: values are escaped for the format of the page, and nothing else is."""

import html
import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markupsafe import Markup

from tasks.core import templates
from tasks.core.templates import FOLDER, readable, render


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of templates that a test writes itself."""
    monkeypatch.setattr(templates, "FOLDER", tmp_path)
    for environment in (templates._html, templates._markdown):
        environment.cache_clear()
    yield tmp_path
    for environment in (templates._html, templates._markdown):
        environment.cache_clear()


def test_values_on_an_html_page_are_escaped(folder: Path) -> None:
    (folder / "page.html.j2").write_text("<b>{{ value }}</b>{{ safe }}")
    assert render("page.html", value="<i> & |", safe=Markup("<hr>")) == "<b>&lt;i&gt; &amp; |</b><hr>"


def test_values_in_markdown_are_text_on_one_line(folder: Path) -> None:
    (folder / "note.md.j2").write_text("| {{ value }} | {{ value | code }} |")
    assert render("note.md", value="a|b\n<c> `d` [e] *f*") == (
        "| a\\|b &lt;c&gt; \\`d\\` \\[e\\] \\*f\\* | `a¦b <c> 'd' [e] *f*` |\n"
    )


HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "![x](javascript:alert(1))",
    "<javascript:alert(1)>",
    "a | b | c",
    "`a` | b",
    "a\n\n# b\n\n- c",
    "# heading",
    "- item",
    "1. item",
    "\x1b[31mred\x1b]0;title\x07",
    "\u202egnp.exe",
    "*a* _b_ ~~c~~ __init__",
    "---",
)
NOTE = """\
{% from "table.md.j2" import header, row %}
{{ value }}

- {{ value }}

{{ header("name", "code") }}
{{ row(value, value | code) }}
"""


def html_of(markdown: str) -> str:
    """What a renderer of GitHub's Markdown makes of a note."""
    return str(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown))


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_is_text_in_a_note(value: str) -> None:
    shown = html_of(templates._markdown().from_string(NOTE).render(value=value))
    tags = re.findall(r"<(\w+)", shown)
    assert tags == [*("p", "ul", "li", "table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td", "code")]
    text = templates.inert(" ".join(value.split()))
    assert html.unescape(re.sub("<[^>]+>", "", shown)).count(text) >= 3 - bool(set("`|") & set(value))


def test_sections_that_are_left_out_leave_no_gap(folder: Path) -> None:
    (folder / "note.md.j2").write_text("one\n\n{% if absent %}\ntwo\n{% endif %}\n\n\nthree\n\n")
    assert render("note.md") == "one\n\nthree\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-01-31T12:34:56+00:00", "2026-01-31 12:34 UTC"),
        ("since 2026-01-31T12:34:56.789Z, served", "since 2026-01-31 12:34 UTC, served"),
        (12, "12"),
    ],
)
def test_timestamps_are_cut_to_minutes(value: object, text: str) -> None:
    assert readable(value) == text


def test_every_template_compiles() -> None:
    names = [path.name.removesuffix(".j2") for path in FOLDER.glob("*.j2")]
    assert names
    for name in names:
        environment = templates._markdown() if name.endswith(".md") else templates._html()
        environment.get_template(f"{name}.j2")
