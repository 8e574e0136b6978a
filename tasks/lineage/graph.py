"""The lineage as one directed graph, from bytes to promotions; DOT, SVG and JSON are drawn from it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tasks.core.constants import Tag
from tasks.data.batch_index import pointer_path, read_pointer
from tasks.data.validation_page import validation_page
from tasks.lineage.tree import LineageNode, short
from tasks.orchestration.dashboards import Dashboards
from tasks.tracking.client import experiment_id

if TYPE_CHECKING:
    from networkx import DiGraph

SHOWN = 12
COLUMNS = ("data", "validation", "structure", "statistics", "version", "promotions")
LANES = ("head", "top", "middle", "bottom", "foot")
"""Columns and lanes of the drawing: left to right one thing is made of another; data takes the middle lane."""


def graph_of(dataset: str, tree: LineageNode) -> "DiGraph[str]":
    """The graph of a lineage; nodes have ``kind``, ``label``, ``note``, ``facts``, ``link``, edges ``relation``.

    Of more than 12 batches (or versions) the older ones are folded into one node that counts them.
    """
    from networkx import DiGraph

    graph: DiGraph[str] = DiGraph(name=tree.name)
    drawn = _Drawing(graph, dataset)
    if tree.kind == "batch":
        drawn.batch_and_learners(tree)
    else:
        drawn.version_and_sources(tree)
    return graph


def to_json(tree: LineageNode, graph: "DiGraph[str]") -> str:
    """One JSON object: the tree, and the same as ``graph`` with its ``nodes`` and ``edges``."""
    from networkx import node_link_data

    data = node_link_data(graph, edges="edges")
    return json.dumps(asdict(tree) | {"graph": {part: data[part] for part in ("nodes", "edges")}}, indent=2)


def to_dot(graph: "DiGraph[str]") -> str:
    """The graph in the DOT language of Graphviz."""
    from pydot import Dot, Edge, Node

    dot = Dot("lineage", graph_type="digraph", rankdir="LR", fontname="sans-serif")
    dot.set_node_defaults(shape="box", style="rounded", fontname="sans-serif")
    for name, node in graph.nodes.items():
        facts = (f"{fact} {value}" for fact, value in node["facts"].items())
        about = {"label": (node["kind"], node["label"]), "tooltip": facts}
        told: dict[str, Any] = {what: _quoted("\\n".join(map(_escaped, lines))) for what, lines in about.items()}
        dot.add_node(Node(_quoted(name), None, **told))
    for source, target, edge in graph.edges(data=True):
        dot.add_edge(Edge(_quoted(source), _quoted(target), label=_quoted(edge["relation"])))
    return str(dot.to_string())


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")


def _quoted(text: str) -> str:
    return f'"{text}"'


class _Drawing:
    """Fills a graph from a lineage tree and from what the DVC pointers and validation pages add to it."""

    def __init__(self, graph: "DiGraph[str]", dataset: str) -> None:
        self.graph, self.dataset = graph, dataset
        self.boards = Dashboards.current()

    def version_and_sources(self, tree: LineageNode) -> None:
        """A version, what it is made of on its left, and how it came to serve on its right."""
        parts = {part.kind: part for part in tree.children}
        statistics = self._part("statistics", parts["statistics"], "statistics")
        structure = self._part("structure", parts["structure"], "structure", "head")
        recipe = self._part("recipe", parts["recipe"], "structure", "top")
        version = self._version(tree)
        trained = {batch.name for batch in parts["structure"].children}
        for batches, checked in self._ledger(parts["ledger"].children):
            self._edge(checked, statistics, "counted in")
            if trained & batches:
                self._edge(checked, structure, "trained")
        self._edge(structure, recipe, "fixes")
        self._edge(recipe, statistics, "describes")
        self._edge(statistics, version, "solved to")
        if history := parts.get("history"):
            self._edge(self._parent(history.children), statistics, "handed on")
        self._run(parts["run"], version)
        self._serving(tree.facts, version)

    def batch_and_learners(self, tree: LineageNode) -> None:
        """A batch and the versions that learnt it, the newest on top."""
        [(_, checked)] = self._ledger([tree])
        shown, folded = _fold(tree.children)
        for learner in shown:
            version = self._version(learner)
            self._edge(checked, version, "learnt by")
            self._serving(learner.facts, version)
        if folded:
            facts = {"versions": ", ".join(one.name for one in folded)}
            name = self._add("version fold", "versions", "version", f"{len(folded)} older versions", facts)
            self._edge(checked, name, "learnt by")

    def _add(
        self,
        name: str,
        kind: str,
        column: str,
        label: str,
        facts: Mapping[str, str],
        link: str | None = None,
        lane: str = "middle",
        note: str = "",
    ) -> str:
        told = {fact.removeprefix("greenlightning."): value for fact, value in facts.items()}
        where = {"column": column, "lane": lane}
        self.graph.add_node(name, kind=kind, label=label, note=note, facts=told, link=link, **where)
        return name

    def _edge(self, source: str, target: str, relation: str) -> None:
        self.graph.add_edge(source, target, relation=relation)

    def _part(self, kind: str, node: LineageNode, column: str, lane: str = "middle") -> str:
        return self._add(f"{kind} {node.name}", kind, column, short(node.name), {"sha256": node.name}, lane=lane)

    def _version(self, node: LineageNode) -> str:
        number, _, aliases = node.name.removeprefix(f"{self.dataset} version ").partition(" ")
        link = self.boards.mlflow_version(self.dataset, int(number))
        note = aliases.strip("()") or node.facts.get(Tag.KIND, "")
        return self._add(
            f"version {number}", "version", "version", f"version {number}", node.facts, link, note=note
        )

    def _ledger(self, batches: Sequence[LineageNode]) -> list[tuple[set[str], str]]:
        """Add the batches and their validations; ids of the batches and the validation node, for each pair."""
        shown, folded = _fold(sorted(batches, key=_since, reverse=True))
        found = self._folded(folded)
        for batch in reversed(shown):
            facts, checked, link = self._provenance(batch)
            site = facts.get("site")
            label = f"site {site}" if site else facts.get("source", batch.name)
            verdict = "screened when merged" if site else "passed"
            rows = f"{int(facts['rows']):,} rows" if facts.get("rows", "").isdecimal() else ""
            name = self._add(f"batch {batch.name}", "batch", "data", label, facts, note=rows)
            page = self._add(f"validation {batch.name}", "validation", "validation", verdict, checked, link)
            self._edge(name, page, "checked by")
            found.append(({batch.name}, page))
        return found

    def _folded(self, batches: Sequence[LineageNode]) -> list[tuple[set[str], str]]:
        if not batches:
            return []
        count, rows = len(batches), sum(int(batch.facts.get("rows", 0)) for batch in batches)
        facts = {"rows": f"{rows:,}", "learnt": f"{_since_text(batches[-1])} to {_since_text(batches[0])}"}
        name = self._add("batch fold", "batches", "data", f"{count} older batches", facts, note=f"{rows:,} rows")
        page = self._add("validation fold", "validation", "validation", f"{count} times", {})
        self._edge(name, page, "checked by")
        return [({batch.name for batch in batches}, page)]

    def _provenance(self, batch: LineageNode) -> tuple[dict[str, str], dict[str, str], str | None]:
        """What is known of a batch, of its validation, and where the page of that lies."""
        facts = {"batch": batch.name, **batch.facts}
        pointer = read_pointer(pointer_path(self.dataset, batch.name), self.dataset)
        if pointer is None:
            return facts, {}, None
        facts |= {"source": pointer.source, "landed": pointer.landed_at, "classes": str(len(pointer.classes))}
        checked = {"against": pointer.expectations or "what a base must keep"}
        page = validation_page(self.dataset, batch.name)
        return facts, checked, page.as_uri() if page.is_file() else None

    def _parent(self, history: Sequence[LineageNode]) -> str:
        name = self._version(history[0])
        self.graph.nodes[name].update(column="structure", lane="bottom")
        if len(history) > 1:
            self.graph.nodes[name]["facts"]["before it"] = ", ".join(one.name for one in history[1:])
        return name

    def _run(self, run: LineageNode, version: str) -> None:
        commit, dirty = run.facts.get(Tag.GIT_COMMIT, "unknown"), run.facts.get(Tag.GIT_DIRTY)
        state = {"false": "as committed", "true": "with changes"}.get(dirty or "", "unknown")
        code = self._add("code", "code", "structure", commit[:12], {"commit": commit, "state": state}, lane="foot")
        link = self.boards.mlflow_url and self.boards.mlflow_run(experiment_id(self.dataset), run.name)
        made = self._add(f"run {run.name}", "run", "statistics", run.name[:12], run.facts, link, "foot")
        self._edge(code, made, "ran as")
        self._edge(made, version, "made")

    def _serving(self, facts: Mapping[str, str], version: str) -> None:
        """How the version came to serve; or that it was kept out, and why."""
        reasons = (Tag.PROMOTION_REASON, Tag.REASON, Tag.REPLACED, Tag.ROLLED_BACK_FROM, Tag.PROMOTED_AT)
        told = {str(tag): facts[tag] for tag in reasons if tag in facts}
        if when := facts.get(Tag.PROMOTED_AT):
            kind = "rollback" if Tag.ROLLED_BACK_FROM in facts else "promotion"
            name = self._add(f"{kind} of {version}", kind, "promotions", when, told)
        else:
            decision = facts.get(Tag.DECISION, "not promoted")
            name = self._add(f"decision on {version}", "decision", "promotions", decision, told)
        self._edge(version, name, "serves" if when else "decided")


def _fold(nodes: Sequence[LineageNode]) -> tuple[Sequence[LineageNode], Sequence[LineageNode]]:
    """The first of ``nodes`` that are shown, and those that one node stands for."""
    return (nodes, ()) if len(nodes) <= SHOWN else (nodes[: SHOWN - 1], nodes[SHOWN - 1 :])


def _since(batch: LineageNode) -> int:
    """Number of the version that learnt a batch."""
    return int(_since_text(batch).removeprefix("version ").partition(" ")[0] or 0)


def _since_text(batch: LineageNode) -> str:
    return batch.facts.get("since", "")
