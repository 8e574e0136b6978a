"""The lineage as a graph, as JSON and as DOT."""

import json

import pytest

from greenlightning.data.batch import Batch
from tasks.lineage.graph import SHOWN, graph_of, nodes_of, to_dot, to_json
from tasks.lineage.tree import BatchNode, FirstLearnt, LineageNode, VersionNode, lineage

pytestmark = pytest.mark.usefixtures("history")


def test_the_graph_leads_from_batches_to_what_serves(batches: list[Batch]) -> None:
    from networkx import ancestors

    tree = lineage("digits")
    graph = graph_of("digits", tree)
    nodes = nodes_of(graph)
    [version] = [name for name, node in nodes.items() if node.serving]
    made_of = {nodes[name].kind for name in ancestors(graph, version)}
    assert {"batch", "structure", "recipe", "statistics"} <= made_of


def test_json_has_the_tree_and_the_nodes_and_edges_of_the_graph() -> None:
    tree = lineage("digits")
    graph = graph_of("digits", tree)
    found = json.loads(to_json(tree, graph))
    assert list(found) == ["kind", "name", "facts", "children", "graph"]
    assert {node["id"] for node in found["graph"]["nodes"]} == set(graph)
    [version] = [node for node in found["graph"]["nodes"] if node["id"] == "version 2"]
    assert list(version) == ["kind", "label", "note", "facts", "link", "column", "lane", "id"]
    assert (version["note"], version["column"], version["lane"]) == ("champion", "version", "middle")
    assert {"relation": "solved to", "source": f"statistics {_statistics(tree)}", "target": "version 2"} in found[
        "graph"
    ]["edges"]


def _statistics(tree: LineageNode) -> str:
    return next(part.name for part in tree.children if part.kind == "statistics")


def test_dot_has_every_edge_and_escapes_quotes() -> None:
    graph = graph_of("digits", lineage("digits"))
    assert to_dot(graph).startswith("digraph")
    assert to_dot(graph).count("->") == graph.number_of_edges()
    nodes_of(graph)["code"].facts["state"] = 'a "quoted" value'  # type: ignore[index]
    assert r"a \"quoted\" value" in to_dot(graph)


def test_a_batch_from_a_site_is_named_after_it_and_was_screened(batches: list[Batch]) -> None:
    nodes = nodes_of(graph_of("digits", lineage("digits")))
    assert nodes[f"batch {batches[1].id}"].label == "site north"
    assert nodes[f"validation {batches[1].id}"].label == "screened when merged"


def test_many_older_batches_are_folded_into_one_node() -> None:
    learnt = [
        BatchNode("batch", f"{n:016}", {}, rows=1000, since=FirstLearnt(n + 1, exact=n > 0)) for n in range(20)
    ]
    parts = [LineageNode(kind, "0" * 64) for kind in ("structure", "recipe", "statistics", "run")]
    ledger = LineageNode("ledger", "", {}, tuple(learnt))
    nodes = nodes_of(graph_of("digits", VersionNode("version", "v", {}, (*parts, ledger), number=20)))
    fold = nodes["batch fold"]
    assert (fold.label, fold.note) == (f"{20 - SHOWN + 1} older batches", "9,000 rows")
    assert fold.facts == {"rows": "9,000", "learnt": "version 1 or before to version 9"}
    assert sum(node.kind == "batch" for node in nodes.values()) == SHOWN - 1
