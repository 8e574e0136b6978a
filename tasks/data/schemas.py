"""The column schema of a dataset: learnt from its first file, kept as YAML that people may edit."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field

from greenlightning.errors import InputError, NothingServedError
from greenlightning.tables import Column, ConformedTable, Kind, TableEncoder, TableSchema, conform, infer_schema
from greenlightning.tables.inference import EMPTY, UNIQUE_ROWS, column_of, with_values
from greenlightning.tables.labels import label_kind
from tasks.core.atomic import write_text
from tasks.core.workspace import Workspace, checked_name
from tasks.data.batch_files import read_content, waiting
from tasks.data.batch_index import HOLDOUT, batch_path, batches, survey
from tasks.data.readers.header import counts_up
from tasks.data.readers.source import LABEL, SHEETS, UNITS
from tasks.data.reading import ReadOptions

IN_UNIT = "numbers, in "
COUNTS = "it counts the rows, as the index that pandas writes does; index=False does not write it"
SHOWN = 5
HEADER = """\
# The column schema of {dataset}: what each column holds. Edit it, then train again to take it on.
# Kinds: numeric, categorical, boolean, datetime, identifier (kept, not learnt), ignored (left out).
"""


class Declared(BaseModel):
    """The label column, identifiers, event time and kinds of columns; what is not given is seen in the cells."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str | None = Field(None, description="label column (default: that of the schema, else label)")
    task: Literal["auto", "classification", "regression"] = Field("auto", description="what is learnt")
    ignore: tuple[str, ...] = Field((), description="columns to leave out")
    identifiers: tuple[str, ...] = Field((), description="columns that name a row: kept, not learnt")
    time: str | None = Field(None, description="column of the event time")
    categorical: tuple[str, ...] = Field((), description="columns whose numbers are codes")
    extra_columns: Literal["leave out", "refuse"] = Field(
        "leave out", description="what happens to a column that the schema does not know"
    )

    @property
    def about_columns(self) -> bool:
        """Whether anything is declared that the schema keeps."""
        return self.model_dump(exclude={"extra_columns"}) != DECLARED.model_dump(exclude={"extra_columns"})


DECLARED = Declared()


def schema_path(dataset: str) -> Path:
    """Where the schema of a dataset is; a holdout has that of its dataset."""
    name = checked_name(dataset.removesuffix(HOLDOUT))
    return Workspace.current().root / "data" / "schemas" / f"{name}.yaml"


def known_schema(dataset: str) -> TableSchema | None:
    """The schema of a dataset, None before its first file; InputError where the YAML is not one."""
    path = schema_path(dataset)
    return _schema_in(path.read_bytes(), path.name) if path.is_file() else _schema_of_batches(dataset)


