"""Bring a table into the form of its schema: columns by name, canonical cells, labels of the known type."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype, union_categoricals

from greenlightning.errors import InputError
from greenlightning.tables.labels import alike_labels, canonical_labels, real_targets
from greenlightning.tables.numbers import Table, taken
from greenlightning.tables.schema import Column, Kind, TableSchema
from greenlightning.tables.values import canonical

SHOWN = 5


@dataclass(frozen=True, eq=False)
class ConformedTable:
    """A table in the form of its schema.

    Attributes
    ----------
    columns : DataFrame of shape (n, c), or mapping of c names to arrays of length n
        The columns that the schema stores, in its order, in canonical form.
    y : ndarray of shape (n,) or None
        Labels of the known type, None or NaN where one is missing; None where the table has no label column.
    notes : tuple of str
        What was left out or put in order.
    """

    columns: Table
    y: NDArray[Any] | None = None
    notes: tuple[str, ...] = ()

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The columns as a data frame."""
        return self.columns if isinstance(self.columns, pd.DataFrame) else pd.DataFrame(self.columns)


def conform(
    frame: pd.DataFrame,
    schema: TableSchema,
    *,
    source: str = "the table",
    extra: Literal["leave out", "refuse"] = "leave out",
) -> ConformedTable:
    """Bring a table as it was read into the form of ``schema``.

    Parameters
    ----------
    frame : DataFrame of shape (n, c)
        The table, its columns in any order; the label column may be absent.
    schema : TableSchema
        The columns that are known.
    source : str
        Name of the file, for messages.
    extra : {"leave out", "refuse"}, default="leave out"
        What happens to a column that the schema does not know.

    Returns
    -------
    ConformedTable
        Canonical columns and labels: the same values give the same table, however they were written.

    Raises
    ------
    InputError
        Where a column is missing or a cell cannot be read; the message names it.
    """
    names, known = frame.columns.tolist(), {*schema.names, schema.label}
    found, notes = set(names), _order_notes(names, list(schema.stored))
    if unknown := [str(name) for name in names if name not in known]:
        if extra == "refuse":
            raise InputError(
                f"{source} has {_few(unknown)}, which the schema does not know", "Drop it, or train again with it"
            )
        notes.append(f"{_few(unknown)} left out: the schema does not know {'it' if len(unknown) == 1 else 'them'}")
    if missing := [name for name in schema.stored if name not in found]:
        raise InputError(
            f"{source} lacks {_few(missing)}",
            f"Give every column of the schema, empty where it has no value ({_strangers(unknown, names)})",
        )
    y = _labels(frame[schema.label], schema) if schema.label in found else None
    if y is not None and schema.labels == "str" and schema.task == "classification":
        alike = alike_labels(list({label for label in y.tolist() if label is not None}))
        notes += [f"labels {first!r} and {second!r} differ by case or blanks only" for first, second in alike]
    return ConformedTable(_canonical_columns(frame, schema, source), y, tuple(notes))


def _canonical_columns(frame: pd.DataFrame, schema: TableSchema, source: str) -> Table:
    """Convert every column; where all hold numbers already, as in most tables, they go together."""
    kept = {column.name: column for column in schema.columns if column.kind is not Kind.IGNORED}
    names, dtypes = list(kept), dict(zip(frame.columns.tolist(), frame.dtypes.tolist(), strict=True))
    if all(column.kind is Kind.NUMERIC and is_numeric_dtype(dtypes[name]) for name, column in kept.items()):
        chosen = taken(frame, names)
        return pd.DataFrame(chosen.to_numpy(np.float64, na_value=np.nan), columns=chosen.columns, copy=False)
    return {name: canonical(frame[name], column, source) for name, column in kept.items()}


def in_form_of(frame: pd.DataFrame, schema: TableSchema) -> pd.DataFrame:
    """Return the features of a canonical table as ``schema`` has them, converted where a kind has changed.

    Parameters
    ----------
    frame : DataFrame of shape (n, c)
        A table that conformed to an earlier schema.
    schema : TableSchema
        The schema that is needed.

    Returns
    -------
    DataFrame of shape (n, f)
        The features, in the order of the schema; the table itself where it has no other columns.

    Raises
    ------
    InputError
        Where a column was not stored.
    """
    kinds = {column.name: column.kind for column in schema.columns if column.kind.is_feature}
    if not all(name in frame and HOLDS[kind](frame[name].dtype) for name, kind in kinds.items()):
        frame = conform(frame, schema.inputs, source="the batch").frame
    return taken(frame, list(kinds))


def concatenated(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of several canonical tables in their order, with the columns that all of them have.

    A column that was declared otherwise between two of them, and so holds cells of another kind, becomes text.
    """
    names = [name for name in frames[0].columns if all(name in frame for frame in frames)]
    return pd.DataFrame({name: _concatenated([frame[name] for frame in frames]) for name in names})


def _concatenated(parts: "list[pd.Series[Any]]") -> "pd.Series[Any]":
    held = {next((kind for kind, holds in HOLDS.items() if holds(part.dtype)), None) for part in parts}
    if len(held) > 1:
        text = Column(str(parts[0].name), Kind.IDENTIFIER)
        parts = [pd.Series(canonical(part, text, "the batch"), dtype="str") for part in parts]
    elif held == {Kind.CATEGORICAL}:
        return pd.Series(union_categoricals(parts, sort_categories=True))
    return pd.concat(parts, ignore_index=True)


def _is_category(dtype: Any) -> bool:
    return isinstance(dtype, pd.CategoricalDtype)


HOLDS = {
    Kind.NUMERIC: pd.api.types.is_float_dtype,
    Kind.BOOLEAN: pd.api.types.is_float_dtype,
    Kind.CATEGORICAL: _is_category,
    Kind.DATETIME: pd.api.types.is_datetime64_any_dtype,
}


def _labels(cells: "pd.Series[Any]", schema: TableSchema) -> NDArray[np.generic]:
    if schema.task == "regression":
        return real_targets(cells)
    return canonical_labels(cells.tolist(), schema.labels)


def _order_notes(found: list[str], known: list[str]) -> list[str]:
    both = set(found) & set(known)
    in_order = [name for name in found if name in both] == [name for name in known if name in both]
    return [] if in_order else ["columns put in the order of the schema"]


def _strangers(unknown: list[str], names: list[str]) -> str:
    """Tell what a file has in place of a column: those that the schema does not know may be new names."""
    if not unknown:
        return f"it has {_few(names)}"
    return f"{_few(unknown)} of it the schema does not know; if only the name changed, change it back"


def _few(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    quoted = ", ".join(repr(str(name)) for name in names[:SHOWN])
    return f"column{'s' if len(names) > 1 else ''} {quoted}{more}"
