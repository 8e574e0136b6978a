"""A column of text, and the numbers that it may spell."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from greenlightning.errors import InputError
from tasks.data.readers.text.cells import (
    MISSING,
    MISSING_LABELS,
    PLACEHOLDERS,
    Sign,
    are_whole,
    numbers_of,
    numbers_with,
    stripped,
)

LONGEST_NUMBER, LONGEST_SHOWN = 400, 30
NUMBER = r"^[+-]?[\d.,]*\d([eE][+-]?\d+)?$"
FEW = 0.1
"""The share of other cells up to which a column was probably meant to hold numbers."""


@dataclass(frozen=True)
class TextColumn:
    """A column of text, empty cells missing."""

    path: Path
    name: str
    cells: pa.ChunkedArray
    is_label: bool = False

    @cached_property
    def known(self) -> pa.ChunkedArray:
        """The cells without blanks around them; what spells a missing value is missing."""
        return stripped(self.cells, MISSING)

    @cached_property
    def candidates(self) -> pa.ChunkedArray:
        """The cells that would be numbers: placeholders such as ``?`` are missing too."""
        return stripped(self.known, PLACEHOLDERS)

    @cached_property
    def plain(self) -> pa.ChunkedArray | None:
        """Its numbers where every cell is spelled as in a program; None where one is not."""
        has_values = self.cells.null_count < len(self.cells)
        if has_values and (numbers := numbers_of(self.cells)) is not None:
            return numbers
        return None if self.is_empty else numbers_of(self.candidates)

    @cached_property
    def is_empty(self) -> bool:
        """Whether no cell holds a value."""
        return bool(self.cells.null_count == len(self.cells) or self.candidates.null_count == len(self.cells))

    def with_sign(self, sign: Sign) -> pa.ChunkedArray | None:
        """Its numbers under this decimal sign; None where a cell is none."""
        return None if self.is_empty else numbers_with(self.candidates, sign)

    @cached_property
    def has_points(self) -> bool:
        """Whether its plain numbers have fractions."""
        if self.plain is None or not pa.types.is_floating(self.plain.type):
            return False
        return bool(pc.any(pc.match_substring(self.candidates, ".")).as_py())

    @property
    def is_too_large(self) -> bool:
        """Whether it holds whole numbers, some beyond 64 bits; InputError for digits beyond every number."""
        if self.is_empty or not are_whole(self.candidates):
            return False
        if pc.any(pc.match_substring_regex(self.candidates, r"^[+-]?0\d")).as_py():
            return False
        self._refuse(pc.greater(pc.utf8_length(self.cells), LONGEST_NUMBER))
        return True

    @property
    def why_text(self) -> list[str]:
        """A note on a column of text whose cells are numbers, but for a few or for their size."""
        if self.is_empty or self.is_label:
            return []
        if self.is_too_large:
            return ["whole numbers beyond 64 bits are kept as text"]
        is_number = pc.match_substring_regex(self.candidates, NUMBER)
        known = len(self.candidates) - self.candidates.null_count
        others = known - pc.sum(is_number).as_py()
        if not 0 < others <= FEW * known:
            return []
        row = pc.index(is_number, False).as_py()
        which = f"{self.candidates[row].as_py()[:LONGEST_SHOWN]!r} in row {row + 1:,}"
        count = f"{others:,} of {known:,} cells {'is' if others == 1 else 'are'} no number"
        return [f"{count} ({which}), and all are kept as text"]

    @property
    def text(self) -> pa.ChunkedArray:
        """Its text; float64 where every cell is missing."""
        text = stripped(self.cells, MISSING_LABELS) if self.is_label else self.known
        return text if text.null_count < len(text) else pc.cast(text, pa.float64())

    @property
    def placeholders(self) -> str:
        """What stands for missing beside its numbers, such as ``?``; empty where nothing does."""
        beside = pc.and_(pc.is_valid(self.known), pc.is_null(self.candidates))
        return ", ".join(sorted(map(repr, pc.unique(self.known.filter(beside)).to_pylist())))

    def checked(self, numbers: pa.ChunkedArray) -> pa.ChunkedArray:
        """The numbers; InputError for a cell beyond the range of float64."""
        if pa.types.is_floating(numbers.type) and pc.any(pc.is_inf(numbers)).as_py():
            spelled = pc.match_substring_regex(stripped(self.cells, ()), r"(?i)^[+-]?inf(inity)?$")
            self._refuse(pc.and_(pc.is_inf(numbers), pc.invert(spelled)))
        return numbers

    def _refuse(self, wrong: pa.ChunkedArray) -> None:
        row = pc.index(pc.fill_null(wrong, False), True).as_py()
        if row >= 0:
            digits = len(self.cells[row].as_py())
            raise InputError(
                f"Row {row + 1}, column {self.name!r} of {self.path.name}: "
                f"a number of {digits:,} characters is beyond the range of numbers",
                "Correct the cell, or leave it empty",
            )
