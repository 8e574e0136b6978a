"""Ranks of learners over sets: Friedman's average ranks, Nemenyi's critical difference, and their picture."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata, studentized_range

from benchmarks.report.looks import GREEN, panels
from tasks.figures.style import INK, QUIET

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEVEL = 0.95


@dataclass(frozen=True)
class Ranks:
    """Average rank of each learner over N sets, the best first; differences below ``critical`` may be chance [1].

    [1] Demšar, "Statistical Comparisons of Classifiers over Multiple Data Sets", JMLR 7, 2006.
    """

    names: tuple[str, ...]
    average: tuple[float, ...]
    critical: float
    sets: int

    @classmethod
    def of(cls, names: list[str], scores: NDArray[np.float64]) -> "Ranks":
        """Rank ``scores`` (sets, learners), of which more is better; equal scores share their ranks."""
        n, k = scores.shape
        average = rankdata(-scores, axis=1).mean(axis=0)
        order = np.argsort(average, kind="stable")
        width = float(studentized_range.ppf(LEVEL, k, np.inf)) / np.sqrt(2) * np.sqrt(k * (k + 1) / (6 * n))
        return cls(tuple(names[i] for i in order), tuple(average[order].tolist()), float(width), n)

    def alike(self) -> list[tuple[int, int]]:
        """First and last of each longest run of learners that do not differ significantly."""
        last = [max(j for j, r in enumerate(self.average) if r - first <= self.critical) for first in self.average]
        runs = [(i, j) for i, j in enumerate(last) if j > i]
        return [run for run in runs if not any(o != run and o[0] <= run[0] and run[1] <= o[1] for o in runs)]


def difference_figure(ranks: Ranks, title: str, ours: str) -> "Figure":
    """Learners on the axis of average ranks, the best on the left; bars join those that do not differ."""
    figure, [place] = panels(1, 9.6, 0.34 * len(ranks.names) + 1.6)
    place.grid(False)
    for spine in place.spines.values():
        spine.set_visible(False)
    rows = range(len(ranks.names))
    for row, (name, rank) in enumerate(zip(ranks.names, ranks.average, strict=True)):
        colour = GREEN if name == ours else INK
        place.plot([rank, rank], [0, row + 1], color=QUIET, linewidth=0.8)
        place.plot([rank], [row + 1], "o", color=colour, markersize=6)
        place.annotate(
            f"{name}  {rank:.2f}",
            (rank, row + 1),
            (8, 0),
            textcoords="offset points",
            va="center",
            color=colour,
            fontsize=9.5,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        )
    for level, (first, last) in enumerate(ranks.alike()):
        height = -0.35 - 0.3 * level
        place.plot([ranks.average[first], ranks.average[last]], [height] * 2, color=INK, linewidth=3)
    place.set_ylim(max(rows) + 1.8, -1.6 - 0.3 * len(ranks.alike()))
    place.set_xlim(min(ranks.average) - 0.3, max(ranks.average) + 1.6)
    place.set_yticks([])
    place.xaxis.tick_top()
    place.set_title(
        f"{title}: average rank over {ranks.sets} sets, critical difference {ranks.critical:.2f}",
        color=INK,
        fontsize=11,
        loc="left",
        pad=14,
    )
    return figure
