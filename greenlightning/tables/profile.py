"""Profiles: what a site tells of its columns, so that several agree on a schema and an encoder without rows.

A profile holds counts, sets and extremes only, and of these the sum, the union and the extreme are the same in any
order: profiles of any partition of some rows add up to the same profile, to the bit. Quantile sketches of the
literature (KLL, t-digest) depend on the order in which they are merged; a histogram over fixed bins does not.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from greenlightning.data.files import checked_count
from greenlightning.errors import MismatchError
from greenlightning.tables.profile_form import check_form

DROPPED_BITS = np.uint64(44)
"""Bits of a float64 that a bin leaves out: 8 of its mantissa stay, and whole numbers up to 512 are bins alone."""
LARGEST_BIN = np.uint64(0x7FEFF)


def bins_of(values: ArrayLike) -> NDArray[np.uint64]:
    """Find the bin of each finite value (n,): it and the bin's centre differ by 0.2 % at most.

    The bins are the float64 numbers with nine significant bits, as in DDSketch (Masson, Rim and Lee, VLDB 2019),
    whose bins are powers.
    """
    bits = (np.asarray(values, dtype=np.float64) + 0.0).view(np.uint64)
    found = (bits + (np.uint64(1) << (DROPPED_BITS - np.uint64(1)))) >> DROPPED_BITS
    sign = found & np.uint64(1 << 19)
    return np.asarray(sign | np.minimum(found & np.uint64((1 << 19) - 1), LARGEST_BIN))


def centres(bins: ArrayLike) -> NDArray[np.float64]:
    """Return the centre of each bin (n,)."""
    return (np.asarray(bins, dtype=np.uint64) << DROPPED_BITS).view(np.float64)


@dataclass(frozen=True, eq=True)
class ColumnProfile:
    """Facts of one column; ``+`` merges them.

    Attributes
    ----------
    place : int
        The smallest number that the column has in a file, from 0.
    sites : int
        Profiles that have the column.
    rows, missing : int
        Cells with and without a value.
    strange : tuple of str
        Types of cells that are no scalars.
    is_category : bool
        Whether a file has it as a category.
    words : tuple of str or None
        Its values where all are words for true and false; else None.
    are_numbers, are_whole, differ : bool
        Whether all cells spell numbers, all are whole, and no site has one twice.
    formats : tuple of str
        Formats in which every cell is a date.
    histogram : mapping of int to int
        Rows of each bin, where cells are numbers.
    named : mapping of str to int
        Rows of each category that is named.
    unnamed : int
        Different values that are not named, added up over sites.
    moments : tuple of int
        First and last date, in microseconds of UTC; empty where there is none.
    positions : mapping of str to tuple of int
        The two smallest positions in each cycle of the calendar.
    """

    place: int
    sites: int = 1
    rows: int = 0
    missing: int = 0
    strange: tuple[str, ...] = ()
    is_category: bool = False
    words: tuple[str, ...] | None = ()
    are_numbers: bool = True
    are_whole: bool = True
    differ: bool = True
    formats: tuple[str, ...] = ()
    histogram: Mapping[int, int] = field(default_factory=dict)
    named: Mapping[str, int] = field(default_factory=dict)
    unnamed: int = 0
    moments: tuple[int, ...] = ()
    positions: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def __add__(self, other: "ColumnProfile") -> "ColumnProfile":
        """Merge the facts of two sites."""
        both, parts = (self, other), self.positions.keys() | other.positions.keys()
        formats = [set(one.formats) for one in both if one.rows]  # a site without a value has no say
        return ColumnProfile(
            min(self.place, other.place),
            self.sites + other.sites,
            self.rows + other.rows,
            self.missing + other.missing,
            tuple(sorted({*self.strange, *other.strange})),
            self.is_category or other.is_category,
            None if self.words is None or other.words is None else _union(self.words, other.words),
            self.are_numbers and other.are_numbers,
            self.are_whole and other.are_whole,
            self.differ and other.differ,
            tuple(sorted(set.intersection(*formats))) if formats else (),
            _added(self.histogram, other.histogram),
            _added(self.named, other.named),
            self.unnamed + other.unnamed,
            _extremes(self.moments + other.moments),
            {part: _union(*(one.positions.get(part, ()) for one in both))[:2] for part in sorted(parts)},
        )

    @property
    def distinct(self) -> int:
        """Different values; an upper bound where sites have values that are not named."""
        return len(self.named) + self.unnamed

    def quantile(self, shares: ArrayLike) -> NDArray[np.float64]:
        """Interpolate quantiles of the numbers, as ``numpy.quantile`` does, within 0.2 % of the pooled rows'.

        Of a wide gap between two rows the interpolation may be another one by as much as 0.2 % of either.
        """
        values = centres(np.array(list(self.histogram), dtype=np.uint64))
        order = np.argsort(values)
        ends = np.cumsum(np.array(list(self.histogram.values()))[order])
        position = np.asarray(shares, dtype=np.float64) * (ends[-1] - 1)
        low = np.floor(position)
        below, above = (values[order][np.searchsorted(ends, at, side="right")] for at in (low, np.ceil(position)))
        return np.asarray(below + (above - below) * (position - low))


@dataclass(frozen=True, eq=True)
class LabelProfile:
    """Facts of the label column: types of the labels, rows, and the rows of each label that is named."""

    name: str
    types: tuple[str, ...] = ()
    rows: int = 0
    named: Mapping[str, int] = field(default_factory=dict)
    unnamed: int = 0

    def __add__(self, other: "LabelProfile") -> "LabelProfile":
        """Merge the facts of two sites; MismatchError where their label columns have different names."""
        if self.name != other.name:
            raise MismatchError(
                f"Some labels are in column {self.name!r} and some in {other.name!r}", "Give them one name"
            )
        named = _added(self.named, other.named)
        types = _union(self.types, other.types)
        return LabelProfile(self.name, types, self.rows + other.rows, named, self.unnamed + other.unnamed)


@dataclass(frozen=True, eq=True)
class TableProfile:
    """The profiles of a table's columns and of its labels, of ``sites`` sites; ``+`` merges them."""

    columns: Mapping[str, ColumnProfile]
    label: LabelProfile
    sites: int = 1

    def __add__(self, other: "TableProfile") -> "TableProfile":
        """Merge the profiles of two sites.

        Raises
        ------
        MismatchError
            Where the label columns have different names.
        """
        columns = dict(self.columns)
        for name, column in other.columns.items():
            columns[name] = columns[name] + column if name in columns else column
        return TableProfile(dict(sorted(columns.items())), self.label + other.label, self.sites + other.sites)

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON."""
        columns = {name: _plain(column) for name, column in self.columns.items()}
        return {"sites": self.sites, "label": _plain(self.label), "columns": columns}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> "TableProfile":
        """Invert ``to_dict``."""
        columns = {str(name): _restored(ColumnProfile, about) for name, about in content["columns"].items()}
        return cls(columns, _restored(LabelProfile, content["label"]), checked_count(content["sites"], "sites"))


def _plain(profile: ColumnProfile | LabelProfile) -> dict[str, Any]:
    return {one.name: getattr(profile, one.name) for one in fields(profile)}


def _restored(kind: type[Any], about: dict[str, Any]) -> Any:
    """Make a profile of its form for JSON, which has lists for tuples and text for the keys of a mapping."""
    values = {name: _as_tuple(value) for name, value in about.items()}
    found = kind(**values)
    if isinstance(found, ColumnProfile):
        histogram = {int(place): rows for place, rows in found.histogram.items()}
        positions = {name: _as_tuple(places) for name, places in found.positions.items()}
        found = replace(found, histogram=histogram, positions=positions)
    check_form(found)
    return found


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _union(first: tuple[Any, ...], second: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(sorted({*first, *second}))


def _added(first: Mapping[Any, int], second: Mapping[Any, int]) -> dict[Any, int]:
    total = Counter(first)
    total.update(second)
    return dict(sorted(total.items()))


def _extremes(moments: tuple[int, ...]) -> tuple[int, ...]:
    return (min(moments), max(moments)) if moments else ()
