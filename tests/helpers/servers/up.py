"""``greenlightning up`` as a user starts it: in a workspace of its own, on free ports, as processes of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tasks.core.workspace import Workspace
from tasks.orchestration import access
from tests.helpers.hostile import hostile_environment, hostile_folder
from tests.helpers.servers.prefect_server import EAGER, ROOT, PrefectServer
from tests.helpers.waiting import LIMIT, output_of

GREENLIGHTNING = (sys.executable, "-P", "-m", "greenlightning")
FREE_PORTS = ("--prefect-port", "0", "--mlflow-port", "0")


@dataclass(frozen=True)
class Up(PrefectServer):
    """What runs: ``home`` is the workspace, ``url`` and ``prefect_url`` the dashboard of Prefect."""

    mlflow_url: str

    @property
    def prefect_url(self) -> str:
        return self.url

    def login(self, server: str = "prefect") -> str:
        """The address that ``up`` prints for a server: it logs a browser in, once."""
        return str(json.loads(greenlightning(self.home, "up", "--json").stdout)[f"{server}_login"])

    def ask(self, url: str, method: str = "GET", **options: Any) -> httpx.Response:
        """The response to a request of the owner's program, which knows the secret."""
        user, _, password = self.environment["PREFECT_API_AUTH_STRING"].partition(":")
        return httpx.request(method, url, auth=(user, password), timeout=LIMIT, **options)

    def status(self) -> dict[str, Any]:
        """What ``status --json`` says."""
        return status(self.home)


def environment(home: Path) -> dict[str, str]:
    """A user's environment: this workspace, nothing of Prefect's or MLflow's; eager services."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "MLFLOW_"))}
    return ours | EAGER | {"GREENLIGHTNING_HOME": str(home), "PYTHONPATH": str(ROOT)}


def greenlightning(home: Path, *arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """What a command says in the workspace ``home``, called from the checkout or from a hostile folder."""
    command = [*GREENLIGHTNING, *arguments]
    environ = environment(home) if folder == ROOT else environment(home) | hostile_environment(folder)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environ, cwd=folder, **pipes) as process:
        output, errors = output_of(process, f"the end of {' '.join(arguments)}")
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def status(home: Path) -> dict[str, Any]:
    """What ``status --json`` says of the workspace ``home``."""
    found: dict[str, Any] = json.loads(greenlightning(home, "status", "--json").stdout)
    return found


@contextmanager
def upped(home: Path) -> Iterator[Up]:
    """Run ``up`` in the workspace ``home`` as a hostile folder's user calls it, and ``down`` at the end."""
    folder = hostile_folder(home.parent / "elsewhere")
    said = greenlightning(home, "up", *FREE_PORTS, "--no-gpu", "--json", folder=folder)
    try:
        assert said.returncode == 0, said.stdout + said.stderr
        started = json.loads(said.stdout)
        secret = {"PREFECT_API_AUTH_STRING": access.secret(Workspace(home))}
        yield Up(home, started["prefect_url"], environment(home) | secret, started["mlflow_url"])
    finally:
        down = greenlightning(home, "down")
        assert down.returncode == 0, down.stdout + down.stderr
