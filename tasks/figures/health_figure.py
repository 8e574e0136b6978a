"""Picture of structure health: firing rates then and now, and how novel the patterns are."""

from typing import TYPE_CHECKING

import numpy as np

from tasks.figures.style import GREEN, PALETTE, QUIET
from tasks.figures.svg import drawn

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from greenlightning.health.health import StructureHealth

COLOURS = {"green": GREEN, "amber": "#b7791f", "red": "#b3261e", "unknown": QUIET}
BINS = 40
SIDE, TOP, LEFT, RIGHT = 360, 72, 70, 540
"""Pixels: of both plots' sides, above them, and where each begins."""

HEALTH = """\
{% macro grid(left, xs, ys) %}
{% for at, name in xs %}
<path d="M{{ left + at }} {{ top }}v{{ side }}" stroke="{{ faint }}"/>
{{ label(left + at, top + side + 18, name) }}
{% endfor %}
{% for at, name in ys %}
<path d="M{{ left }} {{ top + side - at }}h{{ side }}" stroke="{{ faint }}"/>
{{ label(left - 8, top + side - at + 4, name, "end") }}
{% endfor %}
<path d="M{{ left }} {{ top }}v{{ side }}h{{ side }}" stroke="{{ quiet }}" fill="none"/>
{% endmacro %}
{{ heading(left, "Structure health: " ~ verdict, decided) }}
{{ grid(left, rates, rates) }}
<path d="M{{ left }} {{ top + side }}l{{ side }} -{{ side }}" stroke="{{ quiet }}" stroke-dasharray="2 3"/>
<path d="{{ gates }}" stroke="{{ colour }}" stroke-opacity="0.45" stroke-width="4" stroke-linecap="round"/>
{{ label(left + side / 2, height - 12, "firing rate in the base") }}
{{ label(22, top + side / 2, "firing rate in the new batch", "middle", -90) }}
{{ heading(right, "Novelty of the patterns", looked_at) }}
{{ grid(right, novelties, shares) }}
{% for name, path, shade in series %}
<path d="{{ path }}" fill="{{ shade }}" fill-opacity="0.35" stroke="{{ shade }}" stroke-width="1.6"/>
<rect x="{{ right + side - 150 }}" y="{{ top + 20 * loop.index - 10 }}" width="12" height="12" fill="{{ shade }}"/>
<text x="{{ right + side - 132 }}" y="{{ top + 20 * loop.index }}" fill="{{ ink }}">{{ name }}</text>
{% endfor %}
{{ label(right + side / 2, height - 12, "share of gates unlike the nearest pattern of the base") }}
{{ label(right - 48, top + side / 2, "share of rows", "middle", -90) }}
"""


def health_picture(health: "StructureHealth") -> str:
    """Left each gate's firing rate in the base and in the batch, right the novelty of the patterns of both."""
    deciding, colour = health.deciding, COLOURS[health.verdict]
    then, now = health.firing
    places = np.stack([LEFT + SIDE * then, TOP + SIDE * (1 - now)], axis=1).round(1).tolist()
    widest = max(health.novelty.max(), health.expected.max(), 1e-3)
    edges = np.linspace(0, widest, BINS + 1)
    heights = [np.histogram(values, edges)[0] / len(values) for values in (health.expected, health.novelty)]
    highest = max(map(np.max, heights))
    about = (("the base, held out", PALETTE[1]), ("the new batch", colour))
    return drawn(
        HEALTH,
        RIGHT + SIDE + 40,
        TOP + SIDE + 50,
        top=TOP,
        side=SIDE,
        left=LEFT,
        right=RIGHT,
        colour=colour,
        verdict=health.verdict,
        decided=f"decided by {deciding.name} {deciding.value:.3g}, {deciding.sure:.3g} for certain"
        if deciding
        else "",
        looked_at=f"{health.looked_at:,} of {health.rows:,} rows looked at",
        gates="".join(f"M{x} {y}h0" for x, y in places),
        rates=[(SIDE * part / 5, f"{part / 5:.1f}") for part in range(6)],
        novelties=[(SIDE * part / 5, f"{widest * part / 5:.3g}") for part in range(6)],
        shares=[(SIDE * part / 5, f"{highest * part / 5:.0%}") for part in range(6)],
        series=[(name, _steps(h / highest), shade) for (name, shade), h in zip(about, heights, strict=True)],
    )


def _steps(heights: "ArrayLike") -> str:
    """The path of a histogram (BINS,) of heights up to 1."""
    levels: NDArray[np.float64] = np.asarray(heights, dtype=np.float64)
    steps = (f"V{TOP + SIDE * (1 - level):.1f}h{SIDE / BINS}" for level in levels)
    return f"M{RIGHT} {TOP + SIDE}{''.join(steps)}V{TOP + SIDE}Z"
