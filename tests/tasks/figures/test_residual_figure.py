"""The figure of a regressor's errors: readable, to scale, and the same for the same numbers."""

import numpy as np
import pytest

from tasks.figures.residual_figure import residual_figure
from tests.helpers.figures import assert_svg_readable, svg_texts

RNG = np.random.default_rng(0)
TRUTH = RNG.normal(loc=150, scale=60, size=400)
FIGURES = {
    "some": residual_figure(TRUTH, TRUTH + RNG.normal(scale=20, size=400), 0.9),
    "many": residual_figure(np.arange(3000.0), np.arange(3000.0)[::-1], -3.0),
    "large": residual_figure(TRUTH * 1e6, TRUTH * 1e6, 1.0),
    "small": residual_figure(TRUTH * -1e-7, TRUTH * -1e-7, 1.0),
    "constant": residual_figure(np.full(3, 2.0), np.full(3, 2.0), float("nan")),
}


@pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)
def test_no_text_is_cut_off(figure: str) -> None:
    assert_svg_readable(figure)


def test_the_axes_are_named_and_the_rows_counted() -> None:
    assert {"R² 0.900", "400 rows of the holdout", "actual", "predicted", "predicted less actual"} <= set(
        svg_texts(FIGURES["some"])
    )
    assert FIGURES["some"].count("<circle") == 800


def test_of_many_rows_a_thousand_are_drawn_and_the_figure_says_so() -> None:
    assert "3,000 rows of the holdout, 1,000 of them drawn" in svg_texts(FIGURES["many"])
    assert FIGURES["many"].count("<circle") == 2000
