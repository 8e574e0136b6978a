"""Turns: one process at a time lands, judges, moves or versions a batch."""

from collections.abc import Iterator
from contextlib import contextmanager
from zlib import crc32

from tasks.core.workspace import Workspace

SLOTS = 16
"""Lock files of a workspace: batches that share one wait for each other, and their number stays the same."""


@contextmanager
def turn_of(batch: str, longest: float = 3600) -> Iterator[None]:
    """Hold the batch; other processes with the same content wait, and find what was done with it."""
    from filelock import FileLock

    folder = Workspace.current().locks
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FileLock(folder / f"batch-{crc32(batch.encode()) % SLOTS:02}.lock", timeout=longest):
        yield
