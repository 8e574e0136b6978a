"""Cells of text as the values that they spell: numbers where every cell of a column is one, else text."""

from enum import StrEnum

import pyarrow as pa
import pyarrow.compute as pc

MISSING = (
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A"),
    *("NA", "NULL", "NaN", "None", "n/a", "nan", "null", r"\N"),
)
"""What pandas reads as missing, and the ``\\N`` of databases."""
MISSING_LABELS = ("", "NULL", "null", "<NA>", "NaN", "nan", r"\N")
"""The same for labels, without words that may name a class: NA, None."""
PLACEHOLDERS = (
    *("?", "-", "--", ".", "<null>", "(null)", "n.a.", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!"),
)
"""What else stands for missing where all other cells are numbers."""
EXACT = 2**53
BLANKS = "'’ \u00a0\u202f"


class Sign(StrEnum):
    """The decimal sign of a number; the other one may group thousands, as blanks and apostrophes do."""

    POINT = "."
    COMMA = ","

    @property
    def groups(self) -> str:
        """The characters that may group thousands, as a regular expression."""
        return f"[{'.' if self is Sign.COMMA else ','}{BLANKS}]"

    @property
    def spelling(self) -> str:
        """The regular expression of a number."""
        return rf"^[+-]?(\d{{1,3}}({self.groups}\d{{3}})+|\d*)([{self}]\d*)?([eE][+-]?\d+)?$"


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
    is_large = (pc.max(pc.abs(numbers)).as_py() or 0) >= 2**63
    return None if is_large and are_whole(cells) else numbers


def are_whole(cells: pa.ChunkedArray) -> bool:
    """Whether every cell is spelled by digits alone."""
    return pc.all(pc.match_substring_regex(cells, r"^[+-]?\d+$")).as_py() is True


def numbers_with(cells: pa.ChunkedArray, sign: Sign) -> pa.ChunkedArray | None:
    """The numbers that the cells spell with this decimal sign, thousands grouped or not; None if one does not."""
    if pc.all(pc.match_substring_regex(cells, sign.spelling)).as_py() is not True:
        return None
    bare = pc.replace_substring_regex(cells, sign.groups, "")
    return numbers_of(pc.replace_substring(bare, ",", ".") if sign is Sign.COMMA else bare)


def stripped(cells: pa.ChunkedArray, missing: tuple[str, ...]) -> pa.ChunkedArray:
    """The cells without blanks around them, and None in place of those that spell a missing value."""
    cells = pc.utf8_trim_whitespace(cells)
    gaps = pc.is_in(cells, value_set=pa.array(missing, cells.type))
    return pc.if_else(gaps, pa.scalar(None, cells.type), cells)
