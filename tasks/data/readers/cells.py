"""Cells of text as the values that they spell: numbers where every cell of a column is one, else text."""

import pyarrow as pa
import pyarrow.compute as pc

MISSING = (
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A"),
    *("NA", "NULL", "NaN", "None", "n/a", "nan", "null", r"\N"),
)
MISSING_LABELS = ("", "NULL", "null", "<NA>", "NaN", "nan", r"\N")
EXACT = 2**53


def values_of(cells: pa.ChunkedArray, missing: tuple[str, ...] = MISSING) -> pa.ChunkedArray:
    """Numbers if every cell that is not missing spells one; else text without blanks around it."""
    if (numbers := numbers_of(cells)) is not None:
        return numbers
    trimmed = pc.utf8_trim_whitespace(cells)
    known = _without(trimmed, MISSING)
    if known.null_count < len(known) and (numbers := numbers_of(known)) is not None:
        return numbers
    texts = _without(trimmed, missing)
    return texts if texts.null_count < len(texts) else pc.cast(texts, pa.float64())


def numbers_of(cells: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """The numbers that the cells spell: int64, or float64 with fractions or gaps; None where one is no number.

    Digits after a leading zero are a code such as 007, and whole numbers beyond 64 bits would be rounded: text.
    """
    try:
        whole = pc.cast(cells, pa.int64())
    except pa.ArrowInvalid:
        return _fractions(cells)
    if pc.all(pc.equal(pc.cast(whole, pa.string()), cells)).as_py() is False:
        coded = pc.any(pc.match_substring_regex(cells, r"^[+-]?0\d")).as_py()
        return None if coded else pc.cast(cells, pa.float64())
    return with_gaps(whole) if whole.null_count else whole


def with_gaps(whole: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whole numbers with missing cells as float64, unless that would round one of them."""
    lowest, highest = pc.min_max(whole).as_py().values()
    is_exact = lowest is None or max(-lowest, highest) <= EXACT
    return pc.cast(whole, pa.float64()) if is_exact else whole


def _fractions(cells: pa.ChunkedArray) -> pa.ChunkedArray | None:
    try:
        numbers = pc.cast(cells, pa.float64())
    except pa.ArrowInvalid:
        return None
    is_whole = (pc.max(pc.abs(numbers)).as_py() or 0) >= 2**63 and not pc.any(
        pc.match_substring_regex(cells, r"[^0-9+-]")
    ).as_py()
    return None if is_whole else numbers


def _without(cells: pa.ChunkedArray, missing: tuple[str, ...]) -> pa.ChunkedArray:
    """The cells with None in place of those that spell a missing value."""
    gaps = pc.is_in(cells, value_set=pa.array(missing))
    return pc.if_else(gaps, pa.scalar(None, cells.type), cells)
