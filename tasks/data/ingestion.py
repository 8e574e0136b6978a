"""Landing: read a source file, name it by its content, and write it once as a compact Parquet batch.

A landed batch lies in ``data/incoming/<dataset>/<batch id>.parquet``: feature columns of one type (uint8 or
float32 where that loses nothing, else float64), then ``label``. Its provenance is in the schema metadata.
"""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import DTypeLike, NDArray
from prefect import task

from greenlightning.data.batch import content_id
from greenlightning.data.labels import Label
from greenlightning.errors import InputError
from tasks.core.workspace import Workspace
from tasks.data.batch_index import pointer_path, read_pointer
from tasks.data.labels import LABEL, tidy_labels
from tasks.data.numeric_table import numeric_table
from tasks.data.reading import ReadOptions, read_table

__all__ = [
    "BatchContent",
    "LandedBatch",
    "describe",
    "feature_names",
    "land",
    "load_batch",
    "read_content",
    "waiting",
]

PROVENANCE = b"greenlightning"


@dataclass(frozen=True, eq=False)
class BatchContent:
    """The rows of a batch: inputs (n, d), labels (n,) with None where one is missing, and the columns' names."""

    X: NDArray[Any]
    y: NDArray[Any]
    features: tuple[str, ...]

    @property
    def classes(self) -> list[Label]:
        """The labels that occur, sorted."""
        return sorted({label for label in self.y.tolist() if label is not None})


@dataclass(frozen=True)
class LandedBatch:
    """A batch on disk, not yet versioned: its name, its file and its source."""

    dataset: str
    id: str
    path: Path
    rows: int
    source: str
    landed_at: str
    notes: tuple[str, ...] = field(default=(), compare=False)
    known_content: BatchContent | None = field(default=None, repr=False, compare=False)

    @cached_property
    def content(self) -> BatchContent:
        """Its rows, as ``land`` handed them on, or read from the file once; InputError where it cannot be read."""
        return self.known_content or read_content(self.path)


@task(task_run_name="land {dataset} {path}", persist_result=False)
def land(path: Path, dataset: str, label_column: str = LABEL, options: ReadOptions | None = None) -> LandedBatch:
    """Read ``path`` and write it into incoming/ under its content's name; the same content lands once.

    Content that is versioned already gets its first provenance, and so the same bytes, again.
    Raises InputError for whatever is wrong with the file; the file itself is left where it is.
    """
    table = read_table(path, replace(options or ReadOptions(), label=label_column))
    frame = numeric_table(Path(path), table.frame, label_column)
    y = frame.pop(LABEL).to_numpy()
    inputs = frame.to_numpy(dtype=np.float64)
    batch_id = content_id(inputs, y)
    target = Workspace.current().incoming(dataset) / f"{batch_id}.parquet"
    if _same_columns(target, tuple(frame.columns)):
        return replace(describe(target, dataset), notes=table.notes)
    first = read_pointer(pointer_path(dataset, batch_id), dataset)
    source = first.source if first else Path(path).name
    landed_at = first.landed_at if first else _iso(datetime.now(UTC))
    provenance = {"source": source, "landed_at": landed_at, "rows": len(frame)}
    dtype = _compact_type(frame, inputs)
    _write_atomically(_batch_table(frame, y, dtype, provenance), target)
    X = inputs.astype(_loaded_type(dtype), order="C", copy=False)
    content = BatchContent(X, tidy_labels(y.tolist()), tuple(frame.columns))
    return LandedBatch(dataset, batch_id, target, len(frame), source, landed_at, table.notes, content)


def waiting(dataset: str) -> list[LandedBatch]:
    """The batches in incoming/ in the order in which they landed; an unreadable one has 0 rows."""
    files = Workspace.current().incoming(dataset).glob("*.parquet")
    return sorted((describe(path, dataset) for path in files), key=lambda batch: (batch.landed_at, batch.id))


