"""Whatever is wrong with files is decided here, before a flow run starts; nothing heavy is imported."""

from collections.abc import Sequence
from pathlib import Path

from greenlightning.errors import InputError
from tasks.core.workspace import checked_name
from tasks.data.arrivals import files_of, wait_until_written
from tasks.data.numeric_table import check_label
from tasks.data.reading import Reading, ReadOptions, read_ahead


def check_files(paths: Sequence[Path], dataset: str, label: str, labels: Path | None, settings: Reading) -> None:
    """Read every file; InputError where none of them can be used.

    Where some can, the flow brings those in and names the others.
    """
    checked_name(dataset)
    files = files_of(paths)
    faults = [fault for file in files if (fault := _fault(file, settings.options(label, labels), settings.wait))]
    if len(faults) < len(files):
        return
    if len(files) == 1:
        raise faults[0]
    raise InputError(f"None of the {len(files)} files can be used: {faults[0].cause}", faults[0].remedy)


def _fault(file: Path, options: ReadOptions, wait: float) -> InputError | None:
    try:
        wait_until_written(file, wait)
        check_label(file, list(read_ahead(file, options).columns), options.label)
    except InputError as error:
        return error
    return None
