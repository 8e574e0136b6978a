"""A column is numbers where every cell spells one; what a number would change stays text."""

import math

import pyarrow as pa
import pytest

from tasks.data.readers.cells import MISSING_LABELS, values_of


def column(*cells: str | None) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(cells, pa.string())])


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (("1", "-2"), [1, -2]),
        (("+1", "-0"), [1.0, -0.0]),
        (("1e3", ".5"), [1000.0, 0.5]),
        ((" 1", "2 "), [1, 2]),
        (("1", None, "NA"), [1.0, None, None]),
        (("9223372036854775807", "1"), [2**63 - 1, 1]),
        (("9007199254740993", None), [2**53 + 1, None]),
        (("18446744073709551616", "1"), ["18446744073709551616", "1"]),
        (("007", "12"), ["007", "12"]),
        (("1", "two"), ["1", "two"]),
        ((" a b ", " ", "None"), ["a b", None, None]),
        (("true", "false"), ["true", "false"]),
        (("2026-01-01", "12:30"), ["2026-01-01", "12:30"]),
    ],
)
def test_a_column_is_numbers_or_text(cells: tuple[str | None, ...], values: list[object]) -> None:
    found = values_of(column(*cells)).to_pylist()
    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]


def test_minus_zero_keeps_its_sign() -> None:
    assert math.copysign(1, values_of(column("-0", "1")).to_pylist()[0]) == -1


def test_a_label_may_be_called_none() -> None:
    assert values_of(column("None", "NA", "NULL", ""), MISSING_LABELS).to_pylist() == ["None", "NA", None, None]
