"""The lineage as one directed graph, from bytes to promotions; also as DOT and JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from greenlightning.data.counted import counted
from tasks.core.constants import Alias, Tag
from tasks.data.batch_index import known_batch
from tasks.lineage.tree import BatchNode, LineageNode, VersionNode, short
from tasks.orchestration.dashboards import Dashboards
from tasks.tracking.client import experiment_id
from tasks.validation.pages.page import validation_page

if TYPE_CHECKING:
    from networkx import DiGraph

SHOWN = 12
COLUMNS = ("data", "validation", "structure", "statistics", "version", "promotions")
LANES = ("head", "top", "middle", "bottom", "foot")
"""Columns and lanes of the drawing: each column is made of the ones on its left; data takes the middle lane."""

N = TypeVar("N", bound=LineageNode)


@dataclass(frozen=True)
class GraphNode:
    """A node of the graph: what it says, where it links to, and its column and lane in the drawing."""

    kind: str
    column: str
    label: str
    facts: Mapping[str, str] = field(default_factory=dict)
    link: str | None = None
    lane: str = "middle"
    note: str = ""
    serving: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The node as JSON holds it."""
        names = ("kind", "label", "note", "facts", "link", "column", "lane")
        return {name: getattr(self, name) for name in names}


def graph_of(dataset: str, tree: LineageNode) -> "DiGraph[str]":
    """The graph of a lineage: nodes have a GraphNode as ``node``, edges have a ``relation``.

    Of more than 12 batches (or versions) the older ones are folded into one node that counts them.
    """
    from networkx import DiGraph

    graph: DiGraph[str] = DiGraph(name=tree.name)
    builder = _GraphBuilder(graph, dataset)
    if isinstance(tree, VersionNode):
        builder.add_version_and_sources(tree)
    elif isinstance(tree, BatchNode):
        builder.add_batch_and_learners(tree)
    return graph


def nodes_of(graph: "DiGraph[str]") -> dict[str, GraphNode]:
    """The nodes of a lineage graph by their names."""
    return {name: attributes["node"] for name, attributes in graph.nodes.items()}


def to_json(tree: LineageNode, graph: "DiGraph[str]", indent: int | None = 2) -> str:
    """One JSON object: the tree, and the same as ``graph`` with its ``nodes`` and ``edges``."""
    nodes = [node.to_dict() | {"id": name} for name, node in nodes_of(graph).items()]
    edges = [{**edge, "source": source, "target": target} for source, target, edge in graph.edges(data=True)]
    return json.dumps(tree.to_dict() | {"graph": {"nodes": nodes, "edges": edges}}, indent=indent)


def to_dot(graph: "DiGraph[str]") -> str:
    """The graph in the DOT language of Graphviz."""
    from pydot import Dot, Edge, Node

    dot = Dot("lineage", graph_type="digraph", rankdir="LR", fontname="sans-serif")
    dot.set_node_defaults(shape="box", style="rounded", fontname="sans-serif")
    for name, node in nodes_of(graph).items():
        tooltip = [f"{fact} {value}" for fact, value in node.facts.items()]
        attributes: dict[str, Any] = {"label": _lines(node.kind, node.label), "tooltip": _lines(*tooltip)}
        dot.add_node(Node(_quoted(name), None, **attributes))
    for source, target, edge in graph.edges(data=True):
        dot.add_edge(Edge(_quoted(source), _quoted(target), label=_quoted(edge["relation"])))
    return str(dot.to_string())


def _lines(*lines: str) -> str:
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") for line in lines)
    return _quoted("\\n".join(escaped))


def _quoted(text: str) -> str:
    return f'"{text}"'


