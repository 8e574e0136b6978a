"""``python -m flows.servers.deploy``: deploy infra/prefect.yaml and keep the switches set in the dashboard."""

import os
import subprocess
import sys
from functools import partial
from typing import Any

from flows.engine.history import hand_over
from tasks.core import processes
from tasks.core.environment import CHECKOUT
from tasks.core.workspace import Workspace
from tasks.orchestration import prefect_api

PLAN = "infra/prefect.yaml"


def deploy(server: str) -> int:
    """Deploy everything in the file and return the exit code; Prefect alone would reset the switches."""
    before = {found["name"]: found for found in prefect_api.deployments(server)}
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", PLAN]
    ends_with_us = partial(processes.end_with_parent, os.getpid())
    done = subprocess.run(command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, check=False, preexec_fn=ends_with_us)
    for found in prefect_api.deployments(server):
        if old := before.get(found["name"]):
            _keep_switches(server, old, found)
    hand_over(Workspace.current(), server)
    return done.returncode


def _keep_switches(server: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    """Restore the state of the schedules, matched by slug, and of the deployment."""
    was_active = {schedule["slug"]: schedule["active"] for schedule in old["schedules"]}
    for schedule in new["schedules"]:
        active = was_active.get(schedule["slug"], schedule["active"])
        if active != schedule["active"]:
            prefect_api.switch_schedule(server, new["id"], schedule["id"], active)
    if old["paused"] and not new["paused"]:
        prefect_api.pause(server, new["id"])


if __name__ == "__main__":
    sys.exit(deploy(os.environ["PREFECT_API_URL"].removesuffix("/api")))
