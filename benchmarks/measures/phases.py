"""Where the seconds of a call go, phase by phase, without a timer in the code that is measured.

A phase is a set of functions, named from outside; while one of them runs, the clock runs for its phase, and for a
function called within for that one's phase alone. So the phases of a call add up to its wall time.
"""

import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from inspect import getattr_static
from typing import Any

OURS = ("flows", "tasks", "greenlightning")


class Clock:
    """Seconds and calls by phase, in the thread that made the clock; other threads' time is nobody's."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)
        self._thread = threading.get_ident()
        self._open: list[str] = []
        self._since = 0.0

    @contextmanager
    def within(self, phase: str) -> Iterator[None]:
        """Count for ``phase`` until the body ends."""
        if threading.get_ident() != self._thread:
            yield
            return
        self._turn()
        self._open.append(phase)
        self.calls[phase] += 1
        try:
            yield
        finally:
            self._turn()
            self._open.pop()

    def timed(self, phase: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with the clock running for ``phase`` while it runs."""

        @wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            with self.within(phase):
                return function(*args, **kwargs)

        return called

    def taken(self) -> dict[str, float]:
        """The seconds by phase since this was last asked."""
        taken = dict(self.seconds)
        self.seconds.clear()
        self.calls.clear()
        return taken

    def _turn(self) -> None:
        now = time.perf_counter()
        if self._open:
            self.seconds[self._open[-1]] += now - self._since
        self._since = now


def watch(clock: Clock, phases: Mapping[str, Sequence[str]]) -> None:
    """Have the clock run for each phase while its functions (``module:name``, ``module:Class.name``) run.

    For the length of the process. Raises AttributeError for a function that is not there any more.
    """
    for phase, functions in phases.items():
        for named in functions:
            module, _, path = named.partition(":")
            owner: Any = import_module(module)
            *classes, name = path.split(".")
            for inner in classes:
                owner = getattr(owner, inner)
            _replace(clock, phase, owner, name)


def _replace(clock: Clock, phase: str, owner: Any, name: str) -> None:
    found = getattr_static(owner, name)
    if hasattr(found, "fn"):  # a flow or task of Prefect's
        found.fn = clock.timed(phase, found.fn)
    elif isinstance(found, classmethod):
        setattr(owner, name, classmethod(clock.timed(phase, found.__func__)))
    else:
        timed = clock.timed(phase, found)
        setattr(owner, name, timed)
        for module in [m for key, m in sys.modules.items() if key.partition(".")[0] in OURS]:
            for alias in [alias for alias, value in vars(module).items() if value is found]:
                setattr(module, alias, timed)
