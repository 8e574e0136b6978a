"""The HTML page of a lineage."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from greenlightning.data.batch import Batch
from tasks.core.constants import Tag
from tasks.lineage.graph import graph_of
from tasks.lineage.page import render_page
from tasks.lineage.tree import lineage
from tasks.tracking.client import connect

pytestmark = [pytest.mark.usefixtures("history"), pytest.mark.slow]


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
def test_the_page_loads_nothing_and_draws_every_node(of: int | str, nodes: int, batches: list[Batch]) -> None:
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


def test_the_ledger_and_the_history_are_tables() -> None:
    tree = lineage("digits")
    page = render_page("digits", tree, graph_of("digits", tree))
    assert "<h2>Ledger: 2 batches</h2>" in page and "<td>north</td>" in page
    assert "<h2>Made from</h2>" in page and "<td>digits version 1 (previous)</td>" in page


def test_a_long_ledger_is_listed_by_its_latest_batches() -> None:
    tree = lineage("digits")
    [ledger] = [part for part in tree.children if part.kind == "ledger"]
    many = tuple(replace(ledger.children[0], name=f"{number:016x}") for number in range(1234))
    longer = replace(tree, children=tuple(replace(p, children=many) if p is ledger else p for p in tree.children))
    page = render_page("digits", longer, graph_of("digits", tree))
    assert "<h2>Ledger: 1,234 batches, the latest 100 (all are in lineage.json of its run)</h2>" in page
    assert f"<td>{1233:016x}</td>" in page and f"<td>{1134:016x}</td>" in page
    assert f"<td>{1133:016x}</td>" not in page
