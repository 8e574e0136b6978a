"""A budget of memory for reading a file: one that would need more than its size explains is refused."""

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TypeVar

import psutil
import pyarrow as pa
import pyarrow.csv

from greenlightning.errors import InputError

MIB = 1 << 20
LEAST = 512 * MIB
GROWTH = 64
"""What a file may need: so many bytes, or so many for each of its own where that is more."""

T = TypeVar("T")
_limited = Lock()


def budget(size: int, most: int | None) -> int:
    """The bytes that a file of ``size`` bytes may need; ``most`` (MiB) overrides the default."""
    return most * MIB if most else max(LEAST, GROWTH * size)


@contextmanager
def bounded(path: Path, most: int | None = None) -> Iterator[None]:
    """Refuse a file whose reading needs more than its budget, with InputError.

    The kernel enforces it for the whole process (RLIMIT_AS), so no format and no library is left out.
    One file at a time is bounded.
    """
    if not _limited.acquire(blocking=False):
        yield
        return
    allowed = budget(path.stat().st_size, most)
    try:
        with _address_space(allowed):
            yield
    except (MemoryError, pa.ArrowMemoryError) as error:
        raise InputError(
            f"{path.name} needs more than {allowed // MIB:,} MiB of memory to be read",
            "Check that it is what it seems; if so allow more with --memory, or split it",
        ) from error
    finally:
        _limited.release()


def each_bounded(path: Path, parts: Iterator[T], most: int | None = None) -> Iterator[T]:
    """The parts of a file, each made within the budget."""
    while True:
        with bounded(path, most):
            part = next(parts, None)
        if part is None:
            return
        yield part


@contextmanager
def _address_space(more: int) -> Iterator[None]:
    """Let the process grow by so many bytes; only Linux counts them."""
    if sys.platform != "linux":
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = psutil.Process().memory_info().vms + more
    limits = [limit for limit in (soft, hard, most) if limit != resource.RLIM_INFINITY]
    with _arrow_on_one_thread():
        resource.setrlimit(resource.RLIMIT_AS, (min(limits), hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@contextmanager
def _arrow_on_one_thread() -> Iterator[None]:
    """Have Arrow reserve no memory ahead, and start its threads now: it aborts the process where it cannot.

    A thread of Arrow's that still holds bytes of Python's when the process ends aborts it too, so they are done
    with them first.
    """
    pool, threads, readers = pa.default_memory_pool(), pa.cpu_count(), pa.io_thread_count()
    pa.set_memory_pool(pa.system_memory_pool())
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    _wait_for_arrow()
    try:
        yield
    finally:
        _wait_for_arrow()
        pa.set_io_thread_count(readers)
        pa.set_cpu_count(threads)
        pa.set_memory_pool(pool)


def _wait_for_arrow() -> None:
    """Read a table that Python does not hold, on the one thread of each pool: what was begun ends before."""
    table = pa.BufferOutputStream()
    table.write(b"a\n1\n")
    pyarrow.csv.read_csv(pa.BufferReader(table.getvalue()))
