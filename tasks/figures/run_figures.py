"""Figures of a run that makes a version: confusion matrix, and energy beside a network trained from scratch."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tasks.figures.style import joules_text
from tasks.figures.svg import LETTER, render_svg

NUMBERED_CLASSES = 30
CELL, SIDE = 42, 1200
TOP, EDGE = 64, 24
"""Pixels: a cell, the longest side of a confusion matrix, the space for the title, and the margin."""


def confusion_figure(counts: ArrayLike, classes: Sequence[object]) -> str:
    """Draw the confusion matrix ``counts`` (k, k), true by predicted class, as SVG; shades are shares of a row."""
    table: NDArray[np.int64] = np.asarray(counts, dtype=np.int64)
    shares = np.sqrt(table / np.maximum(table.sum(axis=1, keepdims=True), 1)).round(3)
    k = len(classes)
    cell, step = min(CELL, SIDE / k), -(-k // NUMBERED_CLASSES)
    names = [(cell * (n + 0.5), str(label)) for n, label in enumerate(classes)][::step]
    longest = max(len(name) for _, name in names) * LETTER
    turned = -45 if longest > CELL else 0
    left, side, correct = EDGE + 16 + longest, cell * k, int(np.trace(table))
    title = f"{correct / max(int(table.sum()), 1):.1%} correct"
    subtitle = f"{correct:,} of {int(table.sum()):,} rows of the holdout"
    return render_svg(
        "confusion",
        max(left + side, left + len(subtitle) * LETTER) + EDGE,
        TOP + side + (0.71 * longest if turned else 0) + 50,
        left=left,
        top=TOP,
        side=side,
        cell=cell,
        names=names,
        turned=turned,
        title=title,
        subtitle=subtitle,
        cells=[
            (left + column * cell, TOP + row * cell, share, f"{table[row, column]:,}" if step == 1 else "")
            for (row, column), share in np.ndenumerate(shares)
            if share
        ],
    )


def energy_figure(joules: Mapping[str, float], source: str) -> str:
    """Draw the energy (J) of each way to learn the new data as SVG bars, ours first, and name its source."""
    ours, most = next(iter(joules.values())), max(joules.values())
    bars = []
    for row, (name, value) in enumerate(joules.items()):
        more = f", {value / ours:,.3g} × ours" if row and ours > 0 else ""
        bars.append((TOP + 44 * row, name, 420 * value / most if most > 0 else 0, f"{joules_text(value)}{more}"))
    left = EDGE + 10 + LETTER * max(map(len, joules))
    width = max(left + 420 + 8 + LETTER * 30, left + LETTER * (len(source) + 20)) + EDGE
    return render_svg("energy", width, TOP + 44 * len(bars) + 36, left=left, bars=bars, source=source)
