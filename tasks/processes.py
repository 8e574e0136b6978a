"""Who runs a run: a process named so that a later one of the same number is not mistaken for it."""

import socket

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
