"""The gate lets in the owner of the workspace from the server's own pages, and nobody else."""

from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request, WebSocket
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from flows.servers.gate import AddressCheck, Gate, on_loopback, on_network
from tasks.core.workspace import Workspace
from tasks.orchestration import access

OWN = "127.0.0.1:4200"
FOREIGN = (
    {"host": "evil.example"},
    {"host": "evil.example:4200"},
    {"host": "127.0.0.1"},
    {"host": "127.0.0.1:5000"},
    {"host": "127.0.0.1:4200.evil.example"},
    {"host": ""},
    {"origin": "http://evil.example"},
    {"origin": "http://evil.example:4200"},
    {"origin": "https://127.0.0.1:4200"},
    {"origin": "http://127.0.0.1:8000"},
    {"origin": "null"},
)


@pytest.fixture
def seen() -> list[str]:
    """What reached the application behind the gate."""
    return []


@pytest.fixture
def application(seen: list[str]) -> FastAPI:
    """An application that notes every request, with the secret that it came with."""
    app = FastAPI()

    @app.websocket("/socket")
    async def socket(websocket: WebSocket) -> None:
        seen.append("socket")
        await websocket.accept()
        await websocket.close()

    @app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
    def page(request: Request) -> dict[str, str]:
        seen.append(f"{request.method} {request.headers.get('authorization', '')}")
        return {"query": str(request.query_params)}

    return app


def client(application: FastAPI, home: Path, **options: Any) -> TestClient:
    guarded = AddressCheck(Gate(application, Workspace(home), **options), on_loopback(4200))
    return TestClient(guarded, base_url=f"http://{OWN}", follow_redirects=False)


@pytest.fixture
def browser(application: FastAPI, home: Path) -> TestClient:
    """A browser that has not logged in."""
    return client(application, home)


@pytest.fixture
def owner(browser: TestClient, home: Path) -> TestClient:
    """A browser that has logged in."""
    assert browser.get("/", params={"ticket": access.issue_ticket(Workspace(home))}).status_code == 303
    return browser


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
def test_without_the_secret_nothing_is_read_or_changed(browser: TestClient, seen: list[str], method: str) -> None:
    for path in ("/", "/health", "/api/health", "/api/flow_runs/filter", "/?ticket=guess", "//x"):
        assert browser.request(method, path).status_code == 401
    assert seen == []


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_another_host_or_origin_is_refused_even_with_the_secret(
    owner: TestClient, home: Path, seen: list[str], headers: dict[str, str]
) -> None:
    user, _, password = access.secret(Workspace(home)).partition(":")
    for method in ("GET", "POST", "OPTIONS"):
        answer = owner.request(method, "/api", headers=headers, auth=(user, password))
        assert answer.status_code == 403 and "access-control-allow-origin" not in answer.headers
    ticket = access.issue_ticket(Workspace(home))
    assert owner.get("/", params={"ticket": ticket}, headers=headers).status_code == 403
    with pytest.raises(WebSocketDisconnect), owner.websocket_connect("/socket", headers=headers):
        pass
    assert seen == []


def test_a_form_of_another_page_changes_nothing(owner: TestClient, seen: list[str]) -> None:
    plain = {"origin": "http://evil.example", "content-type": "text/plain"}
    assert owner.post("/api/deployments", content='{"name": "x"}', headers=plain).status_code == 403
    assert seen == []


def test_two_hosts_are_refused(owner: TestClient, seen: list[str]) -> None:
    assert owner.get("/", headers=[("host", OWN), ("host", "evil.example")]).status_code == 403
    assert seen == []


@pytest.mark.parametrize("host", ["127.0.0.1:4200", "localhost:4200", "[::1]:4200"])
def test_a_program_that_knows_the_secret_comes_in(
    browser: TestClient, home: Path, seen: list[str], host: str
) -> None:
    user, _, password = access.secret(Workspace(home)).partition(":")
    assert browser.get("/api", auth=(user, password), headers={"host": host}).status_code == 200
    assert browser.get("/api", auth=(user, password + "x"), headers={"host": host}).status_code == 401
    assert len(seen) == 1


def test_the_address_with_a_ticket_logs_a_browser_in_once(
    browser: TestClient, application: FastAPI, home: Path, seen: list[str]
) -> None:
    ticket = access.issue_ticket(Workspace(home))
    answer = browser.get("/runs", params={"ticket": ticket, "tab": "logs"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"http://{OWN}/runs?tab=logs")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and ticket not in cookie
    assert browser.get(answer.headers["location"]).json() == {"query": "tab=logs"}
    assert client(application, home).get("/", params={"ticket": ticket}).status_code == 401
    again = access.issue_ticket(Workspace(home))
    assert browser.get("/runs", params={"ticket": again}).headers["location"] == f"http://{OWN}/runs"
    assert client(application, home).get("/", params={"ticket": again}).status_code == 401
    assert len(seen) == 1


def test_the_application_gets_the_secret_in_place_of_the_cookie(
    owner: TestClient, home: Path, seen: list[str]
) -> None:
    owner.get("/api", headers={"authorization": "Basic guess"})
    assert seen == [f"GET {Gate(FastAPI(), Workspace(home)).header.decode()}"]


def test_a_page_shows_pictures_of_its_own_server_only(owner: TestClient) -> None:
    assert owner.get("/blocks").headers["content-security-policy"] == "img-src 'self' data: blob:"


def test_the_cookie_of_another_workspace_is_none(owner: TestClient, application: FastAPI, tmp_path: Path) -> None:
    other = client(application, tmp_path / "other")
    other.cookies = owner.cookies
    assert other.get("/").status_code == 401


def test_websockets_need_the_secret_unless_the_application_asks_for_it(
    browser: TestClient, application: FastAPI, home: Path, seen: list[str]
) -> None:
    with pytest.raises(WebSocketDisconnect), browser.websocket_connect("/socket", headers={"host": OWN}):
        pass
    assert seen == []
    with client(application, home, asks_sockets=True).websocket_connect("/socket", headers={"host": OWN}):
        pass
    assert seen == ["socket"]


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("192.0.2.7:8080", True),
        ("[2001:db8::7]:8080", True),
        ("models.example", True),
        ("models.example:8080", True),
        ("localhost:8080", True),
        ("evil.example", False),
        ("192.0.2.7.evil.example", False),
        ("", False),
    ],
)
def test_on_a_network_an_address_or_the_own_name_is_asked_for(address: str, own: bool) -> None:
    assert on_network("models.example")(address) is own
