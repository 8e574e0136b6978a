"""Runs without a server: each is a file of the workspace, and reported to Prefect once `up` has a server."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from tasks.core.workspace import Workspace
from tasks.orchestration.prefect_api import call

TAG = "without a server"


def keep(flow: str, parameters: dict[str, Any], started: datetime, state: dict[str, Any]) -> None:
    """Keep a run that has ended: ``state`` has the type, name and message that Prefect shows."""
    folder = _folder(Workspace.current())
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    about = f"{flow} {parameters.get('dataset') or ''}".strip()
    record = {
        "flow": flow,
        "name": f"{about}, {started:%Y-%m-%d %H:%M} UTC",
        "parameters": parameters,
        "state": state,
        "seconds": (datetime.now(UTC) - started).total_seconds(),
    }
    name = f"{started:%Y%m%dT%H%M%S%f}-{uuid4().hex[:8]}"
    draft = folder / f"{name}.part"
    draft.write_text(json.dumps(record))
    draft.replace(folder / f"{name}.json")


def hand_over(workspace: Workspace, server: str) -> int:
    """Create the kept runs in Prefect, the oldest first, and forget them here; how many there were.

    A run that was created before a kill is not created twice.
    """
    count = 0
    for file in _kept(workspace):
        record = json.loads(file.read_text())
        flow = call("POST", f"{server}/api/flows/", {"name": record["flow"]})
        took = f"; it took {record['seconds']:.1f} s and was recorded later"
        state = record["state"] | {"message": record["state"]["message"] + took}
        run = {
            "flow_id": flow["id"],
            "name": record["name"],
            "parameters": record["parameters"],
            "state": state,
            "tags": [TAG],
            "idempotency_key": file.stem,
        }
        call("POST", f"{server}/api/flow_runs/", run)
        file.unlink()
        count += 1
    return count


def _kept(workspace: Workspace) -> Iterator[Path]:
    yield from sorted(_folder(workspace).glob("*.json"))


def _folder(workspace: Workspace) -> Path:
    return workspace.root / ".prefect" / "history"
