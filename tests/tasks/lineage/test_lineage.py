"""Lineage: from a version to what made it, and from a batch to every version that learnt it."""

import json
import re
import shutil
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from urllib.request import url2pathname

import pytest

from greenlightning.data.batch import Batch
from greenlightning.errors import NothingServedError
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Alias, Kind, Tag
from tasks.lineage.graph import graph_of, to_dot, to_json
from tasks.lineage.page import render_page
from tasks.lineage.tree import LineageNode, lineage, render
from tasks.models import registry
from tasks.tracking.client import connect
from tasks.tracking.runs import flow_run
from tests.helpers.versions import register_version

pytestmark = pytest.mark.usefixtures("history")


@pytest.fixture
def history(mlflow_home: Path, tmp_path: Path, tiny_model: GreenLightningModel, batches: list[Batch]) -> list[str]:
    """Three versions: trained on batch 0, retrained on batch 1, batch 0 forgotten; the second one serves."""
    both = tiny_model.learn(batches[1], md5="1" * 32, site="north")
    steps = [
        (Kind.TRAIN, tiny_model, {"decision": "promoted", "reason": "first"}),
        (Kind.RETRAIN, both, {"decision": "promoted", "reason": "0.91 [not 0.90]", "parent_version": "1"}),
        (
            Kind.FORGET,
            both.forget(batches[0]),
            {"decision": "kept", "reason": "worse", "parent_version": "2"},
        ),
    ]
    runs = []
    for number, (kind, model, tags) in enumerate(steps):
        with flow_run("digits", kind) as run_id:
            register_version(model, tmp_path / str(number), run_id, tags)
        runs.append(run_id)
    registry.promote.fn("digits", 1, None)
    registry.promote.fn("digits", 2, 1)
    return runs


def child(node: LineageNode, kind: str) -> LineageNode:
    [found] = [found for found in node.children if found.kind == kind]
    return found


def test_a_version_leads_to_its_data_structure_code_run_and_parents(
    history: list[str], tiny_model: GreenLightningModel, batches: list[Batch]
) -> None:
    tree = lineage("digits")
    assert (tree.kind, tree.name) == ("version", "digits version 2 (champion)")
    assert (tree.facts["decision"], tree.facts["rows"], tree.facts["replaced"]) == ("promoted", "60", "1")
    assert child(tree, "structure").name == tiny_model.structure.digest
    assert child(tree, "recipe").name == tiny_model.paths.digest
    assert child(tree, "run").name == history[1]
    assert "git.commit" in child(tree, "run").facts
    learnt = {node.name: node.facts for node in child(tree, "ledger").children}
    assert learnt[batches[0].id] == {"rows": "30", "md5": "0" * 32, "since": "version 1"}
    assert learnt[batches[1].id] == {"rows": "30", "md5": "1" * 32, "site": "north", "since": "version 2"}
    assert [node.name for node in child(tree, "history").children] == ["digits version 1 (previous)"]


def test_a_forgotten_batch_is_in_the_history_and_not_in_the_ledger(batches: list[Batch]) -> None:
    tree = lineage("digits", 3)
    assert [node.name for node in child(tree, "ledger").children] == [batches[1].id]
    assert [node.facts["greenlightning.kind"] for node in child(tree, "history").children] == [
        "retrain",
        "train",
    ]


def test_a_first_version_has_no_history() -> None:
    assert [node.kind for node in lineage("digits", Alias.PREVIOUS).children] == [
        "structure",
        "recipe",
        "statistics",
        "run",
        "ledger",
    ]


def test_a_batch_leads_to_every_version_that_learnt_it(batches: list[Batch]) -> None:
    tree = lineage("digits", batches[0].id)
    assert (tree.kind, tree.facts) == ("batch", {"md5": "0" * 32, "rows": "30"})
    assert [node.name for node in tree.children] == [
        "digits version 2 (champion)",
        "digits version 1 (previous)",
    ]


@pytest.mark.parametrize("of", ["f" * 16, 9, Alias.CHALLENGER])
def test_what_nobody_learnt_or_made_is_named(of: int | str) -> None:
    with pytest.raises(NothingServedError):
        lineage("digits", of)


def test_the_tags_still_tell_where_the_files_are_gone(batches: list[Batch]) -> None:
    where = connect().get_model_version_download_uri("digits", "2")
    shutil.rmtree(url2pathname(where.removeprefix("file://")))
    learnt = {node.name: node.facts for node in child(lineage("digits"), "ledger").children}
    assert learnt[batches[1].id] == {"md5": "1" * 32, "since": "version 2"}
    assert lineage("digits", batches[0].id).facts["rows"] == "unknown"


def test_the_tree_is_legible_on_a_terminal(batches: list[Batch], tiny_model: GreenLightningModel) -> None:
    from rich.console import Console

    console = Console(width=200, record=True, file=StringIO())
    console.print(render(lineage("digits")))
    text = console.export_text()
    assert "digits version 2 (champion)" in text
    assert "reason 0.91 [not 0.90]" in text
    assert f"structure {tiny_model.structure.digest[:12]}\n" in text
    assert f"batch {batches[1].id}  rows 30  md5 111111111111  site north  since version 2" in text


class Loaded(HTMLParser):
    """Collects whatever a page would load or name by an address."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = [value for name, value in attributes if name in ("src", "href", "srcset", "data", "xlink:href")]
        self.found += [tag] if tag in ("script", "link", "iframe", "img") else []
        self.found += [value for value in named if value]


@pytest.mark.parametrize(("of", "nodes"), [(2, 12), ("batch", 6)])
def test_the_page_is_whole_in_itself_and_draws_every_node(of: int | str, nodes: int, batches: list[Batch]) -> None:
    tree = lineage("digits", batches[0].id if of == "batch" else of)
    graph = graph_of("digits", tree)
    page = render_page("digits", tree, graph)
    loaded = Loaded()
    loaded.feed(page)
    assert loaded.found == []
    assert not re.search(r"https?://|url\((?!#)|@import", page)
    assert page.count('<g class="box') == len(graph) == nodes
    assert page.count('<path class="edge') == graph.number_of_edges()
    if of == 2:
        assert "greenlightning reproduce 2 --dataset digits" in page
        assert "0.91 [not 0.90]" in page


def test_the_page_escapes_what_users_wrote(history: list[str]) -> None:
    connect().set_model_version_tag("digits", "2", Tag.REASON, "<script>alert(1)</script>")
    tree = lineage("digits", 2)
    page = render_page("digits", tree, graph_of("digits", tree))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_the_graph_leads_from_batches_to_what_serves(batches: list[Batch]) -> None:
    from networkx import ancestors

    tree = lineage("digits")
    graph = graph_of("digits", tree)
    [version] = [name for name, node in graph.nodes.items() if "champion" in node["note"]]
    made_of = {graph.nodes[name]["kind"] for name in ancestors(graph, version)}
    assert {"batch", "structure", "recipe", "statistics"} <= made_of
    told = json.loads(to_json(tree, graph))
    assert {node["id"] for node in told["graph"]["nodes"]} == set(graph)
    assert to_dot(graph).startswith("digraph")
    assert to_dot(graph).count("->") == graph.number_of_edges()
