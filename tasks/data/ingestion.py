"""Landing: read a source file, bring it into the form of its schema, and write it under its content's name.

A landed batch lies in ``data/incoming/<dataset>/<batch id>.parquet`` (see ``tasks.data.batch_files``).
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from greenlightning.tables import Column, ConformedTable, Kind, TableSchema
from greenlightning.tables.dates import guessed_format
from greenlightning.tables.identity import table_id
from greenlightning.tables.inference import NO_DATES
from tasks.core.faults import Fault, reached
from tasks.core.steps import task
from tasks.core.workspace import Workspace
from tasks.data.batch_files import BatchContent, LandedBatch, describe, gaps_in, has_columns, write_batch
from tasks.data.batch_index import BatchRef, batch_path, known_batch
from tasks.data.reading import DETECTED, Reading, ReadOptions, read_table
from tasks.data.schemas import (
    DECLARED,
    Declared,
    checked_table,
    fitted_table,
    known_schema,
    read_options,
    save_schema,
    schema_path,
)

SHOWN = 3
NOTHING: Mapping[str, Any] = MappingProxyType({})


@task(task_run_name="land {path.name}", persist_result=False)
def land(
    path: Path,
    dataset: str,
    declared: Declared = DECLARED,
    options: ReadOptions | None = None,
    read: tuple[Column, ...] = (),
) -> LandedBatch:
    """Read ``path`` and write it into incoming/ under its content's name; the same content lands once.

    It keeps the columns of the dataset's schema, and those that the champion ``read`` when it was trained.

    Content that is versioned already gets its first provenance, and so the same bytes, again.
    Raises InputError for whatever is wrong with the file; the file itself is left where it is.
    """
    path = Path(path)
    source = read_table(path, read_options(dataset, declared, options))
    schema, table = fitted_table(source.frame, dataset, path.name, declared, read)
    known = known_schema(dataset)
    first = [*_task_notes(schema, table), *_mixed_notes(schema), *_unused_notes(schema)] if known is None else []
    if schema != known or not schema_path(dataset).is_file():
        save_schema(dataset, schema)
    landed = write_landed(table, schema, dataset, path.name)
    gaps = [gaps_in(table.y)] if table.y is not None else []
    notes = (*source.notes, *first, *gaps, *table.notes, *_identifier_notes(schema, table.frame))
    return replace(landed, notes=tuple(filter(None, notes)))


def _task_notes(schema: TableSchema, table: ConformedTable) -> list[str]:
    """A note on a regression that numbers in the label column decided, or on classes that look like dates."""
    if schema.task == "regression":
        reason = f"the task is regression: {schema.task_reason}; --task classification declares the other"
        return [] if schema.task_reason == "declared" else [reason]
    if schema.labels != "str" or table.y is None:
        return []
    texts = pd.Series(sorted({label for label in table.y.tolist() if label}), dtype="str")
    if texts.empty or not guessed_format(texts):
        return []
    return [f"the labels look like dates, such as {texts.iloc[0]!r}; if they are no classes, declare --label"]


def _mixed_notes(schema: TableSchema) -> list[str]:
    """Notes on columns of text that would be dates but for some cells."""
    return [
        f"column {column.name!r} is {column.kind}{NO_DATES}{column.reason.partition(NO_DATES)[2]}"
        for column in schema.columns
        if NO_DATES in column.reason
    ]


def _unused_notes(schema: TableSchema) -> list[str]:
    """A note on the columns that are not learnt though nobody asked for it."""
    found = [one for one in schema.columns if not one.kind.is_feature and one.reason != "declared"]
    if not found:
        return []
    named = [f"{one.name!r} ({one.reason.partition(NO_DATES)[0]})" for one in found]
    more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    return [f"not learnt: {', '.join(named[:SHOWN])}{more}"]


def _identifier_notes(schema: TableSchema, frame: pd.DataFrame) -> list[str]:
    """A note on each identifier that does not name every row."""
    notes = []
    for name in schema.of_kind(Kind.IDENTIFIER):
        known = frame[name].dropna()
        if (different := known.nunique()) < len(frame):
            found = "1 value" if different == 1 else f"{different:,} values"
            notes.append(f"identifier {name!r} does not name each row: {found} in {len(frame):,} rows")
    return notes


def site_content(
    path: Path, schema: TableSchema, reading: Reading = DETECTED
) -> tuple[BatchContent, str, tuple[str, ...]]:
    """The rows of a site's file in the form of ``schema``, their batch id, and notes; nothing is written."""
    source = read_table(path, replace(reading.options(), label=schema.label, keep=schema.stored))
    table = checked_table(source.frame, schema, path.name)
    assert table.y is not None
    content = BatchContent(table.frame, table.y, schema.task)
    return content, table_id(table.frame, table.y), (*source.notes, *table.notes)


def write_landed(
    table: ConformedTable, schema: TableSchema, dataset: str, source: str, about: Mapping[str, Any] = NOTHING
) -> LandedBatch:
    """Write a labelled table, and what its footer tells ``about`` it, into incoming/; once for each content."""
    y = table.y
    assert y is not None
    batch_id = table_id(table.frame, y)
    target = Workspace.current().incoming(dataset) / f"{batch_id}.parquet"
    if has_columns(target, tuple(table.frame.columns)):
        with suppress(FileNotFoundError):  # another process has versioned it meanwhile
            return describe(target, dataset)
    first = _first_time(dataset, batch_id)
    landed_at = first.landed_at if first else datetime.now(UTC).isoformat(timespec="microseconds")
    name = first.source if first else source
    label = first.label if first else schema.label
    provenance = {"source": name, "landed_at": landed_at, "rows": len(table.frame)}
    provenance |= {"label": label} if label else {}
    task_of = {} if schema.task == "classification" else {"task": schema.task}
    content = write_batch(table.frame, y, provenance | task_of | dict(about), target)
    reached(Fault.LANDED)
    return LandedBatch(dataset, batch_id, target, len(table.frame), name, landed_at, label, content)


def _first_time(dataset: str, batch_id: str) -> BatchRef | LandedBatch | None:
    """The batch as it first landed: from its pointer, or from its data where the pointer is damaged or missing."""
    if known := known_batch(dataset, batch_id):
        return known
    data = batch_path(dataset, batch_id)
    return describe(data, dataset) if data.is_file() else None
