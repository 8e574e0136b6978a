"""Names of processes that stay unique when the system reuses a process id; stopping them; ending with a parent."""

import ctypes
import os
import signal
import socket
import sys
import time
from collections.abc import Iterable
from contextlib import suppress

import psutil

POLL_SECONDS = 0.05
PR_SET_PDEATHSIG = 1
CLOCK_TOLERANCE = 10.0
"""Seconds by which the start time of a process may shift when the system clock is corrected."""


def name(pid: int) -> str:
    """Return ``host/pid/start time`` (seconds since the epoch) of a running process."""
    return f"{socket.gethostname()}/{pid}/{psutil.Process(pid).create_time():.2f}"


def has_died(process: str) -> bool:
    """Whether the named process has ended; False for a process of another host and for an empty name."""
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


def end_with_parent(parent: int) -> None:
    """In a child of process ``parent``, on Linux: have the kernel send SIGTERM when the parent dies."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def pid_of(process: str) -> int | None:
    """The id of a named process that runs on this host, else None."""
    host, _, rest = process.partition("/")
    return None if host != socket.gethostname() or has_died(process) else int(rest.partition("/")[0])


def marked(variable: str, beginning: str) -> list[psutil.Process]:
    """The running processes in whose environment ``variable`` starts with ``beginning``."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(variable, "").startswith(beginning):
                found.append(process)
    return found


def stop(found: Iterable[psutil.Process], patience: float) -> None:
    """Terminate processes, and kill those that still run after ``patience`` seconds."""
    for process in (terminated := list(found)):
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    left = _running_after(terminated, patience)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    _running_after(left, patience)


def _running_after(found: list[psutil.Process], patience: float) -> list[psutil.Process]:
    """Wait for processes to end and return those that still run after ``patience`` seconds.

    A zombie has ended: psutil's ``wait_procs`` waits until its parent collects it, which may be never.
    """
    until = time.monotonic() + patience
    while (left := [process for process in found if _is_running(process)]) and time.monotonic() < until:
        time.sleep(POLL_SECONDS)
    return left


def _is_running(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False