class _GraphBuilder:
    """Fills a graph from a lineage tree, the DVC pointers and the validation pages."""

    def __init__(self, graph: "DiGraph[str]", dataset: str) -> None:
        self.graph, self.dataset = graph, dataset
        self.dashboards = Dashboards.current()

    def add_version_and_sources(self, tree: VersionNode) -> None:
        """Add a version, on its left what it is made of, and on its right how it came to serve."""
        parts = {part.kind: part for part in tree.children}
        statistics = self._add_part(parts["statistics"], "statistics")
        gates = [part for kind, part in parts.items() if kind.startswith("structure")]
        structures = {self._add_part(part, "structure", "head"): part for part in gates}
        recipe = self._add_part(parts["recipe"], "structure", "top")
        version = self._add_version(tree)
        for batches, validation in self._add_batches(_of_type(BatchNode, parts["ledger"].children)):
            self._connect(validation, statistics, "counted in")
            for structure, part in structures.items():
                if batches & {batch.name for batch in part.children}:
                    self._connect(validation, structure, "trained")
        for structure in structures:
            self._connect(structure, recipe, "fixes")
        self._connect(recipe, statistics, "describes")
        self._connect(statistics, version, "solved to")
        if history := parts.get("history"):
            parent, *older = _of_type(VersionNode, history.children)
            self._connect(self._add_version(parent, older), statistics, "handed on")
        self._add_run(parts["run"], version)
        self._add_decision(tree, version)

    def add_batch_and_learners(self, tree: BatchNode) -> None:
        """Add a batch and the versions that learnt it, the newest on top."""
        [(_, validation)] = self._add_batches([tree])
        shown, folded = _fold(_of_type(VersionNode, tree.children))
        for learner in shown:
            version = self._add_version(learner)
            self._connect(validation, version, "learnt by")
            self._add_decision(learner, version)
        if folded:
            facts = {"versions": ", ".join(one.name for one in folded)}
            fold = GraphNode("versions", "version", f"{len(folded)} older versions", facts)
            self._connect(validation, self._add("version fold", fold), "learnt by")

    def _add(self, name: str, node: GraphNode) -> str:
        self.graph.add_node(name, node=node)
        return name

    def _connect(self, source: str, target: str, relation: str) -> None:
        self.graph.add_edge(source, target, relation=relation)

    def _add_part(self, part: LineageNode, column: str, lane: str = "middle") -> str:
        node = GraphNode(part.kind, column, short(part.name), {"sha256": part.name}, lane=lane)
        return self._add(f"{part.kind} {part.name}", node)

    def _add_version(self, version: VersionNode, older: Sequence[VersionNode] | None = None) -> str:
        """Add a version; a parent, given with the versions ``older`` than it, goes below the structure."""
        name = f"version {version.number}"
        before = {"before it": ", ".join(one.name for one in older)} if older else {}
        return self._add(
            name,
            GraphNode(
                "version",
                "version" if older is None else "structure",
                name,
                _named(version.facts) | before,
                self.dashboards.mlflow_version(self.dataset, version.number),
                "middle" if older is None else "bottom",
                ", ".join(version.aliases) or version.facts.get(Tag.KIND, ""),
                Alias.CHAMPION in version.aliases,
            ),
        )

    def _add_batches(self, batches: Sequence[BatchNode]) -> list[tuple[set[str], str]]:
        """Add batches and their validations; ids of the batches and the validation's node, for each pair."""
        shown, folded = _fold(sorted(batches, key=_first_version, reverse=True))
        found = self._add_older_batches(folded) if folded else []
        for batch in reversed(shown):
            facts, checked, link = self._provenance(batch)
            label = f"site {batch.site}" if batch.site else facts.get("source", batch.name)
            rows = "" if batch.rows is None else counted(batch.rows, "row")
            verdict = "screened when merged" if batch.site else "passed"
            name = self._add(f"batch {batch.name}", GraphNode("batch", "data", label, facts, note=rows))
            validation = GraphNode("validation", "validation", verdict, checked, link)
            page = self._add(f"validation {batch.name}", validation)
            self._connect(name, page, "checked by")
            found.append(({batch.name}, page))
        return found

    def _add_older_batches(self, batches: Sequence[BatchNode]) -> list[tuple[set[str], str]]:
        """Add one node that stands for many batches, and one for their validations."""
        count, rows = len(batches), f"{sum(batch.rows or 0 for batch in batches):,}"
        facts = {"rows": rows, "learnt": f"{batches[-1].since} to {batches[0].since}"}
        fold = GraphNode("batches", "data", f"{count} older batches", facts, note=f"{rows} rows")
        name = self._add("batch fold", fold)
        page = self._add("validation fold", GraphNode("validation", "validation", f"{count} times"))
        self._connect(name, page, "checked by")
        return [({batch.name for batch in batches}, page)]

    def _provenance(self, batch: BatchNode) -> tuple[dict[str, str], dict[str, str], str | None]:
        """Facts of a batch, facts of its validation, and the address of its validation page."""
        facts = {"batch": batch.name, **_named(batch.facts)}
        pointer = known_batch(self.dataset, batch.name)
        if pointer is None:
            return facts, {}, None
        facts |= {"source": pointer.source, "landed": pointer.landed_at, "classes": str(len(pointer.classes))}
        checked = {"against": pointer.expectations or "what a base must keep"}
        page = validation_page(self.dataset, batch.name)
        return facts, checked, page.as_uri() if page.is_file() else None

    def _add_run(self, run: LineageNode, version: str) -> None:
        commit, dirty = run.facts.get(Tag.GIT_COMMIT, "unknown"), run.facts.get(Tag.GIT_DIRTY)
        state = {"false": "as committed", "true": "with changes"}.get(dirty or "", "unknown")
        facts = {"commit": commit, "state": state}
        code = self._add("code", GraphNode("code", "structure", commit[:12], facts, lane="foot"))
        link = self.dashboards.mlflow_url and self.dashboards.mlflow_run(experiment_id(self.dataset), run.name)
        node = GraphNode("run", "statistics", run.name[:12], _named(run.facts), link, "foot")
        name = self._add(f"run {run.name}", node)
        self._connect(code, name, "ran as")
        self._connect(name, version, "made")

    def _add_decision(self, node: VersionNode, version: str) -> None:
        """Add how the version came to serve, or why it did not."""
        tags = (Tag.PROMOTION_REASON, Tag.REASON, Tag.REPLACED, Tag.ROLLED_BACK_FROM, Tag.PROMOTED_AT)
        facts = _named({str(tag): node.facts[tag] for tag in tags if tag in node.facts})
        if when := node.facts.get(Tag.PROMOTED_AT):
            kind, relation = "rollback" if Tag.ROLLED_BACK_FROM in node.facts else "promotion", "serves"
            name = f"{kind} of {version}"
        else:
            kind, relation, name = "decision", "decided", f"decision on {version}"
        label = when or node.facts.get(Tag.DECISION, "not promoted")
        self._connect(version, self._add(name, GraphNode(kind, "promotions", label, facts)), relation)


def _named(facts: Mapping[str, str]) -> dict[str, str]:
    """Facts by short names."""
    return {name.removeprefix("greenlightning."): value for name, value in facts.items()}


def _of_type(kind: type[N], nodes: Sequence[LineageNode]) -> list[N]:
    return [node for node in nodes if isinstance(node, kind)]


def _fold(nodes: Sequence[N]) -> tuple[Sequence[N], Sequence[N]]:
    """The first of ``nodes``, which are shown, and the others, which one node stands for."""
    return (nodes, ()) if len(nodes) <= SHOWN else (nodes[: SHOWN - 1], nodes[SHOWN - 1 :])


def _first_version(batch: BatchNode) -> int:
    return batch.since.version if batch.since else 0
