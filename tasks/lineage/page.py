"""One self-contained HTML page a lineage: its graph as SVG, ledger and history as tables; nothing is loaded."""

from typing import TYPE_CHECKING

from tasks.core.templates import HEAD, template
from tasks.lineage.drawing import HEIGHT, WIDTH, draw, readable
from tasks.lineage.page_parts import DRAWING, STYLE
from tasks.lineage.tree import LineageNode, short

if TYPE_CHECKING:
    from networkx import DiGraph

PAGE = (
    HEAD
    + """\
<title>Lineage of {{ title }}</title>
<style>
"""
    + STYLE
    + """\
</style>
<h1>{{ title }}</h1>
{% if reason %}<p class="reason">{{ reason }}</p>{% endif %}
<dl>{% for fact, value in facts.items() %}
<div><dt>{{ fact.replace('_', ' ') }}</dt><dd>{{ value | readable }}</dd></div>
{% endfor %}</dl>
"""
    + DRAWING
    + """\
{% for heading, columns, rows in tables %}
<h2>{{ heading }}</h2>
<div class="panel"><table>
<tr>{% for column in columns %}<th>{{ column }}</th>{% endfor %}</tr>
{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell | readable }}</td>{% endfor %}</tr>{% endfor %}
</table></div>
{% endfor %}
{% if command %}
<h2>Check it</h2>
<p>This rebuilds the version from its versioned data and compares every number:<br><code>{{ command }}</code></p>
{% endif %}
</html>
"""
)
LEDGER = ("source", "batch", "rows", "site", "since", "landed", "md5")
STEPS = ("greenlightning.kind", "created", "decision", "reason", "git.commit")


def render_page(dataset: str, tree: LineageNode, graph: "DiGraph[str]") -> str:
    """The lineage as HTML, readable in light and dark, offline; every value is escaped."""
    facts = {fact.removeprefix("greenlightning."): value for fact, value in tree.facts.items()}
    number = tree.name.removeprefix(f"{dataset} version ").partition(" ")[0]
    return template(PAGE, readable).render(
        title=tree.name if tree.kind == "version" else f"Batch {tree.name} of {dataset}",
        reason=facts.pop("reason", ""),
        facts=facts,
        picture=draw(graph),
        width=WIDTH,
        height=HEIGHT,
        tables=_tables(tree, graph),
        command=f"greenlightning reproduce {number} --dataset {dataset}" if tree.kind == "version" else "",
    )


def _tables(tree: LineageNode, graph: "DiGraph[str]") -> list[tuple[str, tuple[str, ...], list[list[str]]]]:
    """Ledger and history of a version, or the versions that learnt a batch: heading, columns, rows."""
    parts = {part.kind: part.children for part in tree.children}
    steps = tree.children if tree.kind == "batch" else parts.get("history", ())
    heading = "Versions that learnt it" if tree.kind == "batch" else "Made from"
    tables = []
    if ledger := parts.get("ledger"):
        drawn = {node["facts"].get("batch"): node["facts"] for node in graph.nodes.values()}
        known = [{"batch": batch.name, **batch.facts, **drawn.get(batch.name, {})} for batch in reversed(ledger)]
        used = tuple(name for name in LEDGER if any(name in facts for facts in known))
        rows = [[facts.get(name, "") for name in used] for facts in known]
        tables.append((f"Ledger: {len(ledger)} batches", used, rows))
    if steps:
        rows = [[step.name, *(short(step.facts.get(fact, "")) for fact in STEPS)] for step in steps]
        columns = ("version", *(fact.rpartition(".")[2] for fact in STEPS))
        tables.append((heading, columns, rows))
    return tables
