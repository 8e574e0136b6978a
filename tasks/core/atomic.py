"""Files written as a whole: a kill leaves the old content or the new one, and two writers never mix."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

PARTIAL = re.compile(r"\..+\.[0-9a-f]{32}")
"""The name of a file that is being written; one that a kill left has no meaning to anybody."""


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A path beside ``target`` to write to; the file takes its place when the block ends without an error."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_of(target)
    try:
        yield partial
        _flush(partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def partial_of(target: Path) -> Path:
    """A path beside ``target`` to write to, of a name of its own that ``PARTIAL`` knows."""
    return target.with_name(f".{target.name}.{uuid4().hex}")


def write_text(target: Path, text: str) -> None:
    """Write a text file as a whole, in UTF-8."""
    with replacing(target) as partial:
        partial.write_text(text, encoding="utf-8")


def _flush(path: Path) -> None:
    """Bring a file's bytes to the disk before its name appears: a loss of power leaves no empty file."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
