"""Numbers with a unit are numbers where all cells have the same one; else the column is text, with a note."""

from pathlib import Path

import pyarrow as pa
import pytest

from tasks.data.readers.text.columns import columns_of
from tasks.data.readers.text.text_column import TextColumn


def read(cells: list[str | None]) -> tuple[list[object], str, list[str]]:
    column = TextColumn(Path("a.csv"), "x", pa.chunked_array([pa.array(cells, pa.string())]))
    found = columns_of([column], ",", None)
    return found.columns[0].to_pylist(), found.units.get("x", ""), found.notes


@pytest.mark.parametrize(
    ("cells", "numbers", "unit"),
    [
        (["12.5 %", "3%", None, "-4 %"], [12.5, 3.0, None, -4.0], "%"),
        (["€ 1.234,50", "€ 3,20"], [1234.5, 3.2], "€"),
        (["1.234,50 €", "12,00 €"], [1234.5, 12.0], "€"),
        (["$3.2", "-$4", "$ -5", "$1,200.50"], [3.2, -4.0, -5.0, 1200.5], "$"),
        (["CHF 1'200.50", "CHF 3.00"], [1200.5, 3.0], "CHF"),
        (["1 200 kr", "90 kr"], [1200, 90], "kr"),
        (["5 kg", "7.5 kg"], [5.0, 7.5], "kg"),
        (["20 °C", "-3.5 °C"], [20.0, -3.5], "°C"),
        (["5 m/s", "6 m/s"], [5, 6], "m/s"),
        (["100%", "?"], [100.0, None], "%"),
    ],
)
def test_one_unit_in_all_cells_leaves_numbers(cells: list[str | None], numbers: list[object], unit: str) -> None:
    found, in_unit, notes = read(cells)
    assert (found, in_unit) == (numbers, unit)
    assert notes[0] == f"the unit {unit!r} is left out in 'x'"


@pytest.mark.parametrize(
    ("cells", "note"),
    [
        (["5 kg", "7 g"], "numbers with several units ('g', 'kg') are kept as text in 'x'"),
        (["5 %", "7"], "numbers with several units (none, '%') are kept as text in 'x'"),
    ],
)
def test_several_units_are_kept_as_text_with_a_note(cells: list[str | None], note: str) -> None:
    assert read(cells) == (cells, "", [note])


@pytest.mark.parametrize(
    "cells",
    [
        ["12b", "13b"],
        ["5kg", "7kg"],
        ["A1", "A2"],
        ["007 %", "008 %"],
        ["12 Main St"],
        ["10:30 h"],
        ["ab"],
    ],
)
def test_codes_and_words_are_text(cells: list[str | None]) -> None:
    assert read(cells) == (cells, "", [])
