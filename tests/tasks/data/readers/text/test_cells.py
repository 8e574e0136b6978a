"""A column is numbers where every cell spells one; what a number would change stays text."""

import math

import pyarrow as pa
import pytest

from tasks.data.readers.text.cells import MISSING, Sign, numbers_of, numbers_with, stripped


def column(*cells: str | None) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(cells, pa.string())])


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (("1", "-2"), [1, -2]),
        (("+1", "-0"), [1.0, -0.0]),
        (("1e3", ".5"), [1000.0, 0.5]),
        (("1", None), [1.0, None]),
        (("9223372036854775807", "1"), [2**63 - 1, 1]),
        (("9007199254740993", None), [2**53 + 1, None]),
    ],
)
def test_numbers_are_whole_where_they_can_be(cells: tuple[str | None, ...], values: list[float | None]) -> None:
    found = numbers_of(column(*cells)).to_pylist()
    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]


@pytest.mark.parametrize(
    "cells",
    [("18446744073709551616", "1"), ("007", "12"), ("1", "two"), ("true", "false"), ("2026-01-01",), (" 1",)],
)
def test_what_a_number_would_change_is_none(cells: tuple[str, ...]) -> None:
    assert numbers_of(column(*cells)) is None


def test_minus_zero_keeps_its_sign() -> None:
    assert math.copysign(1, numbers_of(column("-0", "1")).to_pylist()[0]) == -1


@pytest.mark.parametrize(
    ("cell", "sign", "value"),
    [
        ("1,234.5", Sign.POINT, 1234.5),
        ("1.234,5", Sign.COMMA, 1234.5),
        ("1'234", Sign.POINT, 1234),
        ("-0,5", Sign.COMMA, -0.5),
        ("1,5e-3", Sign.COMMA, 0.0015),
        ("12,34", Sign.POINT, None),
        ("1,2,3", Sign.COMMA, None),
        ("-", Sign.POINT, None),
    ],
)
def test_thousands_may_be_grouped(cell: str, sign: Sign, value: float | None) -> None:
    found = numbers_with(column(cell), sign)
    assert (None if found is None else found.to_pylist()[0]) == value


def test_blanks_and_missing_words_go() -> None:
    assert stripped(column(" a b ", " ", "None", "\u00a0x"), MISSING).to_pylist() == ["a b", None, None, "x"]
