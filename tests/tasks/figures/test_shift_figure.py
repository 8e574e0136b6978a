"""The figure of columns that moved."""

from tasks.figures.shift_figure import Shift, shift_figure
from tests.helpers.figures import assert_svg_readable, svg_texts

NUMBERS = Shift("pixel_37", 0.244, [0.5] * 24, [0.1] * 24, ("0", "16"))
WORDS = Shift("a column with a name that is far too long for it", 0.3, [0.9, 0.1], [0.5, 0.5], ("red", "blue"))


def test_each_column_has_its_distance_and_the_ends_or_values_of_its_axis() -> None:
    figure = shift_figure([NUMBERS, WORDS, NUMBERS], "a-file-with-a-long-name-that-somebody-has-exported.parquet")
    texts = svg_texts(figure)
    assert "pixel_37  0.24" in texts and {"0", "16", "red", "blue", "the base"} <= set(texts)
    assert_svg_readable(figure)
    assert figure.count("<rect") == 1 + 2 + 2 * 48 + 4


def test_pictures_follow_the_dark_scheme_of_the_screen() -> None:
    assert "prefers-color-scheme: dark" in shift_figure([NUMBERS], "may.csv")
