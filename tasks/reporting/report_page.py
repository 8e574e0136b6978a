"""One self-contained HTML page a dataset: its history in pictures and a table; nothing is loaded."""

from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING, Any

from tasks.core.templates import HEAD, template
from tasks.lineage.drawing import HEIGHT, WIDTH, readable
from tasks.lineage.page_parts import DRAWING, STYLE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAGE = (
    HEAD
    + """\
<title>Report on {{ dataset }}</title>
<style>
"""
    + STYLE
    + """\
  .pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(30rem, 100%), 1fr)); gap: 1.2rem; }
  figure { margin: 0; } figure img { display: block; width: 100%; max-height: 30rem; background: #fff;
    border-radius: 12px; padding: .4rem; }
  figcaption { color: var(--soft); font-size: .88rem; padding: .6rem 1rem .8rem; }
  .number { text-align: right; font-variant-numeric: tabular-nums; }
</style>
<h1>Report on {{ dataset }}</h1>
<p class="reason">{{ summary }}</p>
<dl>{% for fact, value in facts.items() %}
<div><dt>{{ fact }}</dt><dd>{{ value | readable }}</dd></div>
{% endfor %}</dl>
<div class="pictures">
{% for shown in pictures %}
<figure class="panel"><img src="{{ shown.data }}" alt="{{ shown.name }}">
<figcaption>{{ shown.caption }}</figcaption></figure>
{% endfor %}
</div>
{% for gap in missing %}<p class="reason">{{ gap }}</p>{% endfor %}
<h2>Lineage of {{ lineage }}</h2>
{% with title = lineage %}
"""
    + DRAWING
    + """\
{% endwith %}
<h2>Versions</h2>
{% set number = ' class="number"' | safe %}
<div class="panel"><table>
<tr>{% for column in columns %}<th{{ number if loop.index > 4 }}>{{ column }}</th>{% endfor %}</tr>
{% for row in rows %}
<tr>{% for cell in row %}<td{{ number if loop.index > 4 }}>{{ cell | readable }}</td>{% endfor %}</tr>
{% endfor %}
</table></div>
</html>
"""
)


def render_report(**content: Any) -> str:
    """The report as HTML, readable in light and dark, offline; every value is escaped."""
    return template(PAGE, readable).render(width=WIDTH, height=HEIGHT, **content)


def picture(name: str, figure: "Figure", caption: str) -> dict[str, str]:
    """A figure as the page shows it: an SVG inside the page, the same bytes for the same numbers."""
    from matplotlib import rc_context

    drawn = BytesIO()
    with rc_context({"svg.hashsalt": name}):
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    data = f"data:image/svg+xml;base64,{b64encode(drawn.getvalue()).decode()}"
    return {"name": name, "data": data, "caption": caption}
