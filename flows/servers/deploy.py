"""``python -m flows.servers.deploy``: deploy infra/prefect.yaml; what was switched in the dashboard stays so."""

import os
import subprocess
import sys
from typing import Any

from flows.servers.services import CHECKOUT
from tasks.orchestration import prefect_api

PLAN = "infra/prefect.yaml"


def deploy(server: str) -> int:
    """Deploy everything in the file and return the exit code; deploying alone would reset the switches."""
    before = {found["name"]: found for found in prefect_api.deployments(server)}
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", PLAN]
    code = subprocess.run(command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, check=False).returncode
    for found in prefect_api.deployments(server):
        if old := before.get(found["name"]):
            _keep_switches(server, old, found)
    return code


def _keep_switches(server: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    """Switch schedules, found by their slugs, and the deployment itself back to what they were."""
    was_active = {schedule["slug"]: schedule["active"] for schedule in old["schedules"]}
    for schedule in new["schedules"]:
        active = was_active.get(schedule["slug"], schedule["active"])
        if active != schedule["active"]:
            prefect_api.switch_schedule(server, new["id"], schedule["id"], active)
    if old["paused"] and not new["paused"]:
        prefect_api.pause(server, new["id"])


if __name__ == "__main__":
    sys.exit(deploy(os.environ["PREFECT_API_URL"].removesuffix("/api")))
