"""Pictures of a run: matplotlib figures without global state, one palette, every line named where it ends."""

from collections.abc import Mapping, Sequence
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from greenlightning.settling import SettlingHistory

INK = "#1d2b22"
QUIET = "#68776d"
FAINT = "#e3eae4"
GREEN = "#1b7f3b"
PALETTE = (GREEN, "#7d837f", "#58ab74", "#a88f3f", "#3f8f8a")
GREENS = ("#ffffff", "#d9efdd", "#7cc08f", "#1b7f3b", "#0c4a22")
NUMBERED_CLASSES = 30
LABEL_GAP = 0.06
ROUNDS = 40


def settling_figure(history: "SettlingHistory") -> "Figure":
    """Flip rate beside weight change over the epochs, log scale, and the epoch at which the gates settled."""
    from matplotlib.ticker import MaxNLocator

    flips = [record.flip_rate for record in history.records]
    weights = [record.weight_change for record in history.records]
    epochs = np.arange(1, len(flips) + 1)
    settled = next((n for n in range(1, len(flips) + 1) if history.rule.settled(flips[:n])), None)
    figure, axes = _blank(7.2, 4.2)
    axes.set_yscale("log", subs=[2, 5])
    for series, colour in ((flips, GREEN), (weights, PALETTE[1])):
        axes.plot(epochs, _positive(series), color=colour, linewidth=2.2, marker="o", markersize=4)
    axes.axhline(history.rule.tolerance, color=QUIET, linewidth=1, linestyle=":")
    axes.annotate(
        f"settled below {history.rule.tolerance:g}",
        (epochs[0], history.rule.tolerance),
        (0, 4),
        textcoords="offset points",
        color=QUIET,
        fontsize=9,
    )
    if settled:
        axes.axvline(settled, color=GREEN, linewidth=1.2, linestyle="--")
    title = f"The gates settled at epoch {settled}" if settled else "The gates have not settled yet"
    ratio = history.settling_ratio
    _titles(axes, title, "" if ratio is None else f"settling ratio {ratio:.2g}: weights settle later when above 1")
    axes.set(xlabel="epoch", ylabel="change since the last epoch (log scale)")
    for formatter in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
        formatter(lambda value, _: f"{value:g}")
    axes.set_xlim(0.8, max(len(flips), 2) + 0.2)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _name_ends(axes, epochs[-1], {"flip rate": flips[-1], "weight change": weights[-1]}, PALETTE)
    return figure


def confusion_figure(counts: ArrayLike, classes: Sequence[object]) -> "Figure":
    """Confusion matrix ``counts`` (k, k), true by predicted class, shaded by share of the true class."""
    from matplotlib.colors import LinearSegmentedColormap, PowerNorm

    table: NDArray[np.int64] = np.asarray(counts, dtype=np.int64)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    k = len(classes)
    side = float(np.clip(2.6 + 0.42 * k, 4.2, 13.0))
    figure, axes = _blank(side, side)
    shades = LinearSegmentedColormap.from_list("greens", GREENS)
    axes.imshow(shares, cmap=shades, norm=PowerNorm(0.5, 0.0, 1.0))
    if k <= NUMBERED_CLASSES:
        _number_cells(axes, table, shares)
    step = -(-k // NUMBERED_CLASSES)
    names = [str(label) for label in classes[::step]]
    turned = max(map(len, names)) > 4
    axes.set_xticks(range(0, k, step), names, rotation=45 if turned else 0, ha="right" if turned else "center")
    axes.set_yticks(range(0, k, step), names)
    axes.tick_params(length=0)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.set(xlabel="predicted", ylabel="true")
    right = int(np.trace(table))
    accuracy = right / max(int(table.sum()), 1)
    _titles(axes, f"{accuracy:.1%} right", f"{right:,} of {int(table.sum()):,} rows of the holdout")
    return figure


def _number_cells(axes: "Axes", table: NDArray[np.int64], shares: NDArray[np.float64]) -> None:
    for (row, column), count in np.ndenumerate(table):
        if count:
            colour = "white" if shares[row, column] > 0.4 else INK
            axes.text(column, row, f"{count:,}", ha="center", va="center", color=colour, fontsize=9)


def energy_figure(joules: Mapping[str, float], source: str) -> "Figure":
    """Energy in joules of each way to take in the new data, ours first, with how it is known on the axis."""
    figure, axes = _blank(7.2, 1.5 + 0.62 * len(joules))
    names, values = list(joules), list(joules.values())
    colours = [GREEN, *[PALETTE[1]] * (len(names) - 1)]
    axes.barh(names, values, color=colours, height=0.62)
    for row, value in enumerate(values):
        more = f"   {value / values[0]:,.3g} × ours" if row and values[0] > 0 else ""
        axes.annotate(
            f"{_joules(value)}{more}",
            (value, row),
            (6, 0),
            textcoords="offset points",
            va="center",
            color=INK,
        )
    axes.invert_yaxis()
    axes.margins(x=0.02)
    axes.set_xlim(left=0.0)
    axes.tick_params(axis="y", length=0, labelsize=10)
    axes.grid(False, axis="y")
    axes.locator_params(axis="x", nbins=6)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    axes.set_xlabel(f"energy in joules ({source})")
    _titles(axes, "Energy to take in the new data", "")
    return figure


def _joules(value: float) -> str:
    """``value`` joules to three figures, with the prefix that suits it."""
    for size, unit in ((1e6, "MJ"), (1e3, "kJ"), (1.0, "J"), (1e-3, "mJ")):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.3g} J"


def retrainings_figure(steps: Sequence[str], accuracy: Mapping[str, Sequence[float]]) -> "Figure":
    """Accuracy on the holdout after each retraining: one line a way of training, ours first."""
    figure, axes = _blank(7.6, 4.2)
    at = np.arange(len(steps))
    for number, (series, colour) in enumerate(zip(accuracy.values(), PALETTE, strict=False)):
        ours = number == 0
        axes.plot(
            at,
            series,
            color=colour,
            linewidth=2.6 if ours else 1.8,
            marker="o",
            markersize=5,
            zorder=3 - ours,
        )
    _name_ends(axes, at[-1], {name: series[-1] for name, series in accuracy.items()}, PALETTE)
    axes.set_xticks(at, steps)
    axes.set_ylabel("accuracy on the holdout")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.3f}")
    _titles(axes, "Accuracy across retrainings", "")
    return figure


def _blank(width: float, height: float) -> tuple["Figure", "Axes"]:
    """A figure of that size in inches with one quiet axes."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(w_pad=0.14, h_pad=0.12)
    figure = Figure(figsize=(width, height), layout=layout, facecolor="white")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(QUIET)
    axes.tick_params(which="both", colors=QUIET, labelsize=9)
    axes.grid(color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.xaxis.label.set_color(QUIET)
    axes.yaxis.label.set_color(QUIET)
    return figure, axes


def _titles(axes: "Axes", title: str, subtitle: str) -> None:
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


def _positive(series: Sequence[float]) -> NDArray[np.float64]:
    """The series for a log scale: values that have no logarithm become gaps."""
    values = np.asarray(series, dtype=np.float64)
    return np.where(values > 0, values, np.nan)


def _name_ends(axes: "Axes", x: Any, ends: Mapping[str, float], colours: Sequence[str]) -> None:
    """Write each line's name right of its last point, pushed apart where two would touch."""
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
