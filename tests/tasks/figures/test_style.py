"""The common style of the figures."""

import numpy as np
import pytest

from tasks.figures.style import blank, joules_text, name_ends, positive


@pytest.mark.parametrize(
    ("joules", "text"),
    [(2.5e6, "2.5 MJ"), (1830.0, "1.83 kJ"), (41.24, "41.2 J"), (0.8, "800 mJ"), (0.0, "0 J"), (2e-5, "2e-05 J")],
)
def test_joules_have_three_figures_and_a_prefix(joules: float, text: str) -> None:
    assert joules_text(joules) == text


def test_values_without_a_logarithm_become_gaps() -> None:
    assert np.isnan(positive([1.0, 0.0, -1.0])).tolist() == [False, True, True]


def test_names_of_lines_that_end_alike_are_pushed_apart() -> None:
    _, axes = blank(4, 3)
    axes.plot([0, 1], [0, 1])
    name_ends(axes, 1, {"one": 0.5, "two": 0.5, "three": 0.5}, ["#000", "#111", "#222"])
    heights = sorted(text.xy[1] for text in axes.texts)
    assert min(np.diff(heights)) > 0.055
