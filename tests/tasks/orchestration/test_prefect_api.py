"""Requests reach the workspace's own server, with its credentials, and a failure is one clear error."""

import base64
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from greenlightning.errors import ServerError
from tasks.orchestration import prefect_api

pytestmark = pytest.mark.slow


class FakePrefect(HTTPServer):
    """A server that responds from a list of (status, JSON) and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.responses: list[tuple[int, Any]] = []
        self.bodies: list[Any] = []
        self.credentials: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: FakePrefect

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.bodies.append(json.loads(body) if body else None)
        self.server.credentials.append(self.headers["Authorization"])
        status, response = self.server.responses.pop(0)
        content = b"" if response is None else json.dumps(response).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PATCH = do_POST  # noqa: N815

    def log_message(self, *about: object) -> None:
        """Print nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakePrefect]:
    monkeypatch.setattr(prefect_api, "PAUSES", (0.0, 0.0, 0.0))
    with FakePrefect() as fake:
        thread = threading.Thread(target=fake.serve_forever)
        thread.start()
        yield fake
        fake.shutdown()
        thread.join()


def test_a_busy_server_is_asked_again(server: FakePrefect) -> None:
    server.responses = [(503, None), (503, None), (200, {"id": 1})]
    assert prefect_api.call("POST", server.url, {"a": 1}) == {"id": 1}
    assert server.bodies == [{"a": 1}] * 3


def test_a_server_that_stays_busy_is_an_error(server: FakePrefect) -> None:
    server.responses = [(503, None)] * 4
    with pytest.raises(ServerError, match="503"):
        prefect_api.call("GET", server.url)
    assert server.responses == []


def test_an_error_status_or_no_server_is_one_error_with_the_remedy(server: FakePrefect) -> None:
    server.responses = [(404, {"detail": "Not Found"})]
    for url in (server.url, "http://127.0.0.1:1"):
        with pytest.raises(ServerError, match="greenlightning status"):
            prefect_api.call("GET", url)
        assert not prefect_api.answers("http://127.0.0.1:1")


def test_credentials_are_sent_where_prefect_has_them(server: FakePrefect, monkeypatch: pytest.MonkeyPatch) -> None:
    server.responses = [(204, None), (204, None)]
    monkeypatch.delenv("PREFECT_API_AUTH_STRING", raising=False)
    assert prefect_api.call("GET", server.url) is None
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", "green:li:ght")
    prefect_api.call("GET", server.url)
    assert server.credentials == [None, f"Basic {base64.b64encode(b'green:li:ght').decode()}"]


@pytest.mark.parametrize("name", ["ALL_PROXY", "HTTP_PROXY", "http_proxy"])
def test_proxies_of_the_environment_are_not_used(
    server: FakePrefect, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "socks5://127.0.0.1:1")
    server.responses = [(200, [])]
    assert prefect_api.answers(server.url)


def test_a_work_pool_is_created_or_gets_its_template(server: FakePrefect) -> None:
    server.responses = [(409, {"detail": "exists"}), (204, None)]
    template = {"job_configuration": {}}
    prefect_api.ensure_pool(server.url, "cpu", template)
    assert server.bodies == [
        {"name": "cpu", "type": "process", "base_job_template": template},
        {"base_job_template": template},
    ]


def test_every_page_of_deployments_is_read(server: FakePrefect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefect_api, "PAGE", 2)
    server.responses = [(200, [{"name": "a"}, {"name": "b"}]), (200, [{"name": "c"}])]
    assert [found["name"] for found in prefect_api.deployments(server.url)] == ["a", "b", "c"]
    assert [body["offset"] for body in server.bodies] == [0, 2]


def test_deployments_are_named_by_id_and_none_is_asked_for_without_ids(server: FakePrefect) -> None:
    assert prefect_api.deployment_names(server.url, set()) == {} and server.bodies == []
    server.responses = [(200, [{"id": "1", "name": "retrain-nightly"}, {"id": "2", "name": "report"}])]
    assert prefect_api.deployment_names(server.url, {"2", "1"}) == {"1": "retrain-nightly", "2": "report"}
    assert server.bodies == [{"deployments": {"id": {"any_": ["1", "2"]}}}]


def test_a_worker_is_online_after_a_heartbeat(server: FakePrefect) -> None:
    server.responses = [(200, [{"last_heartbeat_time": "2026-01-01T00:00:10+00:00"}])] * 2
    assert prefect_api.is_online(server.url, "cpu", since=1767225600.0)
    assert not prefect_api.is_online(server.url, "cpu", since=1767225611.0)
    assert not prefect_api.is_online("http://127.0.0.1:1", "cpu", since=0.0)


def test_importing_it_loads_neither_prefect_nor_httpx() -> None:
    code = "import sys, tasks.orchestration.prefect_api; print({'prefect', 'httpx'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_skipped_runs_are_those_of_schedules(server: FakePrefect) -> None:
    runs = [{"id": "1", "auto_scheduled": True}, {"id": "2", "auto_scheduled": False}]
    server.responses = [(200, runs)]
    since = datetime(2026, 11, 29, tzinfo=UTC)
    assert prefect_api.skipped(server.url, since) == runs[:1]
    assert server.bodies[0]["flow_runs"]["expected_start_time"] == {"after_": "2026-11-29T00:00:00+00:00"}


def test_a_pool_without_a_worker_is_not_ready(server: FakePrefect) -> None:
    server.responses = [(200, [{"name": "cpu", "status": "READY"}, {"name": "gpu", "status": "NOT_READY"}])]
    assert prefect_api.pools_without_worker(server.url) == ["gpu"]
