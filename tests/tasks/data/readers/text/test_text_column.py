"""A column of text knows the numbers that it may spell."""

from pathlib import Path

import pyarrow as pa
import pytest

from tasks.data.readers.text.cells import Sign
from tasks.data.readers.text.text_column import TextColumn
from tests.helpers.source_files import refusal


def column(*cells: str | None, is_label: bool = False) -> TextColumn:
    return TextColumn(Path("a.csv"), "a", pa.chunked_array([pa.array(cells, pa.string())]), is_label)


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (("1", "-2"), [1, -2]),
        ((" 1", "2 "), [1, 2]),
        (("1", None, "NA"), [1.0, None, None]),
        (("1.5", "?"), [1.5, None]),
        (("1", "two"), None),
        ((" ", "NA"), None),
    ],
)
def test_plain_numbers(cells: tuple[str, ...], values: list[float] | None) -> None:
    plain = column(*cells).plain
    assert (plain if plain is None else plain.to_pylist()) == values


def test_the_decimal_sign_decides() -> None:
    both = column("1,234", "5,678")
    assert both.with_sign(Sign.POINT).to_pylist() == [1234, 5678]
    assert both.with_sign(Sign.COMMA).to_pylist() == [1.234, 5.678]
    assert column("1,5").with_sign(Sign.POINT) is None


def test_a_label_may_be_called_none() -> None:
    words = ("None", "NA", "NULL", " ")
    assert column(*words, "x", is_label=True).text.to_pylist() == ["None", "NA", None, None, "x"]
    assert column(*words, "x").text.to_pylist() == [None, None, None, None, "x"]


def test_a_column_without_values_is_numeric() -> None:
    assert column(None, "NA").text.to_pylist() == [None, None]
    assert pa.types.is_floating(column(None, "NA").text.type)


def test_numbers_beyond_every_range_are_refused_with_their_row() -> None:
    large = column("1.5", "1e999")
    assert "Row 2, column 'a' of a.csv" in refusal(large.checked, large.plain)
    spelled = column("inf", "-Infinity")
    assert spelled.checked(spelled.plain).to_pylist() == [float("inf"), -float("inf")]
