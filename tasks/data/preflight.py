"""Whatever is wrong with files is decided here, before a flow run starts; nothing heavy is imported."""

from collections.abc import Sequence
from pathlib import Path

from greenlightning.errors import InputError
from tasks.core.workspace import checked_name
from tasks.data.arrivals import files_of, wait_until_written
from tasks.data.late_labels import read_labels, without_labels
from tasks.data.reading import Reading, read_ahead
from tasks.data.schemas import Declared, fitted_table, known_schema, read_options


def check_files(
    paths: Sequence[Path], dataset: str, declared: Declared, labels: Path | None, settings: Reading
) -> None:
    """Read every file and fit it to its schema; InputError where none of them can be used.

    Where some can, the flow brings those in and names the others.
    """
    checked_name(dataset)
    files = files_of(paths)
    options = read_options(dataset, declared, settings.options(labels))

    def fault(file: Path) -> InputError | None:
        try:
            wait_until_written(file, settings.wait)
            frame = read_ahead(file, options)
            fitted_table(frame, dataset, file.name, declared)
        except InputError as error:
            return error
        return None

    faults = [found for file in files if (found := fault(file))]
    if len(faults) < len(files):
        return
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
