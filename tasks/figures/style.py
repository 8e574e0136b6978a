"""The style of every figure: one palette, light axes, lines labelled at their ends; no global matplotlib state."""

from collections.abc import Mapping, Sequence
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tasks.core.energy_cost import EnergyCost

INK = "#1d2b22"
QUIET = "#68776d"
FAINT = "#e3eae4"
GREEN = "#1b7f3b"
PALETTE = (GREEN, "#7d837f", "#58ab74", "#a88f3f", "#3f8f8a")
LABEL_GAP = 0.06
ROUNDS = 40


def blank(width: float, height: float) -> tuple["Figure", "Axes"]:
    """A figure of that size (inches) with one axes in our style."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(w_pad=0.14, h_pad=0.12)
    figure = Figure(figsize=(width, height), layout=layout, facecolor="white")
    axes = figure.add_subplot()
    quiet(axes)
    return figure, axes


def quiet(axes: "Axes") -> None:
    """Hide two spines, and draw the others, the ticks and the grid in light colours."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(QUIET)
    axes.tick_params(which="both", colors=QUIET, labelsize=9)
    axes.grid(color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.xaxis.label.set_color(QUIET)
    axes.yaxis.label.set_color(QUIET)


def titles(axes: "Axes", title: str, subtitle: str) -> None:
    axes.set_title(title, loc="left", color=INK, fontsize=13, fontweight="bold", pad=24 if subtitle else 10)
    if subtitle:
        axes.annotate(
            subtitle,
            (0, 1),
            (0, 8),
            xycoords="axes fraction",
            textcoords="offset points",
            color=QUIET,
            fontsize=9.5,
        )


def positive(series: Sequence[float]) -> NDArray[np.float64]:
    """``series`` for a log scale: values without a logarithm become NaN, which plots as a gap."""
    values = np.asarray(series, dtype=np.float64)
    return np.where(values > 0, values, np.nan)


def name_ends(axes: "Axes", x: Any, ends: Mapping[str, float], colours: Sequence[str]) -> None:
    """Label each line at its last point; labels that would overlap are pushed apart."""
    axes.autoscale_view()
    in_axes = axes.transScale + axes.transLimits
    heights = {name: float(np.clip(in_axes.transform((x, y))[1], 0.0, 1.0)) for name, y in ends.items()}
    colour_of = dict(zip(ends, colours, strict=False))
    for _, (low, high) in product(range(ROUNDS), list(pairwise(sorted(heights, key=heights.__getitem__)))):
        push = max(0.0, LABEL_GAP - (heights[high] - heights[low])) / 2
        heights |= {low: heights[low] - push, high: heights[high] + push}
    for name, height in heights.items():
        axes.annotate(
            name,
            (x, height),
            (10, 0),
            xycoords=axes.get_xaxis_transform(),
            textcoords="offset points",
            va="center",
            color=colour_of[name],
            fontsize=10,
            fontweight="bold",
            annotation_clip=False,
        )


def joules_text(value: float) -> str:
    """``value`` joules to three figures, with an SI prefix."""
    for size, unit in ((1e6, "MJ"), (1e3, "kJ"), (1.0, "J"), (1e-3, "mJ")):
        if abs(value) >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.3g} J"


def joules_with_range(cost: "EnergyCost") -> str:
    """Joules; of an estimate, with their range."""
    within = f" ({joules_text(cost.within[0])} to {joules_text(cost.within[1])})" if cost.within else ""
    return f"{joules_text(cost.joules)}{within}"


def energy_text(cost: "EnergyCost") -> str:
    """Joules with their range, kilowatt-hours and grams of CO2e."""
    return f"{joules_with_range(cost)}, {cost.kwh:.3g} kWh, {cost.gco2e:.3g} g CO2e"
