"""The frozen encoder of a table: numbers for every kind of column, alike for any order and partition of rows."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from greenlightning.data.files import read_json, read_tensors, reading, sha256_of, write_json, write_tensors
from greenlightning.errors import InputError, IntegrityError
from greenlightning.tables.categories import kept_categories, slots
from greenlightning.tables.dates import PARTS, TURNS, cycle, positions
from greenlightning.tables.numbers import NumberColumns, Table
from greenlightning.tables.schema import Kind, TableSchema

FORMAT = "greenlightning-encoder/1"
OTHER, MISSING, ELAPSED = "other", "missing", "elapsed"


@dataclass(frozen=True, eq=False)
class TableEncoder:
    """Makes inputs (n, d) of a canonical table, by tables frozen on the base.

    Numbers come first, in the schema's order, each filled where it is missing and, where it is heavy-tailed,
    transformed to normal quantiles; then an indicator for each number that was missing in the base; then a slot
    for each frequent category, one for all others and one for a missing cell; then the cycles of each date that
    the base covers, and the time since its start, up to its end; the event time has its cycles only, as every
    later row would lie beyond the end. scikit-learn's encoders do the same for one kind of column each; they can
    be saved by pickle only.

    Attributes
    ----------
    schema : TableSchema
        The columns.
    numbers : NumberColumns
        Fill and quantiles of each numeric and boolean column.
    categories : dict of str to tuple of str
        The categories of each categorical column that have a slot of their own.
    dates : dict of str to tuple of str
        The cycles of each date column that are used.
    spans : ndarray of shape (t, 2), float64
        Start and length of the base in seconds, for each date column.
    seen : tuple of str
        Batches that the tables were frozen on.
    digest : str
        sha256 of schema and tables.
    """

    schema: TableSchema
    numbers: NumberColumns
    categories: dict[str, tuple[str, ...]]
    dates: dict[str, tuple[str, ...]]
    spans: NDArray[np.float64]
    seen: tuple[str, ...] = ()
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        header = json.dumps([FORMAT, self.schema.canonical_json(), self._about()], sort_keys=True)
        object.__setattr__(self, "digest", sha256_of(header, self._arrays()))

    @classmethod
    def fit(cls, frame: pd.DataFrame, schema: TableSchema, *, seen: tuple[str, ...] = ()) -> "TableEncoder":
        """Freeze an encoder on a base.

        Parameters
        ----------
        frame : DataFrame of shape (n, c)
            Canonical columns, as ``conform`` returns them.
        schema : TableSchema
            Their schema.
        seen : tuple of str, optional
            Names of the batches that the rows come from.

        Returns
        -------
        TableEncoder
            The same for any order of the rows.

        Raises
        ------
        InputError
            Where there are no rows.
        """
        if frame.empty:
            raise InputError("The base has no rows", "Give at least one row")
        numbers = NumberColumns.fit(frame, schema.of_kind(Kind.NUMERIC, Kind.BOOLEAN))
        categories = {name: kept_categories(frame[name]) for name in schema.of_kind(Kind.CATEGORICAL)}
        moments = {name: frame[name].dropna() for name in schema.of_kind(Kind.DATETIME)}
        dates = {name: _cycles_covered(found) for name, found in moments.items()}
        spans = np.array([_span(found) for found in moments.values()]).reshape(-1, 2)
        return cls(schema, numbers, categories, dates, spans, seen)

    @property
    def feature_names_out(self) -> tuple[str, ...]:
        """Names of the d columns that ``transform`` returns."""
        names = [*self.numbers.names, *(f"{name} {MISSING}" for name in self.numbers.indicated)]
        for name, kept in self.categories.items():
            names += [f"{name}={value}" for value in (*kept, OTHER, MISSING)]
        for name, parts in self.dates.items():
            names += [f"{name} {part} {wave}" for part in parts for wave in ("sine", "cosine")]
            names += [f"{name} {ELAPSED}"] if name != self.schema.time else []
        return tuple(names)

    @property
    def is_identity(self) -> bool:
        """Whether a table without missing cells passes unchanged."""
        plain = not (self.categories or self.dates or self.numbers.has_gaps.any())
        return plain and bool(np.isnan(self.numbers.knots).all())

    @property
    def sources(self) -> tuple[str, ...]:
        """The table's column that each of the d columns comes from."""
        names = [*self.numbers.names, *self.numbers.indicated]
        for name, kept in self.categories.items():
            names += [name] * (len(kept) + 2)
        for name, parts in self.dates.items():
            names += [name] * (2 * len(parts) + (name != self.schema.time))
        return tuple(names)

    def transform(self, table: Table) -> NDArray[Any]:
        """Encode a canonical table.

        Parameters
        ----------
        table : DataFrame of shape (n, c), or mapping of c names to arrays of length n
            Canonical columns, as ``conform`` returns them.

        Returns
        -------
        ndarray of shape (n, d), float32 or float64
            Inputs without a missing value; float32 only where the table's numbers are.
        """
        blocks = [self.numbers.transform(table), *self._category_blocks(table), *self._date_blocks(table)]
        return blocks[0] if len(blocks) == 1 else np.column_stack(blocks)

    def _category_blocks(self, table: Table) -> Iterator[NDArray[np.float64]]:
        for name, kept in self.categories.items():
            yield np.eye(len(kept) + 2)[slots(pd.Categorical(table[name]), kept)]

    def _date_blocks(self, table: Table) -> Iterator[NDArray[np.float64]]:
        for (name, parts), (start, length) in zip(self.dates.items(), self.spans, strict=True):
            moments = np.asarray(table[name], dtype="datetime64[us]")
            known = ~np.isnat(moments)
            filled = np.where(known, moments, np.datetime64(0, "us"))
            for part in parts:
                yield cycle(PARTS[part])[positions(filled, part)] * known[:, None]
            if name == self.schema.time:
                continue
            seconds = filled.astype("datetime64[s]").astype(np.int64)
            yield np.where(known, np.clip((seconds - start) / length, 0.0, 1.0), 0.5)[:, None]

    def _about(self) -> dict[str, Any]:
        return {"numbers": list(self.numbers.names), "categories": self.categories, "dates": self.dates}

    def _arrays(self) -> dict[str, NDArray[Any]]:
        return {**self.numbers.arrays(), "spans": self.spans}

    def save(self, folder: Path) -> None:
        """Write ``encoder.json`` and ``encoder.safetensors`` into ``folder``."""
        write_tensors(folder / "encoder.safetensors", self._arrays())
        about = {"format": FORMAT, "schema": self.schema.to_dict(), "seen": list(self.seen), "digest": self.digest}
        write_json(folder / "encoder.json", about | self._about())

    @classmethod
    def load(cls, folder: Path) -> "TableEncoder":
        """Read what ``save`` wrote.

        Raises
        ------
        IntegrityError
            Where a file is missing or corrupt, or the digest does not match.
        """
        about = read_json(folder / "encoder.json", FORMAT)
        arrays = read_tensors(folder / "encoder.safetensors")
        with reading(folder):
            found = cls(
                TableSchema.from_dict(about["schema"]),
                NumberColumns.of_arrays(tuple(about["numbers"]), arrays),
                {name: tuple(kept) for name, kept in about["categories"].items()},
                {name: tuple(parts) for name, parts in about["dates"].items()},
                arrays["spans"],
                tuple(about["seen"]),
            )
        if found.digest != about.get("digest"):
            raise IntegrityError(
                f"{folder} holds encoder {found.digest[:12]}, another than it says", "Restore it from the registry"
            )
        return found


def _cycles_covered(moments: "pd.Series[Any]") -> tuple[str, ...]:
    """Choose the cycles of which the base has seen a whole turn, and more than one place."""
    if moments.empty:
        return ()
    values = moments.to_numpy("datetime64[us]")
    length = (values.max() - values.min()).astype("timedelta64[m]").astype(np.int64)
    times_only = bool((values.astype("datetime64[D]") == values.astype("datetime64[D]")[0]).all())
    return tuple(
        part
        for part, turn in TURNS.items()
        if (length >= turn or (times_only and part == "time of day"))
        and len(np.unique(positions(values, part))) > 1
    )


def _span(moments: "pd.Series[Any]") -> tuple[float, float]:
    """Return start and length of the base in seconds, the length at least 1."""
    if moments.empty:
        return 0.0, 1.0
    seconds = moments.to_numpy("datetime64[us]").astype("datetime64[s]").astype(np.int64)
    return float(seconds.min()), max(float(seconds.max() - seconds.min()), 1.0)
