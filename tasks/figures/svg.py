"""Figures drawn as SVG from templates, without matplotlib (docs/decisions/0029-overhead.md)."""

from typing import Any

from tasks.core.templates import render
from tasks.figures.style import FAINT, GREEN, INK, PALETTE, QUIET

LETTER = 7.6
"""Width (px) reserved for a letter of 12 px; DejaVu Sans, among the widest, takes 7.3 on average."""

COLOURS = {"ink": INK, "quiet": QUIET, "faint": FAINT, "green": GREEN, "grey": PALETTE[1]}


def render_svg(name: str, width: float, height: float, **values: Any) -> str:
    """Render the figure ``tasks/templates/<name>.svg.j2`` of ``width`` x ``height`` px."""
    return render(f"{name}.svg", width=round(width), height=round(height), **COLOURS, **values)
