"""The steps of ``up`` and ``down``: choose ports, start the supervisor, wait until it is ready, stop it."""

import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil

from flows.servers.child_process import MARK, STOP_SECONDS
from flows.servers.services import HOST, Ports
from greenlightning.errors import InputError, ServerError
from tasks.core import processes
from tasks.core.environment import NEUTRAL
from tasks.core.progress import report_progress
from tasks.core.workspace import Workspace
from tasks.orchestration.dashboards import last_started, running

POLL_SECONDS = 0.1
DOWN_SECONDS = 4 * STOP_SECONDS
OWN = ("PREFECT_API_URL", "MLFLOW_TRACKING_URI")


def refuse_other_servers() -> None:
    """Raise InputError if the environment sends runs to other servers than those of the workspace."""
    if named := [name for name in OWN if os.environ.get(name)]:
        raise InputError(
            f"{named[0]} is set, so runs would not go to the servers that `up` starts",
            f"Unset {named[0]}, or do not use `up`",
        )


def choose_ports(prefect: int, mlflow: int) -> Ports:
    """Two free ports on loopback (0 takes any); raises InputError that names each taken port and its owner."""
    found, taken = [], []
    with ExitStack() as held:
        for option, port in (("--prefect-port", prefect), ("--mlflow-port", mlflow)):
            probe = held.enter_context(socket.socket())
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
                probe.listen()
                found.append(probe.getsockname()[1])
            except OSError:
                taken.append((option, f"port {port}{_owner(port)}"))
    if taken:
        options, ports = zip(*taken, strict=True)
        raise InputError(
            f"Already in use: {' and '.join(ports)}",
            f"Stop that process, or choose another port with {' and '.join(options)} (0 takes any free port)",
        )
    return Ports(*found)


def _owner(port: int) -> str:
    """`` by NAME (process PID)`` of the process that listens on a port; empty if the system does not show it."""
    try:
        listening = [c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
        pid = next(c.pid for c in listening if c.laddr.port == port and c.pid)
        return f" by {psutil.Process(pid).name()} (process {pid})"
    except (StopIteration, psutil.Error):
        return ""


def start(ports: Ports, gpu: bool) -> dict[str, Any]:
    """Start a supervisor in the background and return the content of the state file once all is ready."""
    workspace = Workspace.current()
    log = workspace.root / "logs" / "supervisor.log"
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = [
        "--prefect-port",
        str(ports.prefect),
        "--mlflow-port",
        str(ports.mlflow),
        *(["--gpu"] if gpu else []),
    ]
    with log.open("wb") as output:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "flows.servers.supervisor", *options],
            cwd=NEUTRAL,
            env=os.environ | {"GREENLIGHTNING_HOME": str(workspace.root)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    name = processes.name(supervisor.pid)
    try:
        while supervisor.poll() is None:
            if (started := running(workspace)).get("supervisor") == name and _is_ready(started):
                return started
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        stop()
        raise
    started = last_started(workspace)
    if started.get("supervisor") == name and started["error"]:
        raise ServerError(*started["error"])
    raise ServerError(f"The supervisor did not start: {_last_line(log)}", f"See {log}")


def wait(workspace: Workspace) -> dict[str, Any]:
    """The content of the state file once all is ready; empty if nothing runs."""
    while (started := running(workspace)) and not _is_ready(started):
        time.sleep(POLL_SECONDS)
    return started


def _is_ready(started: dict[str, Any]) -> bool:
    """Whether all is ready; reports the progress."""
    states = [child["state"] for child in started["children"]]
    names = [child["name"] for child in started["children"] if child["state"] == "starting"]
    report_progress(
        "starting " + ", ".join(names), sum(state in ("ready", "done") for state in states), len(states)
    )
    return bool(started["ready"])


def stop() -> bool:
    """Stop the servers of the workspace, also those of a killed supervisor; whether there were any."""
    workspace = Workspace.current()
    name = last_started(workspace).get("supervisor", "")
    pid = processes.pid_of(name)
    if pid is None:
        if running(workspace):
            raise InputError(
                f"The servers run on another host: {name.partition('/')[0]}", "Run `greenlightning down` there"
            )
        return reap(name)
    supervisor = psutil.Process(pid)
    processes.stop([supervisor], DOWN_SECONDS)
    reap(name)
    return True


def reap(supervisor: str) -> bool:
    """Stop the children of a supervisor that has died; whether there were any."""
    left = processes.marked(MARK, f"{supervisor} ") if supervisor else []
    processes.stop(left, STOP_SECONDS)
    return bool(left)


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "the log is empty"
