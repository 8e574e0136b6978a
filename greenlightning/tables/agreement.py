"""The schema and the encoder that sites agree on, from the sum of their profiles; no row is pooled."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

import numpy as np

from greenlightning.errors import InputError
from greenlightning.tables.categories import kept_of
from greenlightning.tables.dates import FORMATS, TURNS
from greenlightning.tables.encoder import TableEncoder
from greenlightning.tables.inference import MOST_VALUES, UNIQUE_ROWS, names_rows, words_column
from greenlightning.tables.labels import task_of
from greenlightning.tables.numbers import FEWEST_VALUES, KNOTS, NumberColumns, reaches_far
from greenlightning.tables.profile import ColumnProfile, LabelProfile, TableProfile
from greenlightning.tables.schema import Column, Kind, TableSchema, Task

MICROSECONDS = 1_000_000
DAY = 86_400 * MICROSECONDS


def agreed_schema(
    profile: TableProfile,
    *,
    task: Task | Literal["auto"] = "auto",
    ignore: Iterable[str] = (),
    identifiers: Iterable[str] = (),
    time: str | None = None,
    categorical: Iterable[str] = (),
) -> TableSchema:
    """Choose the schema that ``infer_schema`` would learn from the rows of all sites.

    Parameters
    ----------
    profile : TableProfile
        The sum of the sites' profiles.
    task, ignore, identifiers, time, categorical
        As in ``infer_schema``.

    Returns
    -------
    TableSchema
        The same for any order and partition. Columns that a site does not have are ignored. Where sites name
        fewer than all of a column's values, their number is an upper bound.

    Raises
    ------
    InputError
        Where a column that is named does not exist, or no column is left to learn from.
    """
    kind = _label_type(profile.label)
    chosen = task_of(kind, len(profile.label.named) + profile.label.unnamed, profile.label.rows)
    what, reason = chosen if task == "auto" else (task, "declared")
    ordered = sorted(profile.columns.items(), key=lambda one: (one[1].place, one[0]))
    columns = tuple(_column(name, column, profile.sites) for name, column in ordered)
    schema = TableSchema(columns, profile.label.name, what, reason, kind)
    wanted = {Kind.IGNORED: ignore, Kind.IDENTIFIER: identifiers, Kind.CATEGORICAL: categorical}
    for declared, names in wanted.items():
        schema = schema.declaring(declared, names)
    schema = replace(schema, columns=tuple(_with_values(one, profile.columns[one.name]) for one in schema.columns))
    if time is not None:
        schema = replace(schema, time=time)
        if time not in schema.of_kind(Kind.DATETIME, Kind.NUMERIC):
            raise InputError(f"The time column {time!r} holds neither dates nor numbers", "Name another column")
    if not schema.features:
        raise InputError("The tables share no feature column beside the label", "Give at least one")
    return schema


def agreed_encoder(profile: TableProfile, schema: TableSchema) -> TableEncoder:
    """Freeze the encoder that ``TableEncoder.fit`` would freeze on the rows of all sites.

    Parameters
    ----------
    profile : TableProfile
        The sum of the sites' profiles.
    schema : TableSchema
        What ``agreed_schema`` returned.

    Returns
    -------
    TableEncoder
        The same for any order and partition. Fills and quantiles are those of the pooled rows within 0.2 %;
        a category may lack its slot only where no site has it in enough rows to name it.
    """
    columns = profile.columns
    categories = {name: kept_of(columns[name].named) for name in schema.of_kind(Kind.CATEGORICAL)}
    moments = {name: columns[name] for name in schema.of_kind(Kind.DATETIME)}
    dates = {name: _cycles(column) for name, column in moments.items()}
    spans = np.array([_span(column) for column in moments.values()]).reshape(-1, 2)
    return TableEncoder(schema, _numbers(profile, schema), categories, dates, spans)


def _label_type(label: LabelProfile) -> str:
    """Choose the type that labels of several types have together: 1 and 2.5 are floats, True and 2 integers."""
    types = set(label.types)
    if len(types) == 1:
        return types.pop()
    return "str" if not types or "str" in types else "float" if "float" in types else "int"


def _column(name: str, column: ColumnProfile, sites: int) -> Column:
    if column.sites < sites:
        return Column(name, Kind.IGNORED, f"{column.sites} of {sites} sites have it")
    if column.rows == 0:
        return Column(name, Kind.IGNORED, "no cell has a value")
    if column.strange:
        return Column(name, Kind.IGNORED, f"cells of type {', '.join(column.strange)}")
    if column.is_category:
        return Column(name, Kind.CATEGORICAL, "a category in a file")
    if column.words is not None and not set(column.words) <= {"0", "1"}:
        return Column(name, Kind.BOOLEAN, " or ".join(column.words))
    if column.are_numbers:
        names = names_rows(name) and column.rows >= UNIQUE_ROWS and column.differ and column.are_whole
        reason = "another whole number in each row of a site, and named like one" if names else "numbers"
        return Column(name, Kind.IDENTIFIER if names else Kind.NUMERIC, reason)
    if column.formats:
        form = next(form for form in FORMATS if form in column.formats)
        typed = len(column.formats) == len(FORMATS)
        return Column(name, Kind.DATETIME, "dates or times", format="" if typed else form)
    return words_column(name, column.rows, column.distinct)


def _with_values(column: Column, profile: ColumnProfile) -> Column:
    few = column.kind is Kind.CATEGORICAL and len(profile.named) <= MOST_VALUES
    return replace(column, categories=tuple(sorted(profile.named)) if few else ())


def _numbers(profile: TableProfile, schema: TableSchema) -> NumberColumns:
    names = schema.of_kind(Kind.NUMERIC, Kind.BOOLEAN)
    fill, knots = np.zeros(len(names)), np.full((len(names), KNOTS), np.nan)
    for place, column in enumerate(profile.columns[name] for name in names):
        if not column.histogram:
            continue
        first, low, median, high, last = column.quantile([0, 0.25, 0.5, 0.75, 1])
        fill[place] = median
        if len(column.histogram) >= FEWEST_VALUES and reaches_far(np.array([low, median, high]), first, last):
            knots[place] = column.quantile(np.linspace(0, 1, KNOTS))
    gaps = np.array([profile.columns[name].missing > 0 for name in names], dtype=bool)
    return NumberColumns(names, fill, gaps, knots)


def _cycles(column: ColumnProfile) -> tuple[str, ...]:
    """Choose the cycles of which the sites have seen a whole turn, and more than one place."""
    if not column.moments:
        return ()
    first, last = column.moments
    minutes, on_one_day = (last - first) // (60 * MICROSECONDS), first // DAY == last // DAY
    return tuple(
        part
        for part, turn in TURNS.items()
        if (minutes >= turn or (on_one_day and part == "time of day")) and len(column.positions[part]) > 1
    )


def _span(column: ColumnProfile) -> tuple[float, float]:
    if not column.moments:
        return 0.0, 1.0
    first, last = (moment // MICROSECONDS for moment in column.moments)
    return float(first), max(float(last - first), 1.0)