def load_batch(path: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    """Open a batch file: inputs (n, d) float32, or float64 where they need it, and labels (n,).

    Raises InputError if the file is damaged or not a batch. Missing labels are None in an object array.
    """
    content = read_content(path)
    return content.X, content.y


def read_content(path: Path) -> BatchContent:
    """Read a batch file; InputError if it is damaged or not a batch."""
    table = _open(path)
    if LABEL not in table.column_names:
        raise InputError(f"{Path(path).name} has no column {LABEL!r}", "Land it with `greenlightning ingest`")
    features = table.drop_columns([LABEL])
    kinds = {str(kind) for kind in features.schema.types}
    if unknown := sorted(kinds - {"uint8", "float", "double"}):
        raise InputError(
            f"{Path(path).name} has a feature column of type {unknown[0]}",
            "Land it with `greenlightning ingest`",
        )
    columns = np.empty(features.shape[::-1], dtype=_stack_type(kinds))
    for index, column in enumerate(features.columns):
        columns[index] = column.to_numpy()
    X = columns.T.astype(_loaded_type(columns.dtype), order="C")
    return BatchContent(X, tidy_labels(table[LABEL].to_pylist()), tuple(features.column_names))


def feature_names(path: Path) -> tuple[str, ...]:
    """The feature columns of a batch file, in order; only its footer is read."""
    return tuple(name for name in _open_file(path).schema_arrow.names if name != LABEL)


def _stack_type(kinds: set[str]) -> type[np.generic]:
    if "double" in kinds:
        return np.float64
    return np.uint8 if kinds == {"uint8"} else np.float32


def _loaded_type(stored: DTypeLike) -> type[np.generic]:
    """The type in which inputs of a stored type are computed with."""
    return np.float64 if stored == np.float64 else np.float32


def _batch_table(
    frame: pd.DataFrame, y: NDArray[Any], dtype: type[np.generic], provenance: dict[str, Any]
) -> pa.Table:
    columns = [pa.array(frame[name].to_numpy(dtype=dtype)) for name in frame.columns]
    metadata = {PROVENANCE: json.dumps(provenance, sort_keys=True).encode()}
    table = pa.table([*columns, pa.array(y.tolist())], names=[*frame.columns, LABEL])
    return table.replace_schema_metadata(metadata)


def _compact_type(frame: pd.DataFrame, values: NDArray[np.float64]) -> type[np.generic]:
    """The smallest of uint8, float32 and float64 that holds every value of ``frame`` exactly."""
    if all(dtype == np.uint8 for dtype in frame.dtypes):
        return np.uint8
    in_range = np.isfinite(values).all() and values.min() >= 0 and values.max() <= 255
    if in_range and np.array_equal(values, values.astype(np.uint8)) and not np.signbit(values).any():
        return np.uint8
    with np.errstate(over="ignore"):
        lossless = np.array_equal(values, values.astype(np.float32), equal_nan=True)
    return np.float32 if lossless else np.float64


def _same_columns(target: Path, names: tuple[str, ...]) -> bool:
    """True if ``target`` is a complete landed batch with these columns; its id depends on the values only."""
    try:
        return target.is_file() and feature_names(target) == names
    except InputError:
        return False


def describe(path: Path, dataset: str) -> LandedBatch:
    """What the footer of a batch file tells; an unreadable file has 0 rows."""
    written = _iso(datetime.fromtimestamp(path.stat().st_mtime, UTC))
    provenance: dict[str, Any] = {"source": path.name, "landed_at": written, "rows": 0}
    try:
        file = _open_file(path)
        provenance["rows"] = file.metadata.num_rows
        provenance |= json.loads((file.schema_arrow.metadata or {}).get(PROVENANCE, b"{}"))
    except ValueError:
        pass
    return LandedBatch(dataset=dataset, id=path.stem, path=path, **provenance)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


def _write_atomically(table: pa.Table, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{uuid4().hex}")
    try:
        pyarrow.parquet.write_table(table, partial, compression="zstd", row_group_size=65_536)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


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
