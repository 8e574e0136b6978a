"""The layout of a lineage graph on a page: a column a kind, and no node on top of another."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tasks.core.templates import readable
from tasks.lineage.graph import COLUMNS, LANES, GraphNode, nodes_of

if TYPE_CHECKING:
    from networkx import DiGraph

WIDTH, HEIGHT = 186, 46
COLUMN, ROW = 244, 60
MARGIN, HEADING = 16, 44
LABEL = 21
FOLLOWING = ("validation", "promotions")
"""Columns whose nodes lie in the row of their one predecessor."""


@dataclass(frozen=True)
class Box:
    """A node on the page: upper left corner (px), texts, and the id that highlights its path."""

    id: str
    x: float
    y: float
    kind: str
    label: str
    note: str
    tooltip: str
    link: str | None
    serving: bool


@dataclass(frozen=True)
class Line:
    """An edge on the page: its SVG path, its relation, and the ids of the boxes that highlight it."""

    path: str
    relation: str
    highlighted_by: str


@dataclass(frozen=True)
class Drawing:
    """A drawing of ``width`` x ``height`` px; ``headings`` are (x, name) of the columns."""

    width: float
    height: float
    headings: tuple[tuple[float, str], ...]
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    box_width: float = WIDTH
    box_height: float = HEIGHT


def draw(graph: "DiGraph[str]", linked: bool = True) -> Drawing:
    """Lay out a lineage graph; a page that travels has no links to this machine: ``linked=False``."""
    nodes = nodes_of(graph)
    if not linked:
        nodes = {name: replace(node, link=None) for name, node in nodes.items()}
    used = [column for column in COLUMNS if any(node.column == column for node in nodes.values())]
    rows = _rows(graph)
    top = min(rows.values())
    at: dict[str, tuple[float, float]] = {
        name: (MARGIN + used.index(node.column) * COLUMN, HEADING + (rows[name] - top) * ROW)
        for name, node in nodes.items()
    }
    ids = {name: f"n{number}" for number, name in enumerate(graph)}
    return Drawing(
        width=2 * MARGIN + (len(used) - 1) * COLUMN + WIDTH,
        height=HEADING + (max(rows.values()) - top) * ROW + HEIGHT + MARGIN,
        headings=tuple((MARGIN + number * COLUMN, name) for number, name in enumerate(used)),
        boxes=tuple(_box(ids[name], *at[name], node) for name, node in nodes.items()),
        lines=_lines(graph, at, ids),
    )


def _rows(graph: "DiGraph[str]") -> dict[str, float]:
    """The row of each node: the middle lane is centred on row 0, the other lanes lie above and below it."""
    nodes, rows = nodes_of(graph), dict[str, float]()
    for column in (column for column in COLUMNS if column not in FOLLOWING):
        stack = [name for name, node in nodes.items() if (node.column, node.lane) == (column, "middle")]
        rows |= {name: place - (len(stack) - 1) / 2 for place, name in enumerate(stack)}
    low, high = min(rows.values()), max(rows.values())
    used = {node.lane for node in nodes.values()}
    above = [lane for lane in LANES[1::-1] if lane in used]
    below = [lane for lane in LANES[3:] if lane in used]
    lanes = {lane: low - place for place, lane in enumerate(above, start=1)}
    lanes |= {lane: high + place for place, lane in enumerate(below, start=1)}
    for name, node in nodes.items():
        if node.lane != "middle":
            rows[name] = lanes[node.lane]
        elif node.column in FOLLOWING:
            [owner] = graph.predecessors(name)
            rows[name] = rows[owner]
    return rows


def _box(name: str, x: float, y: float, node: GraphNode) -> Box:
    label = readable(node.label)
    facts = [f"{fact.replace('_', ' ')}: {readable(value)}" for fact, value in node.facts.items()]
    tooltip = "\n".join((f"{node.kind} {label}", *facts))
    shown = label if len(label) <= LABEL else f"{label[: LABEL - 1]}…"
    return Box(name, x, y, node.kind, shown, node.note, tooltip, node.link, node.serving)


def _lines(graph: "DiGraph[str]", at: dict[str, tuple[float, float]], ids: dict[str, str]) -> tuple[Line, ...]:
    """The edges; ancestors of an edge's source, descendants of its target, and both ends highlight it."""
    from networkx import ancestors, descendants

    before = {name: {name, *ancestors(graph, name)} for name in graph}
    after = {name: {name, *descendants(graph, name)} for name in graph}
    found = []
    for source, target, edge in graph.edges(data=True):
        by = " ".join(ids[name] for name in graph if name in before[source] | after[target])
        found.append(Line(_path(at[source], at[target]), edge["relation"], by))
    return tuple(found)


def _path(source: tuple[float, float], target: tuple[float, float]) -> str:
    """A curve from the right side of one box to the left side of another; straight down in one column."""
    (x, y), (to_x, to_y) = source, target
    if x == to_x:
        return f"M{x + WIDTH / 2:g},{y + HEIGHT:g} V{to_y - 5:g}"
    x, y, to_x, to_y = x + WIDTH, y + HEIGHT / 2, to_x - 5, to_y + HEIGHT / 2
    bend = (COLUMN - WIDTH) * 0.9
    return f"M{x:g},{y:g} C{x + bend:g},{y:g} {to_x - bend:g},{to_y:g} {to_x:g},{to_y:g}"
