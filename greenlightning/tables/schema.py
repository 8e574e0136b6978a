"""The schema of a table: what each column holds, which one is the label, and the task that follows from it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal

from greenlightning.errors import InputError

Task = Literal["classification", "regression"]
SHOWN = 5


class Kind(StrEnum):
    """What a column holds, and so how it is encoded."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    IDENTIFIER = "identifier"
    IGNORED = "ignored"

    @property
    def is_feature(self) -> bool:
        """Whether the model sees the column."""
        return self not in (Kind.IDENTIFIER, Kind.IGNORED)


@dataclass(frozen=True)
class Column:
    """A column other than the label.

    Attributes
    ----------
    name : str
        Its name in the files.
    kind : Kind
        What it holds.
    reason : str
        Why it has that kind: "declared", or what was seen.
    categories : tuple of str
        Values of a categorical column in the first file, sorted; empty for over 64, and for other kinds.
    format : str
        How a date is written, as in ``strftime``, or "ISO8601"; empty for other kinds.
    """

    name: str
    kind: Kind
    reason: str = "declared"
    categories: tuple[str, ...] = ()
    format: str = ""


@dataclass(frozen=True)
class TableSchema:
    """The columns of a table, its label and its task.

    Attributes
    ----------
    columns : tuple of Column
        All columns but the label, in the order of the first file.
    label : str
        Name of the label column.
    task : {"classification", "regression"}
        What is learnt.
    task_reason : str
        Why it is that task.
    labels : str
        Type of the labels of a classification: "int", "float", "bool" or "str".
    time : str or None
        The column that holds the event time.
    """

    columns: tuple[Column, ...]
    label: str = "label"
    task: Task = "classification"
    task_reason: str = "declared"
    labels: str = "str"
    time: str | None = None

    def __post_init__(self) -> None:
        if self.time is not None and self.time not in self.names:
            raise InputError(f"The table has no time column {self.time!r}", "Name the column of the event time")

    @classmethod
    def of_numbers(cls, names: Iterable[Any], **about: Any) -> "TableSchema":
        """Return the schema of a table of plain numbers; ``about`` is its label and task, by default no label."""
        columns = tuple(Column(str(name), Kind.NUMERIC, "a number in each row") for name in names)
        return cls(columns, **{"label": "", **about})

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns but the label."""
        return tuple(column.name for column in self.columns)

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the columns that the model sees, in order."""
        return tuple(column.name for column in self.columns if column.kind.is_feature)

    @property
    def stored(self) -> tuple[str, ...]:
        """Names of the columns that a batch keeps: all but those ignored."""
        return tuple(column.name for column in self.columns if column.kind is not Kind.IGNORED)

    @property
    def identifier(self) -> str | None:
        """The identifier column that predictions keep: the first declared one, else the first; or None."""
        found = [column for column in self.columns if column.kind is Kind.IDENTIFIER]
        return min(found, key=lambda column: column.reason != "declared").name if found else None

    @property
    def inputs(self) -> "TableSchema":
        """The schema of the columns that the model sees, alone."""
        return replace(self, columns=tuple(c for c in self.columns if c.kind.is_feature), time=None)

    def of_kind(self, *kinds: Kind) -> tuple[str, ...]:
        """Names of the columns of these kinds, in order."""
        return tuple(column.name for column in self.columns if column.kind in kinds)

    def storing(self, columns: Iterable["Column"]) -> "TableSchema":
        """Return the schema that keeps these columns too, where it ignores or does not know them."""
        known, needed = ({column.name: column for column in each} for each in (self.columns, columns))
        stored = {name: column for name, column in known.items() if column.kind is not Kind.IGNORED}
        return replace(self, columns=tuple((known | needed | stored).values()))

    def declaring(self, kind: Kind, names: Iterable[str]) -> "TableSchema":
        """Return the schema with these columns of another kind.

        Raises
        ------
        InputError
            Where the table has no such column.
        """
        wanted = set(names)
        if unknown := sorted(wanted - set(self.names)):
            raise InputError(
                f"The table has no column {unknown[0]!r}", f"Its columns are {', '.join(self.names[:8])}"
            )
        columns = tuple(
            replace(column, kind=kind, reason="declared") if column.name in wanted else column
            for column in self.columns
        )
        return replace(self, columns=columns)

    def describe(self) -> list[dict[str, str]]:
        """Describe each column in words, the label last: its name, its kind, and why."""
        rows = []
        for column in self.columns:
            event = "event time; " if column.name == self.time else ""
            shown = ", ".join(column.categories[:SHOWN]) + (", …" if len(column.categories) > SHOWN else "")
            why = f"{event}{column.reason}" + (f": {shown}" if shown else "")
            rows.append({"column": column.name, "kind": str(column.kind), "why": why})
        return [*rows, {"column": self.label, "kind": f"label, {self.task}", "why": self.task_reason}]

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON and YAML."""
        columns = [
            {"name": column.name, "kind": str(column.kind), "reason": column.reason}
            | ({"categories": list(column.categories)} if column.categories else {})
            | ({"format": column.format} if column.format else {})
            for column in self.columns
        ]
        about = {"task": self.task, "task_reason": self.task_reason, "label": self.label, "labels": self.labels}
        return about | {"time": self.time, "columns": columns}

    @classmethod
    def from_dict(cls, content: dict[str, Any], source: str = "The schema") -> "TableSchema":
        """Invert ``to_dict``.

        Raises
        ------
        InputError
            Where the content is not a schema; the message names ``source``, the column and the fault.
        """
        try:
            columns = tuple(_column_of(entry) for entry in content["columns"])
            if content["task"] not in ("classification", "regression"):
                raise ValueError(f"{content['task']!r} is not a valid task")
            optional = {name: content[name] for name in ("task_reason", "labels", "time") if name in content}
            return cls(columns, label=content["label"], task=content["task"], **optional)
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, InputError):
                raise InputError(f"{source} cannot be read: {error.cause}", error.remedy) from error
            fault = f"it has no {error}" if isinstance(error, KeyError) else str(error)
            raise InputError(f"{source} cannot be read: {fault}", "Correct it, or delete it") from error

    def canonical_json(self) -> str:
        """Write what the digest of an encoder covers: names, kinds, label, task and time; no reasons."""
        columns = [(column.name, str(column.kind)) for column in self.columns]
        return json.dumps([columns, self.label, self.task, self.labels, self.time], ensure_ascii=False)


def _column_of(entry: dict[str, Any]) -> Column:
    """Read one column of a schema; InputError names it."""
    if not isinstance(entry, dict) or "name" not in entry:
        raise InputError(f"a column has no name ({entry})", "Give it one")
    name, kind = str(entry["name"]), str(entry.get("kind", ""))
    if kind not in {*Kind}:
        raise InputError(f"column {name!r} has the unknown kind {kind!r}", f"The kinds are {', '.join(Kind)}")
    values = tuple(str(value) for value in entry.get("categories") or ())
    return Column(name, Kind(kind), entry.get("reason", "declared"), values, entry.get("format", ""))
