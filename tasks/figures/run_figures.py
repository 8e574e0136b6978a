"""Pictures of every run that makes a version: who was taken for whom, and what it cost beside a network anew."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tasks.figures.style import joules_text
from tasks.figures.svg import LETTER, drawn

NUMBERED_CLASSES = 30
CELL, SIDE = 42, 1200
TOP, EDGE = 64, 24
"""Pixels: of a cell, of the longest side of a confusion matrix, above a picture for its title, and around it."""

CONFUSION = """\
{{ heading(left, title, subtitle) }}
{% for x, y, share, count in cells %}
<rect x="{{ x }}" y="{{ y }}" width="{{ cell }}" height="{{ cell }}" \
fill="{{ green }}" fill-opacity="{{ share }}"/>
{% if count %}
<text x="{{ x + cell / 2 }}" y="{{ y + cell / 2 + 4 }}" text-anchor="middle" \
fill="{{ '#fff' if share > 0.63 else ink }}">{{ count }}</text>
{% endif %}
{% endfor %}
<rect x="{{ left }}" y="{{ top }}" width="{{ side }}" height="{{ side }}" fill="none" stroke="{{ faint }}"/>
{% for at, name in names %}
{{ label(left - 8, top + at + 4, name, "end") }}
{{ label(left + at, top + side + 18, name, "end" if turned else "middle", turned) }}
{% endfor %}
{{ label(left + side / 2, height - 10, "predicted") }}
{{ label(16, top + side / 2, "true", "middle", -90) }}
"""

ENERGY = """\
{{ heading(left, "Energy to take in the new data", "") }}
{% for y, name, length, text in bars %}
{{ label(left - 10, y + 21, name, "end") }}
<rect x="{{ left }}" y="{{ y }}" width="{{ length }}" height="32" fill="{{ green if loop.first else grey }}"/>
<text x="{{ left + length + 8 }}" y="{{ y + 21 }}" fill="{{ ink }}">{{ text }}</text>
{% endfor %}
{{ label(left, height - 12, "energy in joules (" ~ source ~ ")", "start") }}
"""


def confusion_picture(counts: ArrayLike, classes: Sequence[object]) -> str:
    """Confusion matrix ``counts`` (k, k), true by predicted class, shaded by share of the true class."""
    table: NDArray[np.int64] = np.asarray(counts, dtype=np.int64)
    shares = np.sqrt(table / np.maximum(table.sum(axis=1, keepdims=True), 1)).round(3)
    k = len(classes)
    cell, step = min(CELL, SIDE / k), -(-k // NUMBERED_CLASSES)
    names = [(cell * (n + 0.5), str(label)) for n, label in enumerate(classes)][::step]
    longest = max(len(name) for _, name in names) * LETTER
    turned = -45 if longest > CELL else 0
    left, side, right = EDGE + 16 + longest, cell * k, int(np.trace(table))
    title = f"{right / max(int(table.sum()), 1):.1%} right"
    subtitle = f"{right:,} of {int(table.sum()):,} rows of the holdout"
    return drawn(
        CONFUSION,
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


def energy_picture(joules: Mapping[str, float], source: str) -> str:
    """Energy in joules of each way to take in the new data, ours first, with how it is known below."""
    ours, most = next(iter(joules.values())), max(joules.values())
    bars = []
    for row, (name, value) in enumerate(joules.items()):
        more = f", {value / ours:,.3g} × ours" if row and ours > 0 else ""
        bars.append((TOP + 44 * row, name, 420 * value / most if most > 0 else 0, f"{joules_text(value)}{more}"))
    left = EDGE + 10 + LETTER * max(map(len, joules))
    width = max(left + 420 + 8 + LETTER * 30, left + LETTER * (len(source) + 20)) + EDGE
    return drawn(ENERGY, width, TOP + 44 * len(bars) + 36, left=left, bars=bars, source=source)
