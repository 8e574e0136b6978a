"""Make the profile of a table as it was read: a site's side of an agreement."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import pandas as pd

from greenlightning.errors import InputError
from greenlightning.tables.dates import FORMATS, PARTS, naive, parsed, positions
from greenlightning.tables.inference import SCALARS, UNIQUE_ROWS, spells_numbers
from greenlightning.tables.labels import canonical_labels, label_kind
from greenlightning.tables.profile import ColumnProfile, LabelProfile, TableProfile, bins_of
from greenlightning.tables.values import FALSE, TRUE, as_category, as_number, is_missing

MOST_NAMED = 1_024
FEWEST = 3


def profile_of(frame: pd.DataFrame, label: str, fewest: int = FEWEST) -> TableProfile:
    """Profile a table.

    Parameters
    ----------
    frame : DataFrame of shape (n, c)
        A file as it was read.
    label : str
        The label column.
    fewest : int, default=3
        Rows below which a category is counted, but not named. Labels are named always.

    Returns
    -------
    TableProfile
        Facts of each column; no row can be put together from them.

    Raises
    ------
    InputError
        Where there is no such label column.
    """
    if label not in frame.columns:
        raise InputError(f"The table has no label column {label!r}", "Name it with --label")
    names = [name for name in frame.columns if name != label]
    columns = {str(name): _column(frame[name], place, fewest) for place, name in enumerate(names)}
    return TableProfile(dict(sorted(columns.items())), _labels(frame[label]))


def profile_of_blocks(frames: Iterable[pd.DataFrame], label: str, fewest: int = FEWEST) -> TableProfile:
    """Profile a table that comes in blocks of rows.

    Parameters
    ----------
    frames : iterable of DataFrame
        The blocks, one after another.
    label : str
        The label column.
    fewest : int, default=3
        Rows of all blocks below which a category is counted, but not named.

    Returns
    -------
    TableProfile
        That of the whole table, but for the count of values that are not named, which blocks share.

    Raises
    ------
    InputError
        Where there is no block, or no such label column.
    """
    profiles = (profile_of(frame, label, 1) for frame in frames)
    if (first := next(profiles, None)) is None:
        raise InputError("The table has no row", "Name a table with rows")
    total = reduce(add, profiles, first)
    columns = {name: _of_one_site(column, fewest) for name, column in total.columns.items()}
    return TableProfile(columns, total.label)


def _of_one_site(column: ColumnProfile, fewest: int) -> ColumnProfile:
    """Name the categories that are frequent in all blocks together."""
    frequent = sorted(
        ((text, n) for text, n in column.named.items() if n >= fewest), key=lambda one: (-one[1], one[0])
    )
    named = dict(sorted(frequent[:MOST_NAMED]))
    return replace(column, sites=1, named=named, unnamed=column.distinct - len(named))


def _labels(cells: "pd.Series[Any]") -> LabelProfile:
    labels = canonical_labels(cells.tolist())
    known = Counter(str(label) for label in labels.tolist() if label is not None)
    named = dict(sorted(known.items())) if len(known) <= MOST_NAMED else {}
    types = (label_kind(labels),) if known else ()
    return LabelProfile(str(cells.name), types, known.total(), named, len(known) - len(named))


def _column(cells: "pd.Series[Any]", place: int, fewest: int) -> ColumnProfile:
    known = cells.dropna()
    if known.dtype.kind == "m":
        known = known.dt.total_seconds()
    if len(known) and all(isinstance(value, date) for value in known.tolist()):
        known = pd.to_datetime(known)
    if pd.api.types.is_datetime64_any_dtype(known.dtype):
        facts = _as_dates(known) | {"formats": tuple(sorted(FORMATS)), **NO_WORDS, **NO_NUMBERS}
        return ColumnProfile(place, rows=len(known), missing=len(cells) - len(known), **facts)
    if strange := {type(value).__name__ for value in known.tolist() if not isinstance(value, SCALARS)}:
        return ColumnProfile(place, rows=len(known), strange=tuple(sorted(strange)), **NO_WORDS, **NO_NUMBERS)
    counts = Counter(text for text in map(as_category, known.tolist()) if not is_missing(text))
    about: dict[str, Any] = {"rows": counts.total(), "missing": len(cells) - counts.total()}
    if not counts:
        return ColumnProfile(place, **about)
    facts = _as_words(counts, fewest) | _as_numbers(known) | _as_texts(known)
    return ColumnProfile(place, **about, is_category=isinstance(known.dtype, pd.CategoricalDtype), **facts)


NO_WORDS: dict[str, Any] = {"words": None}
NO_NUMBERS: dict[str, Any] = {"are_numbers": False, "are_whole": False}


def _as_words(counts: Counter[str], fewest: int) -> dict[str, Any]:
    """Name the categories; neither free text nor the names of rows are any. True and false are 1 and 0 too."""
    rows, distinct = counts.total(), len(counts)
    each_differs = distinct > UNIQUE_ROWS and 2 * distinct > rows
    frequent = {} if each_differs else {text: n for text, n in counts.items() if n >= fewest}
    named = dict(sorted(sorted(frequent.items(), key=lambda one: (-one[1], one[0]))[:MOST_NAMED]))
    facts: dict[str, Any] = {"named": named, "unnamed": distinct - len(named), "differ": distinct == rows}
    words = {text.casefold() for text in counts}
    if not words <= TRUE | FALSE:
        return facts | NO_WORDS
    yes = sum(n for text, n in counts.items() if text.casefold() in TRUE)
    rows_of = {0.0: rows - yes, 1.0: yes}
    histogram = {int(bins_of([value])[0]): n for value, n in rows_of.items() if n}
    return facts | {"words": tuple(sorted(words)), "histogram": histogram}


def _as_numbers(known: "pd.Series[Any]") -> dict[str, Any]:
    is_number = pd.api.types.is_numeric_dtype(known.dtype) and not pd.api.types.is_bool_dtype(known.dtype)
    if not is_number and not spells_numbers(known.unique().tolist()):
        return NO_NUMBERS
    values = np.array([as_number(value) for value in known.tolist()])
    values = values[~np.isnan(values)]
    bins, rows = np.unique(bins_of(values[np.isfinite(values)]), return_counts=True)
    whole = bool(np.all(values == np.floor(values)))
    return {"are_whole": whole, "histogram": dict(zip(bins.tolist(), rows.tolist(), strict=True))}


def _as_texts(known: "pd.Series[Any]") -> dict[str, Any]:
    """Find the formats in which every value is a date."""
    if not all(isinstance(value, str) for value in known.tolist()):
        return {}
    texts = pd.Series([text.strip() for text in known.tolist() if not is_missing(text)], dtype="str")
    sample = texts.head(50)
    likely = [form for form in FORMATS if not parsed(sample, form).isna().any()]
    formats = [form for form in likely if not parsed(texts, form).isna().any()]
    return {"formats": tuple(sorted(formats))} | (_as_dates(parsed(texts, formats[0])) if formats else {})


def _as_dates(moments: "pd.Series[Any]") -> dict[str, Any]:
    """Find the extremes, and the two smallest positions in each cycle."""
    values = naive(moments).to_numpy("datetime64[us]")
    numbers = values.astype(np.int64)
    places = {part: tuple(np.unique(positions(values, part))[:2].tolist()) for part in sorted(PARTS)}
    return {"moments": (int(numbers.min()), int(numbers.max())), "positions": places}
