"""The frame of a picture as SVG: what each run draws, without matplotlib (docs/decisions/0029-overhead.md)."""

from typing import Any

from tasks.core.templates import template
from tasks.figures.style import FAINT, GREEN, INK, PALETTE, QUIET

LETTER = 7.6
"""Width (px) to set aside for a letter of 12 px; DejaVu Sans, among the widest, takes 7.3 on average."""

FRAME = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{{ width }}" height="{{ height }}" \
viewBox="0 0 {{ width }} {{ height }}" font-family="DejaVu Sans, Verdana, sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
{% macro heading(x, title, subtitle) %}
<text x="{{ x }}" y="28" fill="{{ ink }}" font-size="16" font-weight="bold">{{ title }}</text>
<text x="{{ x }}" y="48" fill="{{ quiet }}">{{ subtitle }}</text>
{% endmacro %}
{% macro label(x, y, text, anchor="middle", turned=0) %}
<text x="{{ x }}" y="{{ y }}" fill="{{ quiet }}" text-anchor="{{ anchor }}"\
{% if turned %} transform="rotate({{ turned }} {{ x }} {{ y }})"{% endif %}>{{ text }}</text>
{% endmacro %}
"""
COLOURS = {"ink": INK, "quiet": QUIET, "faint": FAINT, "green": GREEN, "grey": PALETTE[1]}


def drawn(body: str, width: float, height: float, **values: Any) -> str:
    """A picture of ``width`` x ``height`` px: the Jinja template ``body`` in its frame; every value is escaped."""
    return template(f"{FRAME}{body}</svg>\n").render(width=round(width), height=round(height), **COLOURS, **values)
