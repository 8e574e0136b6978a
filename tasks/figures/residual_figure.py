"""Figure of a regressor's errors: predicted against actual targets, and residuals against predictions."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.figures.svg import LETTER, render_svg

POINTS, TICKS = 1_000, 4
SIDE, TOP, GAP, EDGE = 320, 64, 96, 24
"""Pixels: the side of a panel, the space for the title, that left of a panel, and the margin."""
Floats = NDArray[np.float64]


def residual_figure(actual: Floats, predicted: Floats, r2: float) -> str:
    """Draw predictions (n,) of targets (n,) and what is left, as SVG; of many rows 1,000 are drawn at random."""
    chosen = np.random.default_rng(0).permutation(len(actual))[:POINTS]
    truth, answer = actual[chosen], predicted[chosen]
    drawn = f", {POINTS:,} of them drawn" if len(actual) > POINTS else ""
    both, rest = np.concatenate([truth, answer]), answer - truth
    panels = [
        _panel(0, (truth, both), (answer, both), ("actual", "predicted")),
        _panel(1, (answer, answer), (rest, np.append(rest, 0.0)), ("predicted", "predicted less actual")),
    ]
    return render_svg(
        "residuals",
        2 * (GAP + SIDE) + EDGE + 3 * LETTER,
        TOP + SIDE + 56,
        top=TOP,
        side=SIDE,
        panels=panels,
        title=f"R² {r2:.3f}",
        subtitle=f"{len(actual):,} rows of the holdout{drawn}",
    )


def _panel(
    place: int, x: tuple[Floats, Floats], y: tuple[Floats, Floats], names: tuple[str, str]
) -> Mapping[str, Any]:
    """Points, ticks and the line of no error; of ``x`` and ``y`` the second array spans the axis."""
    left = GAP + place * (GAP + SIDE)
    (x_low, x_high), (y_low, y_high) = _span(x[1]), _span(y[1])

    def across(values: Floats) -> Floats:
        return np.asarray(left + SIDE * (values - x_low) / (x_high - x_low)).round(1)

    def down(values: Floats) -> Floats:
        return np.asarray(TOP + SIDE * (y_high - values) / (y_high - y_low)).round(1)

    ends = np.array([x_low, x_high])
    line = down(ends if place == 0 else np.zeros(2))
    return {
        "left": left,
        "points": list(zip(across(x[0]).tolist(), down(y[0]).tolist(), strict=True)),
        "below": _ticks(x_low, x_high, across),
        "beside": _ticks(y_low, y_high, down),
        "line": (left, line[0], left + SIDE, line[1]),
        "x": names[0],
        "y": names[1],
    }


def _span(values: Floats) -> tuple[float, float]:
    """The ends of an axis: those of the values, with a little room."""
    low, high = float(values.min()), float(values.max())
    room = 0.04 * (high - low) or abs(high) or 1.0
    return low - room, high + room


def _ticks(low: float, high: float, place: Any) -> list[tuple[float, str]]:
    """Round numbers within an axis, with their places."""
    step = 10 ** np.floor(np.log10((high - low) / TICKS))
    step *= next(factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= TICKS + 1)
    values = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
    return [(at, f"{value:.4g}") for at, value in zip(place(values).tolist(), values.tolist(), strict=True)]
