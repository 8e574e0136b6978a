"""Figures of a dataset's history: accuracy, energy against conventional retraining, calibration."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tasks.figures.style import GREEN, PALETTE, QUIET, blank, joules_text, name_ends, positive, titles
from tasks.reporting.history import CONVENTIONAL
from tasks.reporting.spending import OURS as LEARNING
from tasks.reporting.spending import SCRATCH, WHOLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from greenlightning.evaluation.calibration import Reliability
    from tasks.reporting.history import HistoryEntry
    from tasks.reporting.spending import Spending

OURS = "GreenLightning"
PREQUENTIAL = "predicted before learning"
TICKS = 12
COLOURS = {LEARNING: GREEN, WHOLE: GREEN, SCRATCH: PALETTE[1]}


def accuracy_figure(history: "Sequence[HistoryEntry]") -> "Figure":
    """Plot accuracy on the holdout and before learning by version, with baselines; hollow points never served."""
    figure, axes = blank(7.6, 4.2)
    ends = {}
    for (name, points), colour in zip(_accuracies(history).items(), PALETTE, strict=False):
        places, values, served = zip(*points, strict=True)
        ours = name == OURS
        axes.plot(places, values, color=colour, linewidth=2.6 if ours else 1.8, zorder=3 - ours)
        faces = [colour if one else "white" for one in served]
        axes.scatter(places, values, 36, color=faces, edgecolors=colour, linewidths=1.6, zorder=4)
        ends[name] = values[-1]
    name_ends(axes, len(history) - 1, ends, PALETTE)
    _name_versions(axes, history)
    name = history[-1].score_name
    axes.set_ylabel(f"{name} on the holdout" if PREQUENTIAL not in ends else name)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.3f}")
    titles(
        axes,
        f"{name[0].upper()}{name[1:]} over time",
        "" if all(one.served for one in history) else "hollow: never served",
    )
    return figure


def _accuracies(history: "Sequence[HistoryEntry]") -> dict[str, list[tuple[int, float, bool]]]:
    """Points by method, ours first: place in the history, accuracy, and whether the version served."""
    found: dict[str, list[tuple[int, float, bool]]] = {OURS: [], CONVENTIONAL: []}
    for at, one in enumerate(history):
        for method, measured in {OURS: one.ours, **one.references}.items():
            if measured.score is not None:
                found.setdefault(method, []).append((at, measured.score, one.served or method != OURS))
        if one.prequential is not None:
            found.setdefault(PREQUENTIAL, []).append((at, one.prequential, True))
    return {method: points for method, points in found.items() if points}


def spending_figure(spending: "Spending") -> "Figure":
    """Plot the joules of each method so far by version, on a log scale, and mark where ours broke even."""
    figure, axes = blank(7.6, 4.2)
    others = iter(PALETTE[2:])
    colours = [COLOURS.get(name) or next(others, QUIET) for name in spending.methods]
    ends = {}
    for (name, costs), colour in zip(spending.methods.items(), colours, strict=True):
        joules = [cost.joules for cost in costs]
        line = "--" if name == WHOLE else "-"
        axes.plot(positive(joules), color=colour, linewidth=2.4, linestyle=line, marker="o", markersize=5)
        if any(cost.within for cost in costs):
            least, most = zip(*(cost.bounds for cost in costs), strict=True)
            axes.fill_between(range(len(costs)), positive(least), positive(most), color=colour, alpha=0.15)
        ends[f"{name} {joules_text(joules[-1])}"] = joules[-1]
    if min(ends.values()) > 0:
        axes.set_yscale("log")
    versions = [one.version for one in spending.versions]
    if spending.break_even is not None:
        axes.axvline(versions.index(spending.break_even), color=QUIET, linewidth=1.2, linestyle=":")
    name_ends(axes, len(versions) - 1, ends, colours)
    _name_versions(axes, spending.versions)
    axes.set_ylabel("joules so far (log scale)" if axes.get_yscale() == "log" else "joules so far")
    axes.yaxis.set_major_formatter(lambda value, _: joules_text(value))
    axes.yaxis.set_minor_formatter(lambda value, _: joules_text(value) if f"{value:e}"[0] in "25" else "")
    titles(axes, "Energy from the first training on", break_even_text(spending))
    return figure


def break_even_text(spending: "Spending") -> str:
    """From which version on ours had spent less, in words."""
    if SCRATCH not in spending.methods:
        return "no conventional training was measured or estimated"
    if spending.break_even is None:
        return "learning has not broken even yet"
    return f"learning broke even at version {spending.break_even}"


def reliability_figure(found: "Reliability", before: "Reliability | None" = None) -> "Figure":
    """Plot the share of correct predictions by confidence; a point's area grows with its rows.

    What it was ``before`` calibration is drawn as hollow points.
    """
    figure, axes = blank(4.8, 4.6)
    axes.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle=":")
    axes.vlines(found.confidence, found.confidence, found.accuracy, color=PALETTE[2], linewidth=1.6)
    axes.scatter(found.confidence, found.accuracy, 16 + 240 * found.rows / found.rows.sum(), color=GREEN, zorder=3)
    subtitle = f"{found.rows.sum():,} rows of the holdout"
    if before:
        areas = 16 + 240 * before.rows / before.rows.sum()
        axes.scatter(before.confidence, before.accuracy, areas, facecolors="none", edgecolors=PALETTE[1], zorder=2)
        subtitle += f"; {before.ece:.3f} before calibration (hollow)"
    axes.set(xlim=(0, 1.02), ylim=(0, 1.04), xlabel="confidence", ylabel="share correct")
    titles(axes, f"Expected calibration error {found.ece:.3f}", subtitle)
    return figure


def _name_versions(axes: "Axes", history: "Sequence[HistoryEntry]") -> None:
    """Label at most twelve versions on the x axis, each with its day where the day changes."""
    shown = np.unique(np.linspace(0, len(history) - 1, min(TICKS, len(history))).round().astype(int))
    days = [history[at].created[:10] for at in shown]
    new = [place == 0 or day != days[place - 1] for place, day in enumerate(days)]
    names = [
        f"{history[at].version}" + (f"\n{day[5:]}" if first else "")
        for at, day, first in zip(shown, days, new, strict=True)
    ]
    axes.set_xticks(shown, names)
    axes.set_xlabel("version")