@lru_cache(maxsize=16)
def _schema_in(text: bytes, name: str) -> TableSchema:
    """The schema in a file called ``name``; a landing asks for it several times."""
    try:
        content: Any = yaml.load(text.decode(), Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        cause = " ".join(str(error).split())
        raise InputError(f"{name} is not YAML ({cause})", "Correct it, or delete it") from error
    if not isinstance(content, dict):
        raise InputError(f"{name} is not a schema", "Correct it, or delete it")
    return TableSchema.from_dict(content, name)


def schema_of(dataset: str) -> TableSchema:
    """The schema of a dataset; NothingServedError where it has none yet."""
    if found := known_schema(dataset):
        return found
    raise NothingServedError(
        f"Dataset {dataset!r} has no schema yet", f"Ingest its first file: greenlightning ingest FILE -d {dataset}"
    )


def check_label(dataset: str, schema: TableSchema) -> None:
    """Raise InputError for a label that no batch of the dataset was read with; a batch keeps no other one."""
    labels = [ref.label for ref in survey(dataset)[0]] + [batch.label for batch in waiting(dataset)]
    held = sorted(filter(None, {*labels}))
    if held and schema.label not in held:
        columns = [*held, *schema.names]
        shown = ", ".join(columns[:SHOWN]) + (", …" if len(columns) > SHOWN else "")
        raise InputError(
            f"{schema_path(dataset).name} names the label {schema.label!r}, and the batches of {dataset!r} have "
            f"theirs from {' and '.join(map(repr, held))} (columns: {shown})",
            f"Set it back with: greenlightning schema -d {dataset} --label {held[0]}; for another label, begin "
            "another dataset",
        )


def frozen_schema(dataset: str, encoder: TableEncoder | None) -> TableSchema:
    """The schema that a model's encoder was frozen with; without an encoder, that of the dataset."""
    return encoder.schema if encoder else schema_of(dataset)


def save_schema(dataset: str, schema: TableSchema) -> Path:
    """Write the schema of a dataset."""
    path = schema_path(dataset)
    text = yaml.safe_dump(schema.to_dict(), sort_keys=False, allow_unicode=True)
    write_text(path, HEADER.format(dataset=dataset) + text)
    return path


def save_agreed(dataset: str, encoder: TableEncoder) -> None:
    """Write the schema that sites agreed on, and the encoder, which the next training uses."""
    folder = _agreed_folder(dataset)
    folder.mkdir(parents=True, exist_ok=True)
    encoder.save(folder)
    save_schema(dataset, encoder.schema)


def agreed_encoder(dataset: str, schema: TableSchema) -> TableEncoder | None:
    """The encoder that sites agreed on for this schema; None where they did not, or it was declared otherwise."""
    if not (folder := _agreed_folder(dataset)).is_dir():
        return None
    encoder = TableEncoder.load(folder)
    return encoder if encoder.schema.canonical_json() == schema.canonical_json() else None


def _agreed_folder(dataset: str) -> Path:
    return schema_path(dataset).with_suffix(".agreed")


def read_options(dataset: str, declared: Declared, options: ReadOptions | None = None) -> ReadOptions:
    """The options for a dataset's files: their label column and columns, as declared and as in its schema."""
    known = known_schema(dataset)
    label = declared.label or (known.label if known else LABEL)
    times = (declared.time,) if declared.time else ()
    named = (*declared.identifiers, *declared.categorical, *times, *(known.stored if known else ()))
    return replace(options or ReadOptions(), label=label, keep=named)


def time_of(dataset: str, declared: Declared) -> str | None:
    """The column of the event time, as declared or as in the schema."""
    known = known_schema(dataset)
    return declared.time or (known.time if known else None)


def fitting_schema(dataset: str, frame: pd.DataFrame, declared: Declared = DECLARED) -> TableSchema:
    """The schema for a file: the known one with what is declared, or one learnt from its table.

    Until a batch is versioned, a file with other columns starts it again, and empty columns are looked at again.
    """
    known = known_schema(dataset)
    if known and not any(survey(dataset.removesuffix(HOLDOUT))):
        known = _without_empty(dataset, known, frame) if set(known.stored) <= set(frame.columns) else None
    if known is None:
        return _learnt(frame, declared)
    others = declared.model_copy(update={"label": None})
    return redeclared(known, others, frame) if others.about_columns else known


def _without_empty(dataset: str, known: TableSchema, frame: pd.DataFrame) -> TableSchema:
    """The schema with what this file shows of the columns that were empty in the file before."""
    found = {
        column.name: column_of(frame[column.name])
        for column in known.columns
        if column.reason == EMPTY and column.name in frame
    }
    if not found or _agreed_folder(dataset).is_dir():
        return known
    columns = tuple(found.get(column.name, column) for column in known.columns)
    return with_values(replace(known, columns=columns), frame)


def fitted_table(
    frame: pd.DataFrame, dataset: str, source: str, declared: Declared, read: Iterable[Column] = ()
) -> tuple[TableSchema, ConformedTable]:
    """A file's schema, and its table in that form; an InputError names the file.

    The table keeps what the champion ``read`` when it was trained too, as far as the file has it: a column that is
    ignored now is stored until the next ``train``.
    """
    try:
        schema = fitting_schema(dataset, frame, declared)
        stored = schema.storing(column for column in read if column.name in frame.columns)
        return schema, checked_table(frame, stored, source, declared)
    except InputError as error:
        if source in error.cause:
            raise
        raise InputError(f"{source}: {error.cause}", error.remedy) from error


def checked_table(
    frame: pd.DataFrame, schema: TableSchema, source: str, declared: Declared = DECLARED
) -> ConformedTable:
    """A file's table in the form of its schema; InputError where column, unit, cell or labels do not fit.

    A label column that is declared for this file takes the name that the schema has for it.
    """
    check_units(frame, schema, source)
    if declared.label and declared.label != schema.label and declared.label in frame.columns:
        frame = frame.drop(columns=schema.label, errors="ignore").rename(columns={declared.label: schema.label})
    if schema.label not in frame.columns:
        shown = ", ".join(frame.columns[:SHOWN]) + (", …" if frame.shape[1] > SHOWN else "")
        raise InputError(
            f"{source} has no label column {schema.label!r} (its columns: {shown})",
            _label_named(frame, schema.label),
        )
    return conform(frame, schema, source=source, extra=declared.extra_columns)


def _label_named(frame: pd.DataFrame, label: str) -> str:
    sheets = frame.attrs.get(SHEETS)
    other = f", or another sheet with --sheet: {', '.join(sheets)}" if sheets else ""
    return f"Call it {label!r} in the file, or name it with --label where it is ingested{other}"


def redeclared(known: TableSchema, declared: Declared, frame: pd.DataFrame | None = None) -> TableSchema:
    """A known schema with the columns, the label, the time or the task declared otherwise."""
    kinds = {
        Kind.IGNORED: declared.ignore,
        Kind.IDENTIFIER: declared.identifiers,
        Kind.CATEGORICAL: declared.categorical,
    }
    schema = known
    for kind, names in kinds.items():
        schema = schema.declaring(kind, names)
    about = {"label": declared.label or known.label, "time": declared.time or known.time}
    if declared.task not in ("auto", known.task):
        about |= {"task": declared.task, "task_reason": "declared"}
    schema = TableSchema.from_dict(schema.to_dict() | about)
    return schema if frame is None else with_values(schema, frame)


def _learnt(frame: pd.DataFrame, declared: Declared) -> TableSchema:
    label = declared.label or LABEL
    about = declared.model_dump(exclude={"label", "extra_columns"})
    found = infer_schema(frame, label=label if label in frame.columns else None, **about)
    return _with_units(_with_counter(replace(found, label=label), frame), frame)


def _with_counter(schema: TableSchema, frame: pd.DataFrame) -> TableSchema:
    """The schema in which a first column that counts the rows from 0 or 1, as an index does, is no feature."""
    first = schema.columns[0]
    counts = first.name == frame.columns[0] and first.kind is Kind.NUMERIC and counts_up(frame[first.name])
    is_asked = first.name == schema.time
    if not counts or is_asked or len(frame) < UNIQUE_ROWS or frame[first.name].iloc[0] not in (0, 1):
        return schema
    if len(schema.features) == 1:
        return schema
    return replace(schema, columns=(replace(first, kind=Kind.IGNORED, reason=COUNTS), *schema.columns[1:]))


def _with_units(schema: TableSchema, frame: pd.DataFrame) -> TableSchema:
    """The schema with the units in which the numbers of the first file were written, as reasons."""
    units = frame.attrs.get(UNITS, {})
    columns = tuple(
        replace(column, reason=IN_UNIT + units[column.name])
        if column.name in units and column.kind is Kind.NUMERIC
        else column
        for column in schema.columns
    )
    return replace(schema, columns=columns)


def check_units(frame: pd.DataFrame, schema: TableSchema, source: str) -> None:
    """Raise InputError for a column whose numbers are written in another unit than those of the first file."""
    units = frame.attrs.get(UNITS, {})
    for column in schema.columns:
        found, known = units.get(column.name), column.reason.removeprefix(IN_UNIT)
        if found and column.reason.startswith(IN_UNIT) and found != known:
            raise InputError(
                f"Column {column.name!r} of {source} is in {found!r}, and it was in {known!r} before",
                f"Convert it to {known!r}",
            )


def _schema_of_batches(dataset: str) -> TableSchema | None:
    """The schema of a dataset of version 0.1, whose batches are tables of numbers; None without a batch."""
    for ref in reversed(batches(dataset.removesuffix(HOLDOUT))):
        if (path := batch_path(ref.dataset, ref.id)).is_file():
            return _schema_of_batch(path)
    return None


@lru_cache(maxsize=16)
def _schema_of_batch(path: Path) -> TableSchema:
    """The schema of one batch of version 0.1, which never changes."""
    content = read_content(path)
    return TableSchema.of_numbers(content.features, label=LABEL, labels=label_kind(content.y))
