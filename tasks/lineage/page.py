"""The HTML page of a lineage: its graph as SVG, ledger and history as tables; the page loads nothing."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from greenlightning.data.counted import counted
from tasks.core.constants import Tag
from tasks.core.templates import render
from tasks.lineage.drawing import draw
from tasks.lineage.graph import nodes_of
from tasks.lineage.tree import LineageNode, VersionNode, short

if TYPE_CHECKING:
    from networkx import DiGraph

LEDGER_COLUMNS = ("source", "batch", "rows", "site", "since", "landed", "md5")
LISTED = 100
"""Batches in the table: a page that lists thousands is slow to open, and is made again by each retraining."""
VERSION_COLUMNS = {
    "kind": Tag.KIND,
    "created": "created",
    "decision": Tag.DECISION,
    "reason": Tag.REASON,
    "commit": Tag.GIT_COMMIT,
}


class Table(NamedTuple):
    """A table of the page."""

    heading: str
    columns: tuple[str, ...]
    rows: list[list[str]]


def render_page(dataset: str, tree: LineageNode, graph: "DiGraph[str]") -> str:
    """The lineage as HTML, readable in light and dark, offline; every value is escaped."""
    facts = {fact.removeprefix("greenlightning."): value for fact, value in tree.facts.items()}
    version = tree.number if isinstance(tree, VersionNode) else None
    return render(
        "lineage.html",
        title=tree.name if version else f"Batch {tree.name} of {dataset}",
        reason=facts.pop("reason", ""),
        facts=facts,
        drawing=draw(graph),
        tables=_tables(tree, graph),
        command=f"greenlightning reproduce {version} --dataset {dataset}" if version else "",
    )


def _tables(tree: LineageNode, graph: "DiGraph[str]") -> list[Table]:
    """Ledger and history of a version, or the versions that learnt a batch."""
    if not isinstance(tree, VersionNode):
        return [_versions_table("Versions that learnt it", tree.children)]
    parts = {part.kind: part.children for part in tree.children}
    tables = []
    if ledger := parts.get("ledger"):
        tables.append(_ledger_table(ledger, graph))
    if history := parts.get("history"):
        tables.append(_versions_table("Made from", history))
    return tables


def _ledger_table(ledger: Sequence[LineageNode], graph: "DiGraph[str]") -> Table:
    """The latest batches of a ledger, the last one first; the graph knows the sources of those that it shows."""
    shown = {node.facts.get("batch"): node.facts for node in nodes_of(graph).values()}
    latest = ledger[: -LISTED - 1 : -1]
    known = [{"batch": batch.name, **batch.facts, **shown.get(batch.name, {})} for batch in latest]
    used = tuple(name for name in LEDGER_COLUMNS if any(name in facts for facts in known))
    older = f", the latest {LISTED} (all are in lineage.json of its run)" if len(ledger) > LISTED else ""
    heading = f"Ledger: {counted(len(ledger), 'batch')}{older}"
    return Table(heading, used, [[facts.get(name, "") for name in used] for facts in known])


def _versions_table(heading: str, versions: Sequence[LineageNode]) -> Table:
    rows = [[one.name, *(short(one.facts.get(fact, "")) for fact in VERSION_COLUMNS.values())] for one in versions]
    return Table(heading, ("version", *VERSION_COLUMNS), rows)
