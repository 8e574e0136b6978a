"""A Prefect server over HTTP: health, work pools, workers and deployments, without importing Prefect."""

import json
import os
import time
from base64 import b64encode
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

PATIENCE = 2.0
PAUSES = (0.2, 0.5, 1.0)
PAGE = 200
UNDER_WAY = ["PENDING", "RUNNING", "CANCELLING"]
ORPHANED = "Its worker was stopped while it ran. Run it again."


def call(method: str, url: str, body: object = None) -> Any:
    """The JSON answer to one request, None for an empty one; raises OSError where there is none in time.

    A server whose SQLite database is busy says 503; it is asked again.
    """
    content = None if body is None else json.dumps(body).encode()
    request = Request(url, content, {"Content-Type": "application/json"} | _credentials(), method=method)
    for pause in PAUSES:
        try:
            return _answer(request)
        except HTTPError as error:
            if error.code != 503:
                raise
            time.sleep(pause)
    return _answer(request)


def _credentials() -> dict[str, str]:
    """The header for a server that asks for ``PREFECT_API_AUTH_STRING`` (``user:password``)."""
    secret = os.environ.get("PREFECT_API_AUTH_STRING")
    return {"Authorization": f"Basic {b64encode(secret.encode()).decode()}"} if secret else {}


def _answer(request: Request) -> Any:
    try:
        with urlopen(request, timeout=PATIENCE) as answer:
            text = answer.read()
        return json.loads(text) if text else None
    except (HTTPException, ValueError) as error:
        raise OSError(f"{request.full_url} does not answer in JSON: {error!r}") from error


def answers(url: str) -> bool:
    """Whether a page answers with success."""
    try:
        with urlopen(url, timeout=PATIENCE) as answer:
            return bool(answer.status == 200)
    except (OSError, HTTPException):
        return False


def ensure_pool(server: str, name: str) -> None:
    """Create a work pool of type process unless it exists."""
    try:
        call("POST", f"{server}/api/work_pools/", {"name": name, "type": "process"})
    except HTTPError as error:
        if error.code != 409:
            raise


def is_online(server: str, pool: str, since: float) -> bool:
    """Whether a worker of the pool gave a sign of life after ``since`` (seconds since the epoch)."""
    try:
        found = call("POST", f"{server}/api/work_pools/{pool}/workers/filter", {})
    except OSError:
        return False
    moment = datetime.fromtimestamp(since, UTC)
    return any(datetime.fromisoformat(worker["last_heartbeat_time"]) > moment for worker in found)


def end_orphans(server: str, before: datetime) -> None:
    """End as Crashed the runs of deployments that are under way since ``before``: their worker has stopped."""
    under_way = {"state": {"type": {"any_": UNDER_WAY}}, "deployment_id": {"is_null_": False}}
    for run in call("POST", f"{server}/api/flow_runs/filter", {"flow_runs": under_way}):
        if datetime.fromisoformat(run["state"]["timestamp"]) < before:
            crashed = {"type": "CRASHED", "name": "Crashed", "message": ORPHANED}
            call("POST", f"{server}/api/flow_runs/{run['id']}/set_state", {"state": crashed, "force": True})


def deployments(server: str) -> list[dict[str, Any]]:
    """All deployments as the server describes them, by name; raises OSError where it does not answer."""
    found: list[dict[str, Any]] = []
    while len(found) % PAGE == 0:
        body = {"sort": "NAME_ASC", "limit": PAGE, "offset": len(found)}
        page = call("POST", f"{server}/api/deployments/filter", body)
        found += page
        if not page:
            break
    return found


def switch_schedule(server: str, deployment: str, schedule: str, active: bool) -> None:
    """Switch one schedule of a deployment (both by id) on or off."""
    call("PATCH", f"{server}/api/deployments/{deployment}/schedules/{schedule}", {"active": active})


def pause(server: str, deployment: str) -> None:
    """Pause a deployment (by id): it accepts no scheduled run."""
    call("POST", f"{server}/api/deployments/{deployment}/pause_deployment")
