"""How each way looks on every picture, and the panels that they are drawn in."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.core.records import Record
from benchmarks.measures.first_training import ways
from benchmarks.peers.kinds import all_kinds
from benchmarks.peers.network import FROM_SCRATCH
from benchmarks.peers.ours import OURS
from tasks.figures.style import GREEN, quiet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, SKY, ORANGE, VERMILION, PURPLE, BLACK, GREY = (
    *("#0072B2", "#56B4E9", "#E69F00", "#D55E00", "#CC79A7", "#000000", "#7d837f"),
)


@dataclass(frozen=True)
class Look:
    """Colour, marker and dashes; with ``band`` it is one of the two ways that the picture is about."""

    colour: str
    marker: str
    dashes: str
    band: bool = False
    hollow: bool = False

    @property
    def style(self) -> dict[str, Any]:
        """What lines and points of this way are drawn with."""
        face = "white" if self.hollow else self.colour
        return {"color": self.colour, "markerfacecolor": face, "zorder": 3 if self.band else 2}


LOOKS = {
    OURS: Look(GREEN, "o", "-", band=True),
    "random gates": Look(GREEN, "o", ":", hollow=True),
    FROM_SCRATCH: Look(BLUE, "s", "-", band=True),
    "network fine-tuned": Look(SKY, "s", "--", hollow=True),
    "network with replay": Look(SKY, "D", ":"),
    "SGD partial_fit": Look(ORANGE, "^", "--"),
    "MLP partial_fit": Look(VERMILION, "^", "-"),
    "ridge on the inputs": Look(GREY, "P", "--"),
    "random ReLU + ridge": Look(BLACK, "P", ":"),
    "boosted trees": Look(PURPLE, "X", "-"),
    "river Hoeffding tree": Look(PURPLE, "*", ":"),
}


def look_of(way: str) -> Look:
    """The look of a way; grey for one that has none."""
    return LOOKS.get(way, Look(GREY, ".", "-"))


def ways_of(records: list[Record]) -> list[str]:
    """The peers that the records name, in the order of all peers."""
    return _present(all_kinds(), records, "peer")


def first_ways_of(records: list[Record]) -> list[str]:
    """The ways of a first training that the records name, in the order of all of them."""
    return _present(ways(), records, "way")


def _present(order: Iterable[str], records: list[Record], key: str) -> list[str]:
    present = {record[key] for record in records}
    return [name for name in order if name in present]


def panels(count: int, width: float, height: float) -> "tuple[Figure, list[Axes]]":
    """A row of quiet axes, each of that size in inches."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1)
    figure = Figure(figsize=(width * count, height), layout=layout, facecolor="white")
    axes = [figure.add_subplot(1, count, number + 1) for number in range(count)]
    for place in axes:
        quiet(place)
    return figure, axes
