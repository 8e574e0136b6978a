"""The columns of a table of text: which ones are numbers, and with which decimal sign."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.readers.text.cells import Sign
from tasks.data.readers.text.text_column import TextColumn
from tasks.data.readers.text.units import without_unit

SHOWN = 3
BY_COMMA = "numbers have a decimal comma"
"""The note on columns such as 1,5."""


@dataclass(frozen=True)
class Values:
    """The values of columns, the units in which some of them were written, and notes on what was chosen."""

    columns: list[pa.ChunkedArray]
    units: dict[str, str]
    notes: list[str]


def columns_of(columns: list[TextColumn], separator: str, decimal: Sign | None) -> Values:
    """The values of the columns: numbers where every cell is one, with or without a unit, else text."""
    found = [without_unit(column) for column in columns]
    columns, units = [bare for bare, _, _ in found], {bare.name: unit for bare, unit, _ in found if unit}
    texts = [column for column in columns if column.plain is None and not column.is_empty]
    signs = {column.name: [sign for sign in Sign if column.with_sign(sign) is not None] for column in texts}
    sign, is_sure = (decimal, True) if decimal else _sign(columns, signs, separator)
    values = []
    notes: dict[str, list[str]] = {}
    for column, (_, _, about_unit) in zip(columns, found, strict=True):
        cells, made = _values(column, signs.get(column.name, []), sign, is_sure)
        values.append(cells)
        for note in (*about_unit, *made):
            notes.setdefault(note, []).append(column.name)
    return Values(values, units, [f"{note} in {_shown(names)}" for note, names in notes.items()])


def _sign(columns: list[TextColumn], signs: dict[str, list[Sign]], separator: str) -> tuple[Sign, bool]:
    """The decimal sign that some column needs, and whether one does; else that of the separator's habit."""
    needed = {found[0] for found in signs.values() if len(found) == 1}
    by_points = any(column.has_points and column.with_sign(Sign.COMMA) is None for column in columns)
    if needed == {Sign.COMMA} and not by_points:
        return Sign.COMMA, True
    return (Sign.POINT, True) if needed else (Sign.COMMA if separator == ";" else Sign.POINT, False)


def _values(column: TextColumn, signs: list[Sign], sign: Sign, is_sure: bool) -> tuple[pa.ChunkedArray, list[str]]:
    """The values of a column, and notes about them.

    It has the file's decimal sign, or the other one where only that fits its cells. Where the sign is a comma for
    sure, the points of numbers such as 1.234 group thousands.
    """
    numbers, used, notes = column.plain, None, []
    if numbers is None and signs:
        used = sign if sign in signs else signs[0]
        numbers = column.with_sign(used)
    elif sign is Sign.COMMA and column.has_points and (grouped := column.with_sign(sign)) is not None:
        numbers, used = (grouped, sign) if is_sure else (numbers, None)
        notes = [] if is_sure else ["'.' is the decimal sign, not that of thousands,"]
    if numbers is None:
        return column.text, column.why_text
    if used is Sign.COMMA:
        notes.append(BY_COMMA)
    elif used is Sign.POINT and pc.any(pc.match_substring(column.candidates, ",")).as_py():
        notes.append("',' groups thousands")
    if numbers.null_count and (placeholders := column.placeholders):
        notes.append(f"{placeholders} is read as missing")
    return column.checked(numbers), notes


def _shown(names: list[str]) -> str:
    return ", ".join(map(repr, names[:SHOWN])) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
