"""The figure of structure health: firing rates in base and batch, and how novel the patterns are."""

from typing import TYPE_CHECKING

import numpy as np

from tasks.figures.style import GREEN, PALETTE, QUIET
from tasks.figures.svg import render_svg

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from greenlightning.health.assessment import StructureHealth

COLOURS = {"green": GREEN, "amber": "#b7791f", "red": "#b3261e", "unknown": QUIET}
BINS = 40
SIDE, TOP, LEFT, RIGHT = 360, 72, 70, 540
"""Pixels: the side of both plots, the space above them, and the left edge of each."""


def health_figure(health: "StructureHealth") -> str:
    """Plot each gate's firing rate (left) and the novelty of the patterns (right), in base and batch, as SVG."""
    deciding, colour = health.deciding, COLOURS[health.verdict]
    base, batch = health.firing
    points = np.stack([LEFT + SIDE * base, TOP + SIDE * (1 - batch)], axis=1).round(1).tolist()
    widest = max(health.novelty.max(), health.expected.max(), 1e-3)
    edges = np.linspace(0, widest, BINS + 1)
    shares = [np.histogram(values, edges)[0] / len(values) for values in (health.expected, health.novelty)]
    highest = max(map(np.max, shares))
    legend = (("the base, held out", PALETTE[1]), ("the new batch", colour))
    return render_svg(
        "health",
        RIGHT + SIDE + 40,
        TOP + SIDE + 50,
        top=TOP,
        side=SIDE,
        left=LEFT,
        right=RIGHT,
        colour=colour,
        verdict=health.verdict,
        decided=f"decided by {deciding.name} {deciding.value:.3g}, at least {deciding.sure:.3g}"
        if deciding
        else "",
        examined=f"{health.looked_at:,} of {health.rows:,} rows examined",
        gates="".join(f"M{x} {y}h0" for x, y in points),
        rates=[(SIDE * part / 5, f"{part / 5:.1f}") for part in range(6)],
        novelties=[(SIDE * part / 5, f"{widest * part / 5:.3g}") for part in range(6)],
        shares=[(SIDE * part / 5, f"{highest * part / 5:.0%}") for part in range(6)],
        series=[(name, _steps(one / highest), shade) for (name, shade), one in zip(legend, shares, strict=True)],
    )


def _steps(heights: "ArrayLike") -> str:
    """The SVG path of a histogram with bars (BINS,) of heights up to 1."""
    levels: NDArray[np.float64] = np.asarray(heights, dtype=np.float64)
    steps = (f"V{TOP + SIDE * (1 - level):.1f}h{SIDE / BINS}" for level in levels)
    return f"M{RIGHT} {TOP + SIDE}{''.join(steps)}V{TOP + SIDE}Z"
