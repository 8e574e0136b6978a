"""Templates: values are escaped for the format of the page, and nothing else is."""

from pathlib import Path

import pytest
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
        "| a\\|b &lt;c&gt; \\`d\\` \\[e\\] \\*f\\* | `a|b\n<c> 'd' [e] *f*` |\n"
    )


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
