"""Runs whose process was killed: they end as Crashed, and what a schedule or an event had started starts again.

Prefect itself notices neither the death of a worker nor that of a command: their runs would stay under way.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tasks.core import processes
from tasks.orchestration.prefect_api import call

UNDER_WAY = ["PENDING", "RUNNING", "CANCELLING"]
RUN_VARIABLE = "PREFECT__FLOW_RUN_ID"
"""Variable in the environment of a process that a worker started: the id of its run."""
PROCESS_LABEL = "greenlightning.process"
"""Label of a run that a command started: its process."""
KILLED = "Its process was killed."
TRY = re.compile(r"try (\d+)")
MOST_TRIES = 3
RECENT = timedelta(hours=1)


def recover(server: str, pools: Sequence[str], before: datetime) -> list[str]:
    """End the runs whose process has died, and start again those that nobody started by hand; a line for each.

    The workers of the ``pools`` started at the moment ``before``: what waits for its process since earlier was
    taken by workers that have died.
    """
    lines = []
    for run in _found(server, {"state": {"type": {"any_": UNDER_WAY}}}):
        if _is_lost(run, pools, before) and _is_unchanged(server, run):
            kind = "Cancelled" if run["state_type"] == "CANCELLING" else "Crashed"
            state = {"type": kind.upper(), "name": kind, "message": KILLED}
            call("POST", f"{server}/api/flow_runs/{run['id']}/set_state", {"state": state, "force": True})
            lines.append(f"run {run['name']} is ended: its process was killed")
    recent = (datetime.now(UTC) - RECENT).isoformat()
    for run in _found(server, {"state": {"type": {"any_": ["CRASHED"]}}, "end_time": {"after_": recent}}):
        lines += _started_again(server, run)
    return lines


def _found(server: str, chosen: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from call("POST", f"{server}/api/flow_runs/filter", {"flow_runs": chosen})


def _is_lost(run: dict[str, Any], pools: Sequence[str], before: datetime) -> bool:
    """Whether the process of a run has died, or was never started by a worker that has died."""
    if run["deployment_id"] is None:
        return processes.has_died(str(run["labels"].get(PROCESS_LABEL, "")))
    if run["work_pool_name"] not in pools:
        return False
    waits = run["state_type"] == "PENDING" and datetime.fromisoformat(run["state"]["timestamp"]) >= before
    return not waits and not processes.marked(RUN_VARIABLE, str(run["id"]))


def _is_unchanged(server: str, run: dict[str, Any]) -> bool:
    """Whether a run is still in the state that was found: it may have ended while its process was sought."""
    return bool(call("GET", f"{server}/api/flow_runs/{run['id']}")["state_id"] == run["state_id"])


def _started_again(server: str, run: dict[str, Any]) -> list[str]:
    """Start a crashed run again, unless it was started by hand, or often enough, or is started again already."""
    tries = next((int(found[1]) for tag in run["tags"] if (found := TRY.fullmatch(tag))), 1)
    by_itself = run["auto_scheduled"] or (run["created_by"] or {}).get("type") == "AUTOMATION" or tries > 1
    if run["deployment_id"] is None or not by_itself or tries >= MOST_TRIES:
        return []
    key = f"{run['id']} again"
    if list(_found(server, {"idempotency_key": {"any_": [key]}})):
        return []
    again = {
        "parameters": run["parameters"],
        "tags": [*(tag for tag in run["tags"] if not TRY.fullmatch(tag)), f"try {tries + 1}"],
        "idempotency_key": key,
        "state": {"type": "SCHEDULED", "message": f"Again after {run['name']}, whose process was killed"},
    }
    call("POST", f"{server}/api/deployments/{run['deployment_id']}/create_flow_run", again)
    return [f"run {run['name']} starts again: try {tries + 1} of {MOST_TRIES}"]
