"""The columns of a file share one decimal sign, unless a column leaves no choice."""

from pathlib import Path

import pyarrow as pa
import pytest

from tasks.data.readers.text.cells import Sign
from tasks.data.readers.text.columns import columns_of
from tasks.data.readers.text.text_column import TextColumn


def values(separator: str, *columns: tuple[str, ...], decimal: Sign | None = None) -> list[list[object]]:
    texts = [
        TextColumn(Path("a.csv"), f"c{number}", pa.chunked_array([pa.array(cells, pa.string())]))
        for number, cells in enumerate(columns)
    ]
    return [found.to_pylist() for found in columns_of(texts, separator, decimal).columns]


@pytest.mark.parametrize(
    ("separator", "columns", "expected"),
    [
        (",", [("1.5", "2")], [[1.5, 2.0]]),
        (";", [("1,5", "2")], [[1.5, 2.0]]),
        (";", [("1,5", "2,5"), ("1.234", "5.678")], [[1.5, 2.5], [1234, 5678]]),
        (";", [("1,234", "5,678")], [[1.234, 5.678]]),
        (",", [("1,234", "5,678")], [[1234, 5678]]),
        (";", [("1.234", "5.678")], [[1.234, 5.678]]),
        (";", [("1.5", "2.5"), ("1,234", "5,678")], [[1.5, 2.5], [1.234, 5.678]]),
        (",", [("1.5", "2.5"), ("1,5", "2,25")], [[1.5, 2.5], [1.5, 2.25]]),
        (",", [("1 234,5", "5 678,0")], [[1234.5, 5678.0]]),
        (",", [("1.2.3", "x")], [["1.2.3", "x"]]),
    ],
)
def test_the_decimal_sign_is_found(
    separator: str, columns: list[tuple[str, ...]], expected: list[list[object]]
) -> None:
    assert values(separator, *columns) == expected


def test_a_given_sign_decides() -> None:
    assert values(",", ("1.234", "5.678"), decimal=Sign.COMMA) == [[1234, 5678]]
    assert values(";", ("1,234", "5,678"), decimal=Sign.POINT) == [[1234, 5678]]
