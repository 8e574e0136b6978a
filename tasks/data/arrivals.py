"""The files that a call names: folders and globs opened up, and none that is still being written."""

import re
import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from greenlightning.errors import InputError
from greenlightning.tables import Column, Kind
from greenlightning.tables.values import canonical
from tasks.data.reading import TABLE_SUFFIXES, ReadOptions, check_name, format_suffix, read_table

PARTIAL = (".part", ".partial", ".filepart", ".crdownload", ".download", ".tmp", ".swp")
FRESH, QUIET, WAIT = 2.0, 0.3, 10.0
"""Seconds: a file changed so lately may still be written; it is complete if it rests so long; the longest wait."""


def files_of(paths: Sequence[Path]) -> list[Path]:
    """The files, those of a folder that are tables by their suffix, and those that a glob finds; by natural order.

    Raises InputError where a path leads to no file.
    """
    found: list[Path] = []
    for path in paths:
        check_name(path)
        if path.is_dir():
            opened = [file for file in path.iterdir() if file.is_file() and _is_table(file)]
            missing = f"The folder {path} has no table"
        elif path.exists() or not re.search(r"[*?\[]", str(path)):
            opened, missing = [path], ""
        else:
            root = Path(path.anchor)
            opened = [file for file in root.glob(str(path.relative_to(root))) if file.is_file()]
            missing = f"{path} does not exist, and no file fits it"
        if not opened:
            raise InputError(missing, "Check the path")
        found += sorted(opened, key=natural_order)
    return list(dict.fromkeys(found))


def natural_order(path: Path) -> list[str | int]:
    """A key that puts day-9 before day-10."""
    return [int(part) if part.isdecimal() else part.casefold() for part in re.split(r"(\d+)", str(path))]


def _is_table(file: Path) -> bool:
    return not file.name.startswith((".", "~", "_")) and format_suffix(file) in TABLE_SUFFIXES


def by_event_time(files: Sequence[Path], time: str | None, options: ReadOptions) -> list[Path]:
    """The files in the order of their first event; without a time column as they are, unreadable ones last."""
    if time is None or len(files) < 2:
        return list(files)
    latest = pd.Timestamp.max
    return sorted(files, key=lambda file: _first_event(file, time, options) or latest)


def _first_event(file: Path, time: str, options: ReadOptions) -> pd.Timestamp | None:
    try:
        frame = read_table(file, options).frame
        moments = pd.Series(canonical(frame[time], Column(time, Kind.DATETIME), file.name))
    except (InputError, KeyError):
        return None
    first: pd.Timestamp = moments.min()
    return None if pd.isna(first) else first


def wait_until_written(path: Path, longest: float = WAIT) -> None:
    """Wait until a file that changed just now rests; InputError where it does not, or has the name of a part."""
    if path.name.lower().endswith(PARTIAL) or path.name.startswith("~$"):
        raise InputError(f"{path.name} is a file that is still being written", "Give it when it is complete")
    end = time.monotonic() + longest
    while path.is_file() and time.time() - path.stat().st_mtime < FRESH:
        before = _stamp(path)
        time.sleep(QUIET)
        if _stamp(path) == before:
            return
        if time.monotonic() > end:
            raise InputError(
                f"{path.name} is still being written after {longest:g} s", "Give it when it is complete"
            )


def _stamp(path: Path) -> tuple[int, int]:
    about = path.stat()
    return about.st_size, about.st_mtime_ns
