"""Whatever is wrong with files is decided here, before a flow run starts; nothing heavy is imported."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from greenlightning.errors import InputError
from greenlightning.tables import ConformedTable, TableSchema
from tasks.core.workspace import checked_name
from tasks.data.arrivals import files_of, wait_until_written
from tasks.data.late_labels import read_labels, without_labels
from tasks.data.reading import Reading, read_ahead
from tasks.data.schemas import Declared, fitted_table, known_schema, read_options


@dataclass(frozen=True)
class Found:
    """The task that files show, and the classes among their labels."""

    task: str
    classes: frozenset[Any]

    @classmethod
    def of(cls, schema: TableSchema, table: ConformedTable) -> "Found":
        """The task of a schema, and the classes of a table; a regression has none."""
        labels = [] if table.y is None or schema.task == "regression" else table.y.tolist()
        return cls(schema.task, frozenset(label for label in labels if label is not None))


def check_files(
    paths: Sequence[Path], dataset: str, declared: Declared, labels: Path | None, settings: Reading
) -> Found | None:
    """Read every file and fit it to its schema; what the sound ones hold, None without a file.

    Where some can be used, the flow brings those in and names the others; InputError where none can.
    """
    checked_name(dataset)
    files = files_of(paths)
    options = read_options(dataset, declared, settings.options(labels))
    found: Found | None = None
    faults = []
    for file in files:
        try:
            wait_until_written(file, settings.wait)
            one = Found.of(*fitted_table(read_ahead(file, options), dataset, file.name, declared))
            found = replace(one, classes=one.classes | found.classes) if found else one
        except InputError as error:
            faults.append(error)
    if len(faults) < len(files) or not faults:
        return found
    if len(files) == 1:
        raise faults[0]
    raise InputError(f"None of the {len(files)} files can be used: {faults[0].cause}", faults[0].remedy)


def check_unlabelled(paths: Sequence[Path], dataset: str, label: str | None, settings: Reading) -> None:
    """Read every file that is to wait for labels; InputError for the first that cannot."""
    checked_name(dataset)
    options = read_options(dataset, Declared(label=label), settings.options())
    for file in files_of(paths):
        wait_until_written(file, settings.wait)
        without_labels(file, options)


def check_labels(path: Path, dataset: str, identifier: str, settings: Reading) -> None:
    """Read a file of labels and match it with the files that wait; InputError where that fails."""
    checked_name(dataset)
    known_schema(dataset)
    read_labels(path, dataset, identifier, settings.options())
