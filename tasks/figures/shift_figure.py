"""Figure of columns that moved: their distribution in the base, and in the latest batch."""

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.figures.style import GREEN, PALETTE
from tasks.figures.svg import LETTER, render_svg

ACROSS = 2
WIDTH, HEIGHT, GAP, EDGE, TOP, FOOT = 300, 110, 40, 24, 96, 30
"""Pixels: a panel, the space between panels, the margin, the space above the first and under each."""
LONGEST = int(WIDTH / LETTER) - 7


@dataclass(frozen=True)
class Shift:
    """A column that moved: how far (0 to 1), and shares of its rows by bin or value, before and now.

    ``ticks`` are the two ends of the bins, or the name of each value.
    """

    name: str
    distance: float
    before: Sequence[float]
    now: Sequence[float]
    ticks: tuple[str, ...]

    @property
    def by_value(self) -> bool:
        """Whether the bars are values, not bins."""
        return len(self.ticks) == len(self.before)


def shift_figure(shifts: Sequence[Shift], source: str) -> str:
    """Draw each column's two distributions as SVG, the base in grey and the batch from ``source`` in green."""
    panels = [_panel(place, shift) for place, shift in enumerate(shifts)]
    rows = -(-len(shifts) // ACROSS)
    return render_svg(
        "shift",
        2 * EDGE + ACROSS * WIDTH + (ACROSS - 1) * GAP,
        TOP + rows * (HEIGHT + FOOT + GAP),
        left=EDGE,
        legend=[("the base", PALETTE[1]), (_cut(source, 48), GREEN)],
        panels=panels,
        panel_width=WIDTH,
        panel_height=HEIGHT,
    )


def _panel(place: int, shift: Shift) -> dict[str, object]:
    left = EDGE + place % ACROSS * (WIDTH + GAP)
    top = TOP + place // ACROSS * (HEIGHT + FOOT + GAP)
    most, width = max(*shift.before, *shift.now), WIDTH / len(shift.before)
    return {
        "left": left,
        "top": top,
        "title": f"{_cut(shift.name, LONGEST)}  {shift.distance:.2f}",
        "before": [_bar(left, top, at * width, 0.92 * width, one / most) for at, one in enumerate(shift.before)],
        "now": [
            _bar(left, top, (at + 0.23) * width, 0.46 * width, one / most) for at, one in enumerate(shift.now)
        ],
        "ticks": _ticks(shift, left, width),
    }


def _bar(left: float, top: float, x: float, width: float, share: float) -> tuple[float, float, float, float]:
    height = round(HEIGHT * share, 1)
    return round(left + x, 1), top + HEIGHT - height, round(width, 1), height


def _ticks(shift: Shift, left: float, width: float) -> list[tuple[float, str, str]]:
    """Place, text and anchor of the names under a panel."""
    if shift.by_value:
        letters = max(1, int(width / LETTER) - 1)
        return [(left + (at + 0.5) * width, _cut(one, letters), "middle") for at, one in enumerate(shift.ticks)]
    return [(left, shift.ticks[0], "start"), (left + WIDTH, shift.ticks[-1], "end")]


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1]}…"
