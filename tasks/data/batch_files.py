"""Batches as files: the rows of one, what its footer tells, and writing it once as compact Parquet.

A batch keeps the stored columns of its schema: numbers of one type (uint8 or float32 where that loses nothing,
else float64; booleans are 0 and 1), text as dictionaries, dates as microseconds, then the labels.
Its provenance is in the schema metadata.
"""

import json
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import DTypeLike, NDArray

from greenlightning.data.labels import Label
from greenlightning.errors import InputError
from greenlightning.tables import TableEncoder, concatenated, in_form_of
from greenlightning.tables.labels import stored_labels
from tasks.core.atomic import replacing
from tasks.core.workspace import Workspace
from tasks.data.readers.source import LABEL

PROVENANCE = b"greenlightning"
LABEL_COLUMN = "label_column"
NUMBERS = ("uint8", "float", "double")
LARGEST_KEPT, FILES_KEPT = 8 << 20, 3
TEXT_TYPES = (pa.types.is_string, pa.types.is_large_string, pa.types.is_null)


@dataclass(frozen=True, eq=False)
class BatchContent:
    """The rows of a batch: a canonical table (n, c), and labels (n,) with None where one is missing."""

    frame: pd.DataFrame
    y: NDArray[Any]
    task: str = "classification"

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self.frame.columns)

    @property
    def numbers(self) -> NDArray[Any]:
        """The cells of the numeric columns, (n, d)."""
        return self.frame.select_dtypes("number").to_numpy()

    @property
    def classes(self) -> list[Label]:
        """The labels that occur, sorted; none of a regression."""
        if self.task == "regression":
            return []
        return sorted({label for label in self.y.tolist() if label is not None})

    def inputs(self, encoder: TableEncoder | None) -> NDArray[Any]:
        """The inputs (n, d) that a model with this encoder sees; InputError where a column is missing."""
        return self.numbers if encoder is None else encoder.transform(in_form_of(self.frame, encoder.schema))

    def rows(self, chosen: NDArray[Any]) -> "BatchContent":
        """Some of the rows, by position or mask."""
        return BatchContent(self.frame.iloc[chosen].reset_index(drop=True), self.y[chosen], self.task)


def rows_without_label(y: NDArray[Any]) -> list[int]:
    """The numbers of the rows without a label, from 1: their cell is empty, blank, or not a number."""
    return [row for row, label in enumerate(y.tolist(), 1) if label is None or label != label]


def gaps_in(y: NDArray[Any]) -> str:
    """What to do about rows without a label; empty where each has one."""
    if not (rows := rows_without_label(y)):
        return ""
    which = f"the first is row {rows[0]}" if len(rows) > 1 else f"it is row {rows[0]}"
    return f"{len(rows):,} of {len(y):,} rows have no label ({which}): fill in the label, or leave the row out"


def joined(contents: "list[BatchContent]") -> BatchContent:
    """The rows of several batches, in their order."""
    if len(contents) == 1:
        return contents[0]
    frame = concatenated([one.frame for one in contents])
    return BatchContent(frame, np.concatenate([one.y for one in contents]), contents[0].task)


@dataclass(frozen=True)
class LandedBatch:
    """A batch on disk, not yet versioned: its name, its file and source, and how the file was read."""

    dataset: str
    id: str
    path: Path
    rows: int
    source: str
    landed_at: str
    label: str = ""
    """The column of its file that held the labels; empty in batches of earlier releases."""
    known_content: BatchContent | None = field(default=None, repr=False, compare=False)
    notes: tuple[str, ...] = field(default=(), repr=False, compare=False)

    @cached_property
    def content(self) -> BatchContent:
        """Its rows, as ``land`` handed them on, or read from the file once; InputError where it cannot be read."""
        return self.known_content or read_content(self.path)


def waiting(dataset: str) -> list[LandedBatch]:
    """The batches in incoming/ in the order in which they landed; an unreadable one has 0 rows."""
    found = []
    for path in Workspace.current().incoming(dataset).glob("*.parquet"):
        with suppress(FileNotFoundError):  # another process has admitted it meanwhile
            found.append(describe(path, dataset))
    return sorted(found, key=lambda batch: (batch.landed_at, batch.id))


def read_content(path: Path) -> BatchContent:
    """Read a batch file; InputError if it is damaged or not a batch.

    A run asks for the same few files again and again, so the last ones of moderate size stay in memory for as long
    as the file is the same.
    """
    path = Path(path).absolute()
    try:
        found = path.stat()
    except OSError as error:
        raise _damaged(path, error) from error
    if found.st_size > LARGEST_KEPT:
        return _content_of(path)
    kept = _kept(path, found.st_ino, found.st_mtime_ns, found.st_size)
    return replace(kept, frame=kept.frame.copy(deep=False), y=kept.y.copy())


@lru_cache(maxsize=FILES_KEPT)
def _kept(path: Path, *_: int) -> BatchContent:
    return _content_of(path)


def _content_of(path: Path) -> BatchContent:
    table = _open(path)
    label = _label_column(table.schema)
    if label not in table.column_names:
        raise InputError(f"{Path(path).name} has no column {label!r}", "Land it with `greenlightning ingest`")
    columns = table.drop_columns([label])
    frame = _numbers(columns)
    for place, (name, cells) in enumerate(zip(columns.column_names, columns.columns, strict=True)):
        if str(cells.type) not in NUMBERS:
            frame.insert(place, name, _other_cells(cells, Path(path)))
    task = provenance_of(table.schema).get("task", "classification")
    return BatchContent(frame, stored_labels(table[label].to_pylist()), task)


