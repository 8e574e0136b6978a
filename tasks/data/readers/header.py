"""The names of a table's columns: each has one of its own; the index that pandas writes is none of them."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from greenlightning.errors import InputError

UNNAMED = re.compile(r"Unnamed: \d+(\.\d+)*(_level_\d+)?")
LOOKED_AT = 50
MOST_COLUMNS = 1 << 17
COUNTERS = ("index", "idx", "level_0", "row", "row_number", "rownames", "row_names")
INDEX_NOTE = "{what} is left out: it is the index that pandas or R writes; index=False does not write it"


def checked_names(path: Path, names: Sequence[str]) -> list[str]:
    """The names without blanks around them; InputError where one is empty or occurs twice."""
    names = [str(name).strip() for name in names]
    if len(names) > MOST_COLUMNS:
        raise InputError(f"{path.name} has {len(names):,} columns", f"Give at most {MOST_COLUMNS:,}")
    if "" in names:
        position = names.index("") + 1
        raise InputError(f"Column {position} of {path.name} has no name", "Name it, or leave it out")
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise InputError(f"{path.name} has several columns called {repeated[0]!r}", "Give each its own name")
    return names


def header_of(path: Path, cells: list[str], width: int, trailing: bool) -> tuple[list[str | None], list[str]]:
    """A name for each of ``width`` columns, None for one that is left out; and notes about them.

    A nameless first column holds row names, as pandas and R write them; R gives the header one cell fewer.
    A nameless last column without values comes from a separator at the end of every line.
    """
    names: list[str | None] = [cell.strip() for cell in cells]
    if 1 < len(names) == width - 1:
        names = [*names, ""] if trailing else ["", *names]
    if trailing and len(names) == width and names[-1] == "":
        names[-1] = None
    notes = []
    if names and names[0] == "" and len(names) > 1:
        names[0] = None
        notes.append(INDEX_NOTE.format(what="the first column, which has no name,"))
    kept = [name for name in names if name is not None]
    if _looks_like_numbers(kept):
        raise InputError(
            f"The first line of {path.name} holds numbers, not names of columns", "Add a line with their names"
        )
    checked_names(path, kept)
    return names, notes


def without_index(frame: pd.DataFrame, wanted: Sequence[str] = ()) -> tuple[pd.DataFrame, list[str]]:
    """The frame without columns that only number the rows of a frame written before, and notes that name them."""
    found = [name for name in frame.columns if name not in wanted and _is_index(frame, name)]
    if len(found) == frame.shape[1]:
        return frame, []
    return frame.drop(columns=found), [INDEX_NOTE.format(what=f"column {name!r}") for name in found]


def _is_index(frame: pd.DataFrame, name: str) -> bool:
    is_first = name == frame.columns[0]
    if UNNAMED.fullmatch(name):
        return is_first or counts_up(frame[name])
    return name.lower() in COUNTERS and is_first and counts_up(frame[name])


def counts_up(column: pd.Series) -> bool:
    """Whether whole numbers rise by one from row to row."""
    return column.dtype.kind in "iu" and len(column) > 1 and bool((column.diff().iloc[1:] == 1).all())


def _looks_like_numbers(names: list[str]) -> bool:
    """Whether most names are numbers in no rising order: a sample stands where the names should be.

    Names in rising order are those of unnamed columns (0, 1, 2, …), of years or of wavelengths.
    """
    numbers = pd.to_numeric(pd.Series(names, dtype="object"), errors="coerce").dropna()
    return len(numbers) * 2 > len(names) and not (numbers.is_monotonic_increasing and numbers.is_unique)


def lines_above(rows: Sequence[Sequence[Any]]) -> int:
    """How many rows stand above the header, as a title does: they fill less than half as many cells as it does."""
    filled = [sum(cell not in (None, "") for cell in row) for row in rows[:LOOKED_AT]]
    if not filled:
        return 0
    widest = sorted(filled)[len(filled) // 2]
    return next((place for place, count in enumerate(filled) if count > widest / 2), 0)


def above_note(lines: int) -> list[str]:
    """A note on lines that stand above the header; none where there is none."""
    return [f"{lines} line{'s' if lines > 1 else ''} above the header left out"] if lines else []


def empty_note(rows: Sequence[int]) -> list[str]:
    """A note on rows without any value, by their numbers from 1; none where there is none."""
    if len(rows) < 2:
        return [f"row {row:,} has no value and is left out" for row in rows]
    return [f"{len(rows):,} rows without any value are left out; the first is row {rows[0]:,}"]


def lists_note(names: Sequence[str]) -> list[str]:
    """A note on columns that are left out since their cells hold lists; none where there are none."""
    shown = ", ".join(map(repr, names))
    return [f"column{'s' if len(names) > 1 else ''} {shown} left out: the cells hold lists"] if names else []
