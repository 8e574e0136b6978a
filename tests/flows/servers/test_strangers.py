"""Requests to the servers of ``up`` that do not come from its owner read nothing and change nothing."""

import asyncio
import json
from uuid import uuid4

import httpx
import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.workers.process import ProcessJobConfiguration
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from flows.servers.services import JOB_TEMPLATE
from tests.helpers.servers.up import Up
from tests.helpers.waiting import LIMIT

READS = (
    ("prefect", "GET", "/"),
    ("prefect", "GET", "/api/health"),
    ("prefect", "GET", "/api/admin/settings"),
    ("prefect", "GET", "/ui-settings"),
    ("prefect", "GET", "/docs"),
    ("prefect", "GET", "/openapi.json"),
    ("prefect", "POST", "/api/flow_runs/filter"),
    ("mlflow", "GET", "/"),
    ("mlflow", "GET", "/health"),
    ("mlflow", "GET", "/version"),
    ("mlflow", "GET", "/ajax-api/2.0/mlflow/experiments/search?max_results=5"),
    ("mlflow", "GET", "/api/2.0/mlflow-artifacts/artifacts"),
    ("mlflow", "POST", "/api/2.0/mlflow/experiments/create"),
)
OWNED = {"command": "touch owned", "env": {"PYTHONSTARTUP": "x"}, "working_dir": "/tmp"}
FOREIGN = ({"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"})


def address(up: Up, server: str, path: str) -> str:
    return {"prefect": up.prefect_url, "mlflow": up.mlflow_url}[server] + path


@pytest.mark.parametrize(("server", "method", "path"), READS)
def test_without_the_secret_every_page_is_closed(up: Up, server: str, method: str, path: str) -> None:
    url = address(up, server, path)
    assert httpx.request(method, url, json={}, timeout=LIMIT).status_code == 401
    assert httpx.request(method, url, json={}, auth=("greenlightning", "guess"), timeout=LIMIT).status_code == 401
    assert httpx.request(method, url, json={}, headers={"Host": "evil.example"}, timeout=LIMIT).status_code == 403


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize(("server", "method", "path"), READS)
def test_another_host_or_origin_is_refused_even_with_the_secret(
    up: Up, server: str, method: str, path: str, headers: dict[str, str]
) -> None:
    assert up.ask(address(up, server, path), method, json={}, headers=headers).status_code == 403


def test_a_page_that_posts_plain_text_starts_no_run(up: Up) -> None:
    deployment = up.deployment("maintenance/maintenance")["id"]
    url = f"{up.prefect_url}/api/deployments/{deployment}/create_flow_run"
    before = len(up.runs_of("maintenance/maintenance"))
    for headers in (
        {"Content-Type": "text/plain"},
        {"Content-Type": "text/plain", "Origin": "http://evil.example"},
    ):
        assert httpx.post(url, content="{}", headers=headers, timeout=LIMIT).status_code in (401, 403)
    assert len(up.runs_of("maintenance/maintenance")) == before


@pytest.mark.parametrize("name", OWNED)
def test_job_variables_that_run_commands_are_not_accepted(up: Up, name: str) -> None:
    deployment = up.deployment("maintenance/maintenance")["id"]
    url = f"{up.prefect_url}/api/deployments/{deployment}/create_flow_run"
    wanted = {"job_variables": {name: OWNED[name]}, "state": {"type": "SCHEDULED"}}
    assert up.ask(url, "POST", json=wanted).status_code in (409, 422)


def test_job_variables_that_are_stored_with_a_deployment_reach_no_process() -> None:
    template = json.loads(JOB_TEMPLATE.read_text())
    made = asyncio.run(ProcessJobConfiguration.from_template_and_values(template, {**OWNED, "name": "run"}))
    made.prepare_for_flow_run(FlowRun(flow_id=uuid4()))
    assert made.name == "run" and made.command is not None and made.command.endswith("-m prefect.engine")
    assert made.working_dir is None and "PYTHONSTARTUP" not in made.env


@pytest.mark.parametrize("server", ["prefect", "mlflow"])
def test_websockets_need_own_origin_and_the_secret(up: Up, server: str) -> None:
    url = address(up, server, "/api/events/out").replace("http:", "ws:")
    with pytest.raises((InvalidStatus, ConnectionClosed)):
        connect(url, origin="http://evil.example", subprotocols=["prefect"], proxy=None)
    with (
        pytest.raises((InvalidStatus, ConnectionClosed)),
        connect(url, subprotocols=["prefect"], proxy=None) as socket,
    ):
        socket.send(json.dumps({"type": "auth", "token": "guess"}))
        socket.recv(LIMIT)


def test_the_secret_is_on_no_command_line_and_in_no_log(up: Up) -> None:
    import psutil

    secret = up.environment["PREFECT_API_AUTH_STRING"].partition(":")[2]
    assert not [one for one in psutil.process_iter(["cmdline"]) if secret in " ".join(one.info["cmdline"] or ())]
    assert not [log for log in (up.home / "logs").iterdir() if secret in log.read_text(errors="replace")]