def _numbers(columns: pa.Table) -> pd.DataFrame:
    """The numeric columns as one block, float32 or float64."""
    names = [field.name for field in columns.schema if str(field.type) in NUMBERS]
    kinds = {str(columns.schema.field(name).type) for name in names}
    stack = np.empty((len(names), columns.num_rows), dtype=_stack_type(kinds))
    for place, name in enumerate(names):
        stack[place] = columns[name].to_numpy()
    return pd.DataFrame(stack.T.astype(_loaded_type(stack.dtype), order="C"), columns=names, copy=False)


def _other_cells(cells: pa.ChunkedArray, path: Path) -> "pd.Series[Any]":
    """A column of text, categories or dates."""
    if pa.types.is_dictionary(cells.type):
        return pd.Series(cells.to_pandas())
    if pa.types.is_timestamp(cells.type):
        return pd.Series(cells.to_numpy(zero_copy_only=False)).astype("datetime64[us]")
    if any(is_text(cells.type) for is_text in TEXT_TYPES):
        return pd.Series(cells.to_pylist(), dtype="str")
    raise InputError(
        f"{path.name} has a feature column of type {cells.type}", "Land it with `greenlightning ingest`"
    )


def feature_names(path: Path) -> tuple[str, ...]:
    """The feature columns of a batch file, in order; only its footer is read."""
    schema = _open_file(path).schema_arrow
    return tuple(name for name in schema.names if name != _label_column(schema))


def _label_column(schema: pa.Schema) -> str:
    """The column that holds the labels: ``label``, or another one where a feature has that name."""
    return str(provenance_of(schema).get(LABEL_COLUMN, LABEL))


def _stack_type(kinds: set[str]) -> type[np.generic]:
    if "double" in kinds:
        return np.float64
    return np.uint8 if kinds == {"uint8"} else np.float32


def _loaded_type(stored: DTypeLike) -> type[np.generic]:
    """The type in which inputs of a stored type are computed with."""
    return np.float64 if stored == np.float64 else np.float32


def write_batch(frame: pd.DataFrame, y: NDArray[Any], provenance: dict[str, Any], target: Path) -> BatchContent:
    """Write a canonical table and its labels; return them as ``read_content`` would read them."""
    numbers = frame.select_dtypes("number")
    values = numbers.to_numpy(np.float64)
    dtype = _compact_type(values)
    columns = [
        pa.array(frame[name].to_numpy(dtype=dtype)) if name in numbers else pa.array(frame[name])
        for name in frame.columns
    ]
    label = LABEL
    while label in frame.columns:
        label += "_"
    if label != LABEL:
        provenance = {**provenance, LABEL_COLUMN: label}
    metadata = {PROVENANCE: json.dumps(provenance, sort_keys=True).encode()}
    table = pa.table([*columns, pa.array(y.tolist())], names=[*frame.columns, label])
    _write_atomically(table.replace_schema_metadata(metadata), target)
    return BatchContent(
        _as_loaded(frame, numbers.columns, values, _loaded_type(dtype)),
        stored_labels(y.tolist()),
        provenance.get("task", "classification"),
    )


def _as_loaded(
    frame: pd.DataFrame, numbers: pd.Index, values: NDArray[np.float64], dtype: type[np.generic]
) -> pd.DataFrame:
    """``frame`` with its ``numbers``, whose cells are ``values``, of one type; at once where all are numbers."""
    if len(numbers) == len(frame.columns):
        return pd.DataFrame(values.astype(dtype), columns=frame.columns, copy=False)
    return frame.astype(dict.fromkeys(numbers, dtype))


def _compact_type(values: NDArray[np.float64]) -> type[np.generic]:
    """The smallest of uint8, float32 and float64 that holds every value (n, d) exactly."""
    in_range = np.isfinite(values).all() and values.min(initial=0) >= 0 and values.max(initial=0) <= 255
    if in_range and np.array_equal(values, values.astype(np.uint8)) and not np.signbit(values).any():
        return np.uint8
    with np.errstate(over="ignore"):
        lossless = np.array_equal(values, values.astype(np.float32), equal_nan=True)
    return np.float32 if lossless else np.float64


def provenance(path: Path) -> dict[str, Any]:
    """What a batch file says of itself; only its footer is read."""
    return provenance_of(_open_file(path).schema_arrow)


def has_columns(target: Path, names: tuple[str, ...]) -> bool:
    """True if ``target`` is a complete landed batch with these columns."""
    try:
        return target.is_file() and feature_names(target) == names
    except InputError:
        return False


def provenance_of(schema: pa.Schema) -> dict[str, Any]:
    """What a batch file says of itself."""
    found: dict[str, Any] = json.loads((schema.metadata or {}).get(PROVENANCE, b"{}"))
    return found


def describe(path: Path, dataset: str) -> LandedBatch:
    """What the footer of a batch file tells; an unreadable file has 0 rows."""
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="microseconds")
    provenance: dict[str, Any] = {"source": path.name, "landed_at": written, "rows": 0, "label": ""}
    try:
        file = _open_file(path)
        provenance["rows"] = file.metadata.num_rows
        known = provenance_of(file.schema_arrow)
        provenance |= {name: known[name] for name in provenance if name in known}
    except ValueError:
        pass
    return LandedBatch(dataset=dataset, id=path.stem, path=path, **provenance)


def _write_atomically(table: pa.Table, target: Path) -> None:
    with replacing(target) as partial:
        pyarrow.parquet.write_table(table, partial, compression="zstd", row_group_size=65_536)


def _open_file(path: Path) -> pyarrow.parquet.ParquetFile:
    try:
        return pyarrow.parquet.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from error


def _open(path: Path) -> pa.Table:
    try:
        return _open_file(path).read()
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> InputError:
    cause = str(error).splitlines()[0].rstrip(".")
    return InputError(f"The batch {Path(path).name} cannot be opened ({cause})", "Ingest its source file again")
