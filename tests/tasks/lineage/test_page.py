"""The HTML page of a lineage."""

import re
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
