"""Waiting for events: a wait goes on while there is progress, so a busy machine makes a test slower, not red."""

import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from tasks.core import processes

PATIENCE = 120.0
"""Seconds without progress after which a wait gives up."""
LIMIT = 1200.0
"""Seconds after which a wait gives up in any case."""
POLL_SECONDS = 0.1
PROGRESS_SECONDS = 5.0
LAST_LINES = 8


def wait_for(
    event: Callable[[], Any],
    what: str,
    progress: Callable[[], object] = lambda: None,
    evidence: Callable[[], str] = lambda: "",
) -> Any:
    """The first true answer of ``event()``, which is called again and again.

    There is progress where ``progress()`` answers something else than before. Without any for ``PATIENCE``
    seconds TimeoutError says what did not happen, and ends with ``evidence()``.
    """
    began = last = asked = time.monotonic()
    before = progress()
    while not (answer := event()):
        now = time.monotonic()
        if now - asked > PROGRESS_SECONDS:
            asked = now
            if (found := progress()) != before:
                before, last = found, now
        if now - last > PATIENCE or now - began > LIMIT:
            raise TimeoutError(
                f"{what} did not come in {now - began:.0f} s, the last {now - last:.0f} s without progress "
                f"({before})\n{evidence()}"
            )
        time.sleep(POLL_SECONDS)
    return answer


def output_of(process: subprocess.Popen[str], what: str) -> tuple[str, str]:
    """Output and errors of a process once it has ended; its use of processor time is its progress."""
    ended: list[tuple[str, str]] = []

    def communicated() -> bool:
        with suppress(subprocess.TimeoutExpired):
            ended.append(process.communicate(timeout=POLL_SECONDS))
        return bool(ended)

    wait_for(communicated, what, lambda: cpu_seconds(family(process.pid)))
    return ended[0]


def family(pid: int) -> list[psutil.Process]:
    """A process and all that it started; nothing where it has ended."""
    with suppress(psutil.NoSuchProcess):
        return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return []


def cpu_seconds(found: list[psutil.Process]) -> int:
    """Whole seconds of processor time that these processes have used."""
    used = 0.0
    for process in found:
        with suppress(psutil.Error):
            used += sum(process.cpu_times()[:2])
    return int(used)


def work_in(home: Path) -> tuple[int, int]:
    """What changes while anything works in the workspace ``home``: bytes of its logs, processor time of its runs.

    Servers and workers use processor time when they are idle too: they do not count.
    """
    runs = [one for one in processes.marked("GREENLIGHTNING_HOME", str(home)) if _is_a_run(one)]
    return sum(log.stat().st_size for log in logs_of(home)), cpu_seconds(runs)


def _is_a_run(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return "PREFECT__FLOW_RUN_ID" in process.environ()
    return False


def logs_of(home: Path) -> list[Path]:
    """The logs of the servers, workers and runs of a workspace."""
    return sorted([*home.glob(".prefect/*.log"), *home.glob("logs/*.log")])


def last_lines(home: Path) -> str:
    """The end of each of those logs."""
    ends = [(log.name, log.read_text(errors="replace").splitlines()[-LAST_LINES:]) for log in logs_of(home)]
    return "\n".join(f"--- {name}\n" + "\n".join(lines) for name, lines in ends)
