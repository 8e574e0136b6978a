"""The HTML page of a report: a dataset's history in figures and a table; the page loads nothing."""

from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING, Any

from tasks.core.templates import render

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def render_report(**content: Any) -> str:
    """The report as HTML, readable in light and dark, offline; every value is escaped."""
    return render("report.html", **content)


def embedded(name: str, figure: "Figure", caption: str) -> dict[str, str]:
    """A figure as SVG inside the page, light or dark as the screen; the same numbers give the same bytes."""
    from matplotlib import rc_context

    svg = BytesIO()
    with rc_context({"svg.hashsalt": name}):
        figure.savefig(svg, format="svg", metadata={"Date": None})
    head, opened, body = svg.getvalue().decode().partition("<svg ")
    attributes, closed, content = body.partition(">")
    return drawn(name, f"{head}{opened}{attributes}{closed}{render('dark.svg')}{content}", caption)


def drawn(name: str, svg: str, caption: str) -> dict[str, str]:
    """An SVG picture inside the page."""
    data = f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
    return {"name": name, "data": data, "caption": caption}
