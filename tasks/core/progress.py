"""Progress of long work: steps tell it, whoever shows it (a terminal, a dashboard) listens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str, int, int], None]
_listeners: list[Listener] = []


def report_progress(what: str, done: int, total: int) -> None:
    """Say that ``done`` of ``total`` parts of ``what`` are done."""
    for listener in _listeners:
        listener(what, done, total)


@contextmanager
def progress_listener(listener: Listener) -> Iterator[None]:
    """Have ``listener(what, done, total)`` called by every ``tell`` inside."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
