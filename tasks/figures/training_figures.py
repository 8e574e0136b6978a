"""Figures of training: how a structure settled, and accuracy across retrainings."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from tasks.figures.style import GREEN, PALETTE, QUIET, blank, name_ends, positive, titles

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from greenlightning.structure.settling import SettlingHistory


def settling_figure(history: "SettlingHistory") -> "Figure":
    """Plot flip rate and weight change by epoch on a log scale, and the epoch at which the gates settled."""
    from matplotlib.ticker import MaxNLocator

    flips = [record.flip_rate for record in history.records]
    weights = [record.weight_change for record in history.records]
    epochs = np.arange(1, len(flips) + 1)
    settled = next((n for n in range(1, len(flips) + 1) if history.rule.settled(flips[:n])), None)
    figure, axes = blank(7.2, 4.2)
    axes.set_yscale("log", subs=[2, 5])
    for series, colour in ((flips, GREEN), (weights, PALETTE[1])):
        axes.plot(epochs, positive(series), color=colour, linewidth=2.2, marker="o", markersize=4)
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
    unsettled = (
        "More epochs no longer helped the solved model"
        if history.stopped_early
        else "The gates have not settled yet"
    )
    title = f"The gates settled at epoch {settled}" if settled else unsettled
    ratio = history.settling_ratio
    titles(axes, title, "" if ratio is None else f"settling ratio {ratio:.2g}: weights settle later when above 1")
    axes.set(xlabel="epoch", ylabel="change since the last epoch (log scale)")
    for formatter in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
        formatter(lambda value, _: f"{value:g}")
    axes.set_xlim(0.8, max(len(flips), 2) + 0.2)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    name_ends(axes, epochs[-1], {"flip rate": flips[-1], "weight change": weights[-1]}, PALETTE)
    return figure


def retrainings_figure(steps: Sequence[str], accuracy: Mapping[str, Sequence[float]]) -> "Figure":
    """Plot accuracy on the holdout after each retraining: one line a training method, ours first."""
    figure, axes = blank(7.6, 4.2)
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
    name_ends(axes, at[-1], {name: series[-1] for name, series in accuracy.items()}, PALETTE)
    axes.set_xticks(at, steps)
    axes.set_ylabel("accuracy on the holdout")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.3f}")
    titles(axes, "Accuracy across retrainings", "")
    return figure
