"""The layout of a lineage graph."""

from itertools import combinations

import pytest

from tasks.lineage.drawing import HEIGHT, WIDTH, draw
from tasks.lineage.graph import graph_of
from tasks.lineage.tree import lineage

pytestmark = pytest.mark.usefixtures("history")


def test_no_box_covers_another_and_all_are_inside() -> None:
    drawing = draw(graph_of("digits", lineage("digits")))
    for one, other in combinations(drawing.boxes, 2):
        assert abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT
    assert all(0 <= box.x <= drawing.width - WIDTH for box in drawing.boxes)
    assert all(0 <= box.y <= drawing.height - HEIGHT for box in drawing.boxes)


def test_the_champion_alone_is_drawn_as_serving() -> None:
    for of in (2, 3):
        drawing = draw(graph_of("digits", lineage("digits", of)))
        assert [(box.label, box.note) for box in drawing.boxes if box.serving] == [("version 2", "champion")]


def test_an_edge_is_highlighted_by_what_it_comes_from_and_leads_to() -> None:
    graph = graph_of("digits", lineage("digits"))
    drawing, names = draw(graph), list(graph)
    place = [(source, target) for source, target, _ in graph.edges(data=True)].index(("code", _run(names)))
    by = {names[int(box.removeprefix("n"))] for box in drawing.lines[place].highlighted_by.split()}
    assert {"code", _run(names), "version 2"} <= by
    assert not any(name.startswith("batch") for name in by)


def _run(names: list[str]) -> str:
    return next(name for name in names if name.startswith("run "))
