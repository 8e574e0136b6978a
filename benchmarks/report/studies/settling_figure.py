"""The study's picture: above, how gates and weights come to rest; below, the solved model and the network."""

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.core.records import Record, select
from benchmarks.study.decay import running_median
from tasks.figures.style import GREEN, QUIET, quiet, titles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE = "#0072B2"
DASHES = {"cosine": "-", "constant": ":"}
WIDTH, HEIGHT = 4.4, 3.3
EARLIEST = 1 / 32


def study_figure(records: list[Record]) -> "Figure":
    """Two panels a set: normalised change of one minibatch, and accuracy on held-out rows, by epochs."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    datasets = list(dict.fromkeys(record["dataset"] for record in records))
    figure = Figure(
        figsize=(WIDTH * len(datasets), 2 * HEIGHT), layout=ConstrainedLayoutEngine(), facecolor="white"
    )
    axes = figure.subplots(2, len(datasets), squeeze=False)
    for (above, below), dataset in zip(axes.T, datasets, strict=True):
        mine = select(records, dataset=dataset)
        _changes(above, mine)
        _accuracies(below, mine)
        titles(above, dataset, "")
    axes[0][0].set_ylabel("change by one minibatch,\nshare of its largest")
    axes[1][0].set_ylabel("accuracy on held-out rows")
    for row in axes:
        row[0].legend(frameon=False, fontsize=8)
    return figure


def _changes(place: "Axes", records: list[Record]) -> None:
    quiet(place)
    for schedule, dashes in DASHES.items():
        runs = [record["changes"] for record in select(records, schedule=schedule)]
        for column, name, colour in ((1, "gates", GREEN), (2, "weights", BLUE)):
            lines = [_normal([float(np.mean(change[column])) for change in run]) for run in runs]
            if lines:
                epochs = [change[0] for change in runs[0]]
                place.plot(epochs, np.mean(lines, axis=0), dashes, color=colour, label=f"{name}, {schedule} rate")
    place.set(yscale="log", ylim=(3e-3, 1.3), xlabel="epochs")


def _normal(series: list[float]) -> "np.ndarray":
    smooth = running_median(series, 5)
    return smooth / smooth.max()


def _accuracies(place: "Axes", records: list[Record]) -> None:
    quiet(place)
    for schedule, dashes in DASHES.items():
        runs = [record["solved"]["paths"] for record in select(records, schedule=schedule)]
        for key, name, colour in (("held", "solved model", GREEN), ("network", "network", BLUE)):
            if runs:
                epochs = [max(moment["epoch"], EARLIEST) for moment in runs[0]]
                mean = np.mean([[moment[key] for moment in run] for run in runs], axis=0)
                place.plot(epochs, mean, dashes, color=colour, label=f"{name}, {schedule} rate")
    controls = [record["controls"]["random gates"]["held"] for record in records]
    place.axhline(float(np.mean(controls)), color=QUIET, linestyle="--", linewidth=1, label="random gates")
    end = max(record["solved"]["paths"][-1]["held"] for record in records)
    place.set(xscale="log", xlabel="epochs of training (first point: none)", ylim=(end - 0.12, end + 0.01))
