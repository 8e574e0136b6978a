"""Progress of long work: steps report it, and a terminal or dashboard listens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str, int, int], None]
_listeners: list[Listener] = []


def report_progress(what: str, done: int, total: int) -> None:
    """Report that ``done`` of ``total`` parts of ``what`` are done."""
    for listener in _listeners:
        listener(what, done, total)


@contextmanager
def progress_listener(listener: Listener) -> Iterator[None]:
    """Call ``listener(what, done, total)`` for every report inside the block."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
