"""One self-contained HTML page a lineage: its graph as SVG, ledger and history as tables; nothing is loaded."""

from typing import TYPE_CHECKING

from tasks.core.templates import render
from tasks.lineage.drawing import draw
from tasks.lineage.tree import LineageNode, short

if TYPE_CHECKING:
    from networkx import DiGraph

LEDGER = ("source", "batch", "rows", "site", "since", "landed", "md5")
STEPS = ("greenlightning.kind", "created", "decision", "reason", "git.commit")


def render_page(dataset: str, tree: LineageNode, graph: "DiGraph[str]") -> str:
    """The lineage as HTML, readable in light and dark, offline; every value is escaped."""
    facts = {fact.removeprefix("greenlightning."): value for fact, value in tree.facts.items()}
    number = tree.name.removeprefix(f"{dataset} version ").partition(" ")[0]
    return render(
        "lineage.html",
        title=tree.name if tree.kind == "version" else f"Batch {tree.name} of {dataset}",
        reason=facts.pop("reason", ""),
        facts=facts,
        drawing=draw(graph),
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
