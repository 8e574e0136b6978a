"""Files that a command names: present, or possible to write."""

import os
from collections.abc import Iterable
from pathlib import Path

from greenlightning.errors import InputError


def check_present(files: Iterable[Path] | None) -> None:
    """Raise InputError for the first path that leads to no file."""
    for file in files or ():
        if not file.is_file():
            raise InputError(f"{file} does not exist or is not a file", "Check the path")


def check_writable(file: Path | None) -> None:
    """Raise InputError where a page cannot be written to ``file``."""
    if file is None:
        return
    if file.is_dir():
        raise InputError(f"{file} is a folder", "Give --output a file in it")
    folder = next(parent for parent in file.parents if parent.exists())
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise InputError(f"{file} cannot be written", "Give another file with --output")
