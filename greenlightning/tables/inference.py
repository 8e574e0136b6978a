"""Learn the schema of a table from its first file: the kind of each column, and the task of its label."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from numbers import Real
from typing import Any, Literal

import numpy as np
import pandas as pd

from greenlightning.errors import InputError
from greenlightning.tables.dates import guessed_format, mixed_dates
from greenlightning.tables.labels import canonical_labels, label_kind, shown_task
from greenlightning.tables.schema import Column, Kind, TableSchema, Task
from greenlightning.tables.values import FALSE, TRUE, as_number, canonical, is_missing

ID_NAMES = ("id", "uuid", "guid", "key", "rowid", "row_id", "index")
UNIQUE_ROWS = 20
EXACT = 2**53
"""The whole numbers up to here are all float64 numbers."""
MOST_VALUES = 64
FREE_TEXT_SHARE = 0.5
EMPTY = "no cell has a value"
NO_DATES = "; not read as dates: "
SCALARS = (str, Real, Decimal, np.generic, date, time)
WORDS = [{"true", "false"}, {"yes", "no"}, {"y", "n"}, {"t", "f"}, {"on", "off"}]


def infer_schema(
    frame: pd.DataFrame,
    *,
    label: str | None = "label",
    task: Task | Literal["auto"] = "auto",
    ignore: Iterable[str] = (),
    identifiers: Iterable[str] = (),
    time: str | None = None,
    categorical: Iterable[str] = (),
) -> TableSchema:
    """Learn a schema from a table as it was read.

    Parameters
    ----------
    frame : DataFrame of shape (n, c)
        The first file: numbers, text, booleans, dates; missing cells as None or NaN.
    label : str or None, default="label"
        The label column; None where the table has none.
    task : {"auto", "classification", "regression"}, default="auto"
        What is learnt; "auto" decides by the labels.
    ignore, identifiers, categorical : iterable of str, optional
        Columns declared to be of that kind.
    time : str, optional
        The column of the event time.

    Returns
    -------
    TableSchema
        Kinds and task, each with its reason.

    Raises
    ------
    InputError
        Where a column that is named does not exist, or no column is left to learn from.
    """
    if label is not None and label not in frame.columns:
        shown = ", ".join(map(str, frame.columns[:8])) + (", …" if frame.shape[1] > 8 else "")
        raise InputError(f"The table has no label column {label!r} (its columns: {shown})", "Name it with --label")
    about: dict[str, Any] = {"label": ""}
    if label is not None:
        labels = canonical_labels(frame[label].tolist())
        chosen, reason = shown_task(labels) if task == "auto" else (task, "declared")
        about = {"label": label, "task": chosen, "task_reason": reason, "labels": label_kind(labels)}
    columns = tuple(column_of(frame[name]) for name in frame.columns if name != label)
    schema = TableSchema(columns, **about)
    declared = {Kind.IGNORED: ignore, Kind.IDENTIFIER: identifiers, Kind.CATEGORICAL: categorical}
    for kind, names in declared.items():
        schema = schema.declaring(kind, names)
    schema = with_values(schema, frame)
    if time is not None:
        schema = TableSchema(schema.columns, **about, time=time)
        if time not in schema.of_kind(Kind.DATETIME, Kind.NUMERIC):
            raise InputError(f"The time column {time!r} holds neither dates nor numbers", "Name another column")
    if not schema.features:
        raise InputError("The table has no feature column beside the label", "Give at least one")
    return schema


def with_values(schema: TableSchema, frame: pd.DataFrame) -> TableSchema:
    """Return the schema with the values of its categorical columns, and the formats of its dates."""
    columns = []
    for column in schema.columns:
        if column.kind is Kind.CATEGORICAL:
            found = pd.Categorical(canonical(frame[column.name], column, "the table")).categories
            shown = tuple(map(str, found)) if len(found) <= MOST_VALUES else ()
            column = Column(column.name, column.kind, column.reason, shown)
        columns.append(column)
    return TableSchema(tuple(columns), schema.label, schema.task, schema.task_reason, schema.labels, schema.time)


def column_of(cells: "pd.Series[Any]") -> Column:
    """Tell what a column holds, by its cells."""
    name, known = str(cells.name), cells.dropna()
    if known.empty:
        return Column(name, Kind.IGNORED, EMPTY)
    dtype = known.dtype
    if pd.api.types.is_bool_dtype(dtype):
        return Column(name, Kind.BOOLEAN, "true or false")
    if pd.api.types.is_numeric_dtype(dtype):
        return _number_column(name, known)
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return Column(name, Kind.DATETIME, "dates or times")
    if dtype.kind == "m":
        return Column(name, Kind.NUMERIC, "durations, in seconds")
    if isinstance(dtype, pd.CategoricalDtype):
        return Column(name, Kind.CATEGORICAL, "a category in the file")
    return _text_column(name, known)


def _number_column(name: str, known: "pd.Series[Any]", reason: str = "numbers") -> Column:
    """Choose between a quantity and a number that names the row or is a code, whatever type the cells have."""
    if distinct := _merged(known):
        words = words_column(name, len(known), distinct)
        return replace(words, reason=f"whole numbers beyond 2^53 are codes; {words.reason}")
    unique = names_rows(name) and len(known) >= UNIQUE_ROWS and known.is_unique
    if unique and all(as_number(value).is_integer() for value in known.tolist()):
        return Column(name, Kind.IDENTIFIER, "another whole number in each row, and named like one")
    return Column(name, Kind.NUMERIC, reason)


def _merged(known: "pd.Series[Any]") -> int:
    """Count the values of a column of whole numbers that float64 would make fewer; 0 where it keeps them apart."""
    kind = known.dtype.kind
    if kind == "f" or (kind in "iu" and max(-int(known.min()), int(known.max())) <= EXACT):
        return 0
    values = known.unique().tolist()
    whole = {int(value) for value in values if isinstance(value, int) or str(value).strip().isdigit()}
    large = {value for value in whole if abs(value) > EXACT}
    return len(values) if len({float(value) for value in large}) < len(large) else 0


def names_rows(name: str) -> bool:
    """Tell whether a column is named as those are that name rows."""
    folded = name.casefold()
    return folded in ID_NAMES or folded.endswith(("_id", "-id", " id", "_uuid")) or name.endswith("Id")


def _text_column(name: str, known: "pd.Series[Any]") -> Column:
    """Choose the kind of a column of text, or of mixed Python objects."""
    strange = next((value for value in known.tolist() if not isinstance(value, SCALARS)), None)
    if strange is not None:
        return Column(name, Kind.IGNORED, f"cells of type {type(strange).__name__}")
    values = known.unique().tolist()
    if all(isinstance(value, date) for value in values):
        return Column(name, Kind.DATETIME, "dates or times")
    words = {str(value).strip().casefold() for value in values} - {""}
    words = {word for word in words if not is_missing(word)}
    if not words:
        return Column(name, Kind.IGNORED, EMPTY)
    if any(words <= pair for pair in WORDS) or (words <= TRUE | FALSE and not words <= {"0", "1"}):
        return Column(name, Kind.BOOLEAN, " or ".join(sorted(words)))
    if spells_numbers(values):
        return _number_column(name, known, "text that spells numbers")
    texts = pd.Series([str(value).strip() for value in values if not is_missing(str(value))], dtype="str")
    if form := guessed_format(texts):
        return Column(name, Kind.DATETIME, f"dates or times, such as {texts.iloc[0]}", format=form)
    column = words_column(name, len(known), len(texts))
    mixed = mixed_dates(texts)
    return replace(column, reason=f"{column.reason}{NO_DATES}{mixed}") if mixed else column


def words_column(name: str, rows: int, values: int) -> Column:
    """Choose the kind of a column of text that is nothing else, by how many values its rows have."""
    if values == rows and rows >= UNIQUE_ROWS:
        return Column(name, Kind.IDENTIFIER, "another text in each row")
    if values > UNIQUE_ROWS and values > FREE_TEXT_SHARE * rows:
        return Column(name, Kind.IGNORED, f"free text: {values:,} different ones in {rows:,} rows")
    return Column(name, Kind.CATEGORICAL, f"text with {values:,} different values")


def spells_numbers(values: list[Any]) -> bool:
    """Tell whether every value is or spells a number, and none has leading zeros as codes do."""
    for value in values:
        text = str(value).strip()
        if len(text) > 1 and text[0] == "0" and text.isdigit():
            return False
        try:
            as_number(value)
        except (TypeError, ValueError, OverflowError):
            return False
        if text[:1].isalpha() and not is_missing(text) and text.casefold() not in ("inf", "infinity"):
            return False
    return True
