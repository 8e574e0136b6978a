"""Numbers that are written with a unit: 12.5 %, € 1.234,50, $3.2, 5 kg."""

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.readers.text.cells import BLANKS, Sign
from tasks.data.readers.text.text_column import TextColumn

CODES = (
    "AED|ARS|AUD|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|EGP|EUR|GBP|HKD|HUF|IDR|ILS|INR|ISK|JPY|KRW|MXN|MYR|NGN|NOK|NZD|"
    r"PEN|PHP|PLN|RON|RUB|SAR|SEK|SGD|THB|TRY|TWD|UAH|USD|VND|ZAR|kr\.?|zł|Kč|Ft|Rs\.?|Fr\.?"
)
CURRENCY = rf"\p{{Sc}}|US\$|R\$|{CODES}"
NUMBER = rf"[\d.,{BLANKS}]*\d[\d.,{BLANKS}]*(?:[eE][+-]?\d+)?"
CELL = (
    rf"^(?P<sign>[+-]?)\s*(?P<before>{CURRENCY})?\s*(?P<minus>[+-]?)\s*(?P<number>{NUMBER}?)\s*"
    rf"(?P<after>{CURRENCY}|%|‰|°[CFK]?|\p{{L}}[\p{{L}}\d²³µ/·^]{{0,7}}|µ\p{{L}}{{1,3}})?$"
)
ATTACHED = r"^[^\p{L}µ]*\d[\p{L}µ][^\s]*$"
MONEY = rf"\d(?:{CURRENCY})$"
SAMPLE, SHOWN = 200, 3


def without_unit(column: TextColumn) -> tuple[TextColumn, str, list[str]]:
    """The column without the unit that all its numbers have, that unit, and a note; else the column as it is.

    Letters right behind a number, as in 12b, are a code, not a unit.
    """
    if column.plain is not None or column.is_empty:
        return column, "", []
    known = column.candidates.drop_null()
    if _units(known.slice(0, SAMPLE)) is None or (found := _units(known)) is None:
        return column, "", []
    if len(found) > 1:
        return column, "", _mixed(found)
    bare = replace(column, cells=_numbers(column.candidates))
    if bare.plain is None and all(bare.with_sign(sign) is None for sign in Sign):
        return column, "", []
    return bare, found[0], [f"the unit {found[0]!r} is left out"]


def _units(cells: pa.ChunkedArray) -> list[str] | None:
    """The units of numbers, an empty one where a number has none; None where a cell is no number."""
    parts = pc.extract_regex(cells, pattern=CELL)
    by_money = pc.match_substring_regex(cells, MONEY)
    is_code = pc.and_not(pc.match_substring_regex(cells, ATTACHED), by_money)
    if parts.null_count or pc.any(is_code).as_py():
        return None
    before, after = pc.struct_field(parts, "before"), pc.struct_field(parts, "after")
    units = pc.unique(pc.binary_join_element_wise(before, after, pa.scalar("", before.type))).to_pylist()
    return sorted(units) if any(units) else None


def _numbers(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """The cells with their sign and number alone."""
    parts = pc.extract_regex(cells, pattern=CELL)
    fields = [pc.struct_field(parts, name) for name in ("sign", "minus", "number")]
    return pc.binary_join_element_wise(*fields, pa.scalar("", fields[0].type))


def _mixed(units: list[str]) -> list[str]:
    """A note on numbers with several units, or of which some have none; none for words behind numbers."""
    if len(units) > SHOWN:
        return []
    named = ", ".join(repr(unit) if unit else "none" for unit in units)
    return [f"numbers with several units ({named}) are kept as text"]
