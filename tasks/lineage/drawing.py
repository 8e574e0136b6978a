"""Where each node and edge of a lineage graph goes on the page: columns by kind, no node on another."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasks.core.constants import Alias
from tasks.core.templates import readable
from tasks.lineage.graph import COLUMNS, LANES

if TYPE_CHECKING:
    from networkx import DiGraph

WIDTH, HEIGHT = 186, 46
COLUMN, ROW = 244, 60
MARGIN, HEADING = 16, 44
LABEL = 21
BESIDE = ("validation", "promotions")
"""Columns whose nodes stand in the row of the one thing that they belong to."""


@dataclass(frozen=True)
class Box:
    """A node on the page: left upper corner (px), what it says, and the id by which its path lights up."""

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
    """An edge on the page: its SVG path, its relation, and the boxes on whose path it lies."""

    path: str
    relation: str
    lit_by: str


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


def draw(graph: "DiGraph[str]") -> Drawing:
    """Lay a lineage graph out."""
    used = [column for column in COLUMNS if any(node["column"] == column for node in graph.nodes.values())]
    rows = _rows(graph)
    top = min(rows.values())
    at: dict[str, tuple[float, float]] = {
        name: (MARGIN + used.index(node["column"]) * COLUMN, HEADING + (rows[name] - top) * ROW)
        for name, node in graph.nodes.items()
    }
    ids = {name: f"n{number}" for number, name in enumerate(graph)}
    return Drawing(
        width=2 * MARGIN + (len(used) - 1) * COLUMN + WIDTH,
        height=HEADING + (max(rows.values()) - top) * ROW + HEIGHT + MARGIN,
        headings=tuple((MARGIN + number * COLUMN, name) for number, name in enumerate(used)),
        boxes=tuple(_box(ids[name], *at[name], node) for name, node in graph.nodes.items()),
        lines=_lines(graph, at, ids),
    )


def _rows(graph: "DiGraph[str]") -> dict[str, float]:
    """The row of each node: the middle lane stacked about row 0, the other lanes above and below it."""
    rows: dict[str, float] = {}
    for column in (column for column in COLUMNS if column not in BESIDE):
        stack = [
            name for name, node in graph.nodes.items() if (node["column"], node["lane"]) == (column, "middle")
        ]
        rows |= {name: place - (len(stack) - 1) / 2 for place, name in enumerate(stack)}
    low, high = min(rows.values()), max(rows.values())
    used = {node["lane"] for node in graph.nodes.values()}
    above = [lane for lane in LANES[1::-1] if lane in used]
    below = [lane for lane in LANES[3:] if lane in used]
    lanes = {lane: low - place for place, lane in enumerate(above, start=1)}
    lanes |= {lane: high + place for place, lane in enumerate(below, start=1)}
    for name, node in graph.nodes.items():
        if node["lane"] != "middle":
            rows[name] = lanes[node["lane"]]
        elif node["column"] in BESIDE:
            [owner] = graph.predecessors(name)
            rows[name] = rows[owner]
    return rows


def _box(name: str, x: float, y: float, node: dict[str, Any]) -> Box:
    label = readable(node["label"])
    told = [f"{fact.replace('_', ' ')}: {readable(value)}" for fact, value in node["facts"].items()]
    tooltip = "\n".join((f"{node['kind']} {label}", *told))
    shown = label if len(label) <= LABEL else f"{label[: LABEL - 1]}…"
    serving = Alias.CHAMPION in node["note"].split(", ")
    return Box(name, x, y, node["kind"], shown, node["note"], tooltip, node["link"], serving)


def _lines(graph: "DiGraph[str]", at: dict[str, tuple[float, float]], ids: dict[str, str]) -> tuple[Line, ...]:
    """The edges; each is lit by every node that comes before its source or after its target, and by those two."""
    from networkx import ancestors, descendants

    before = {name: {name, *ancestors(graph, name)} for name in graph}
    after = {name: {name, *descendants(graph, name)} for name in graph}
    found = []
    for source, target, edge in graph.edges(data=True):
        lit = " ".join(ids[name] for name in graph if name in before[source] | after[target])
        found.append(Line(_path(at[source], at[target]), edge["relation"], lit))
    return tuple(found)


def _path(source: tuple[float, float], target: tuple[float, float]) -> str:
    """A curve from the right side of one box to the left side of another; straight down in one column."""
    (x, y), (to_x, to_y) = source, target
    if x == to_x:
        return f"M{x + WIDTH / 2:g},{y + HEIGHT:g} V{to_y - 5:g}"
    x, y, to_x, to_y = x + WIDTH, y + HEIGHT / 2, to_x - 5, to_y + HEIGHT / 2
    bend = (COLUMN - WIDTH) * 0.9
    return f"M{x:g},{y:g} C{x + bend:g},{y:g} {to_x - bend:g},{to_y:g} {to_x:g},{to_y:g}"
