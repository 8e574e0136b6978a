"""Disks that fail at the k-th change to a file, whoever makes it, and a real one that is soon full."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.core.faults import strike

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = ("os.rename", "os.link", "os.mkdir", "os.remove", "os.truncate", "os.symlink")
"""Audit events of Python that change a folder; the new name is the last but one or two of their arguments."""


@dataclass
class Disk:
    """Counts the changes below ``folder``, and fails at the one numbered ``at`` (from 1; 0: never)."""

    folder: str
    error: str = "EIO"
    at: int = 0
    changes: int = 0

    def changed(self) -> None:
        """Count a change; raise the error where it is its turn."""
        self.changes += 1
        if self.changes == self.at:
            strike(self.error)


_disk: Disk | None = None
_is_hooked = False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Python's audit hook: it sees what any library does through Python, before it is done."""
    if _disk is None:
        return
    if event == "open":
        path, _, flags = arguments
        if not (isinstance(flags, int) and flags & WRITING) or isinstance(path, int):
            return
    elif event in CHANGES:
        path = arguments[1] if event in ("os.rename", "os.link", "os.symlink") else arguments[0]
    else:
        return
    if isinstance(path, str | bytes | os.PathLike) and os.fsdecode(path).startswith(_disk.folder):
        _disk.changed()


@contextmanager
def failing(folder: Path, at: int = 0, error: str = "EIO") -> Iterator[Disk]:
    """Let the ``at``-th change below ``folder`` fail while the block runs; the disk that counted them."""
    global _disk, _is_hooked
    if not _is_hooked:
        sys.addaudithook(_hook)
        _is_hooked = True
    _disk = Disk(str(folder), error, at)
    try:
        yield _disk
    finally:
        _disk = None


@contextmanager
def mounted(place: Path, size: str) -> Iterator[str]:
    """Mount a tmpfs of a size while the block runs; why that was not possible, empty where it was."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        why_not = done.stderr.strip() or "mount failed" if done.returncode else ""
    except FileNotFoundError:
        why_not = "there is no mount here"
    if why_not:
        yield f"no tmpfs can be mounted: {why_not}"
        return
    try:
        yield ""
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
