"""Great Expectations in a process of its own, which imports it while a cold command imports everything else.

Importing it takes a second, and nothing else in a run needs it. Where the process is not there, or fails in any
way, the checks run in the calling process, with the same result or error.
"""

import os
import signal
import sys
import threading
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import NamedTuple

import pandas as pd

from tasks.core import processes
from tasks.core.workspace import Workspace
from tasks.validation import gx_runner
from tasks.validation.checks import Check
from tasks.validation.gx_runner import CheckResults

__all__ = ["run_checks", "start"]

ENGINE = "great_expectations"


class _Engine(NamedTuple):
    process: BaseProcess
    pipe: Connection
    workspace: Workspace


_running: list[_Engine] = []


def start() -> None:
    """Start the process, where the engine is not imported yet, a second processor is there, and no thread runs."""
    if _running or ENGINE in sys.modules or threading.active_count() > 1:
        return
    if sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2:
        return
    ours, theirs = get_context("fork").Pipe()
    process = get_context("fork").Process(target=_serve, args=(os.getpid(), ours, theirs), daemon=True)
    process.start()
    theirs.close()
    _running.append(_Engine(process, ours, Workspace.current()))


def run_checks(checks: list[Check], frames: dict[str, pd.DataFrame], dataset: str, batch: str) -> CheckResults:
    """Run ``checks`` frame by frame and publish the results, in the process that was started or in this one."""
    if _running and (engine := _running[0]).workspace == Workspace.current():
        with suppress(Exception):
            engine.pipe.send((checks, frames, dataset, batch))
            found: CheckResults = engine.pipe.recv()
            return found
    stop()
    return gx_runner.run_checks(checks, frames, dataset, batch)


def stop() -> None:
    """End the process, where there is one."""
    while _running:
        engine = _running.pop()
        engine.pipe.close()
        engine.process.join()


def _serve(parent: int, callers: Connection, pipe: Connection) -> None:
    """Import the engine, then answer until the caller closes its end, dies, or asks for what fails."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    processes.end_with_parent(parent)
    callers.close()
    with suppress(Exception):
        gx_runner.prepare()
        while True:
            pipe.send(gx_runner.run_checks(*pipe.recv()))
