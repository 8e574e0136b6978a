"""One run of the warm runner, in its fork: the caller's streams, folder and environment, then the command."""

import atexit
import os
import runpy
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from flows.warm.client import DECIDING
from flows.warm.handover import ENGINE
from tasks.core import processes

OURS = (*DECIDING, "DO_NOT_TRACK", "GOMP", "PYTHON")


def run(request: Mapping[str, Any], streams: Sequence[int], held: Sequence[socket.socket]) -> None:
    """Do what ``request`` asks for; ends with SystemExit as the command does, and with the warm runner."""
    processes.end_with_parent(os.getppid())
    for connection in held:
        connection.close()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    _take_streams(streams)
    os.chdir(request["folder"])
    os.umask(request["umask"])
    sys.argv = list(request["argv"])
    try:
        if sys.argv[0] == ENGINE:
            _flow_run(request["environ"])
        else:
            _command(request["environ"])
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()


def _take_streams(streams: Sequence[int]) -> None:
    for target, stream in enumerate(streams):
        os.dup2(stream, target)
        os.close(stream)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115


def _command(environ: Mapping[str, str]) -> None:
    """Run the command line; what libraries read when they are imported is ours, the rest the caller's."""
    ours = {name: value for name, value in os.environ.items() if name.startswith(OURS)}
    os.environ.clear()
    os.environ.update({**environ, **ours})
    import_module("flows.cli").main()


def _flow_run(environ: Mapping[str, str]) -> None:
    """Run the engine of Prefect on the flow run that the worker names."""
    os.environ.clear()
    os.environ.update(environ)
    from flows.engine.runtime import embedded

    with embedded():
        runpy.run_module(ENGINE, run_name="__main__", alter_sys=True)
