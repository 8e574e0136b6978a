"""A Prefect server over HTTP: health, work pools, workers and deployments, without importing Prefect."""

import os
import time
from collections.abc import Collection
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from greenlightning.errors import ServerError

if TYPE_CHECKING:
    import httpx

HEALTH_SECONDS, CALL_SECONDS = 2.0, 15.0
"""How long a page that only shows health, and a request of a busy machine's server, may take."""
PAUSES = (0.2, 0.5, 1.0)
PAGE = 200


def call(method: str, url: str, body: object = None, *, accept: int | None = None) -> Any:
    """The JSON response to one request, None if it is empty.

    Repeats the request while a server with a busy SQLite database responds with 503. Raises ServerError if there
    is no response in time, or one with an error status other than ``accept``.
    """
    import httpx

    try:
        with _client(url, CALL_SECONDS) as client:
            response = client.request(method, url, json=body)
            for pause in PAUSES:
                if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    break
                time.sleep(pause)
                response = client.request(method, url, json=body)
            if response.status_code != accept:
                response.raise_for_status()
            return response.json() if response.content else None
    except (httpx.HTTPError, ValueError) as error:
        raise ServerError(f"No response from {url}: {error}", "See: greenlightning status") from error


def answers(url: str) -> bool:
    """Whether a page responds with success."""
    import httpx

    try:
        with _client(url, HEALTH_SECONDS) as client:
            return client.get(url).is_success
    except httpx.HTTPError:
        return False


def _client(url: str, timeout: float) -> "httpx.Client":
    """A client that connects directly, whatever proxies the environment names, with Prefect's credentials."""
    import httpx

    user, _, password = os.environ.get("PREFECT_API_AUTH_STRING", "").partition(":")
    transport = httpx.HTTPTransport(verify=url.startswith("https:"), retries=1, trust_env=False)
    return httpx.Client(
        transport=transport,
        auth=(user, password) if user else None,
        timeout=timeout,
        trust_env=False,
    )


def ensure_pool(server: str, name: str, template: dict[str, Any]) -> None:
    """Create a work pool of type process, or give the existing one (status 409) its base job template."""
    pool = {"name": name, "type": "process", "base_job_template": template}
    call("POST", f"{server}/api/work_pools/", pool, accept=409)
    call("PATCH", f"{server}/api/work_pools/{name}", {"base_job_template": template})


def is_online(server: str, pool: str, since: float) -> bool:
    """Whether a worker of the pool sent a heartbeat after ``since`` (seconds since the epoch)."""
    try:
        found = call("POST", f"{server}/api/work_pools/{pool}/workers/filter", {})
    except ServerError:
        return False
    moment = datetime.fromtimestamp(since, UTC)
    return any(datetime.fromisoformat(worker["last_heartbeat_time"]) > moment for worker in found)


def deployments(server: str) -> list[dict[str, Any]]:
    """All deployments in order of their names, as the server describes them."""
    found: list[dict[str, Any]] = []
    while True:
        body = {"sort": "NAME_ASC", "limit": PAGE, "offset": len(found)}
        page = call("POST", f"{server}/api/deployments/filter", body)
        found += page
        if len(page) < PAGE:
            return found


def deployment_names(server: str, ids: Collection[str]) -> dict[str, str]:
    """The names of some deployments by their ids; a server describes a few of them sooner than all."""
    if not ids:
        return {}
    body = {"deployments": {"id": {"any_": sorted(ids)}}}
    return {one["id"]: one["name"] for one in call("POST", f"{server}/api/deployments/filter", body)}


def upcoming(server: str) -> list[dict[str, Any]]:
    """The scheduled runs, the next one first: deployment, parameters and time."""
    body = {
        "sort": "EXPECTED_START_TIME_ASC",
        "limit": PAGE,
        "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
    }
    found: list[dict[str, Any]] = call("POST", f"{server}/api/flow_runs/filter", body)
    return found


def skipped(server: str, since: datetime) -> list[dict[str, Any]]:
    """The scheduled runs that were cancelled since then, mostly as their deployment ran; the latest first."""
    cancelled = {"state": {"type": {"any_": ["CANCELLED"]}}, "expected_start_time": {"after_": since.isoformat()}}
    body = {"sort": "EXPECTED_START_TIME_DESC", "limit": PAGE, "flow_runs": cancelled}
    found: list[dict[str, Any]] = call("POST", f"{server}/api/flow_runs/filter", body)
    return [run for run in found if run["auto_scheduled"]]


def pools_without_worker(server: str) -> list[str]:
    """The work pools that no worker polls."""
    found = call("POST", f"{server}/api/work_pools/filter", {})
    return [pool["name"] for pool in found if pool["status"] == "NOT_READY"]


def switch_schedule(server: str, deployment: str, schedule: str, active: bool) -> None:
    """Switch one schedule of a deployment (both by id) on or off."""
    call("PATCH", f"{server}/api/deployments/{deployment}/schedules/{schedule}", {"active": active})


def pause(server: str, deployment: str) -> None:
    """Pause a deployment (by id): it accepts no scheduled run."""
    call("POST", f"{server}/api/deployments/{deployment}/pause_deployment")
