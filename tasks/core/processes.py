"""Who runs a run: a process named so that a later one of the same number is not mistaken for it."""

import socket
from collections.abc import Iterable
from contextlib import suppress

import psutil

CLOCK_TOLERANCE = 10.0
"""Seconds by which a process's start time may seem to move when the system clock is corrected."""


def name(pid: int) -> str:
    """Return ``host/pid/start time`` (seconds since the epoch) of a running process."""
    return f"{socket.gethostname()}/{pid}/{psutil.Process(pid).create_time():.2f}"


def has_died(process: str) -> bool:
    """Whether the named process has ended; one of another host, or of no name, is not ours to judge."""
    host, _, rest = process.partition("/")
    if host != socket.gethostname():
        return False
    pid, _, started = rest.partition("/")
    try:
        found = psutil.Process(int(pid))
        same = abs(found.create_time() - float(started)) < CLOCK_TOLERANCE
        return not same or found.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def pid_of(process: str) -> int | None:
    """The number of a named process that runs on this host, else None."""
    host, _, rest = process.partition("/")
    return None if host != socket.gethostname() or has_died(process) else int(rest.partition("/")[0])


def marked(variable: str, beginning: str) -> list[psutil.Process]:
    """The running processes whose environment holds ``variable`` with a value of that beginning."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(variable, "").startswith(beginning):
                found.append(process)
    return found


def stop(found: Iterable[psutil.Process], patience: float) -> None:
    """Ask processes to end, and kill those that have not after ``patience`` seconds."""
    for process in (asked := list(found)):
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, left = psutil.wait_procs(asked, patience)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, patience)
