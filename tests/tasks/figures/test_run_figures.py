"""The figures of each run: confusion matrix and energy."""

import numpy as np
import pytest

from tasks.figures.run_figures import confusion_figure, energy_figure
from tests.helpers.figures import assert_svg_readable, svg_texts

FIGURES = {
    "digits": confusion_figure(np.diag(np.arange(10)) + 1, range(10)),
    "names": confusion_figure([[5, 1], [0, 7]], ["a very long name", "another <long> one"]),
    "many": confusion_figure(np.eye(120, dtype=int), range(120)),
    "energy": energy_figure({"GreenLightning": 41.2, "conventional": 1830.0}, "measured:rapl"),
    "no energy": energy_figure({"GreenLightning": 0.0, "conventional": 0.0}, "estimated:cpu"),
}


@pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)
def test_no_text_is_cut_off(figure: str) -> None:
    assert_svg_readable(figure)


def test_confusion_counts_the_correct_rows_and_escapes_the_names_of_classes() -> None:
    assert {"92.3% correct", "12 of 13 rows of the holdout", "5", "7", "1", "another <long> one"} <= set(
        svg_texts(FIGURES["names"])
    )


def test_of_many_classes_every_fourth_is_named_and_no_cell_numbered() -> None:
    found = svg_texts(FIGURES["many"])
    assert [text for text in found if text.isdecimal()][:4] == ["0", "0", "4", "4"]
    assert len(found) == 2 + 2 * 30 + 2


def test_energy_names_its_source_and_how_much_more_the_other_spent() -> None:
    found = svg_texts(FIGURES["energy"])
    assert "energy in joules (measured:rapl)" in found
    assert {"41.2 J", "1.83 kJ, 44.4 × ours"} <= set(found)
