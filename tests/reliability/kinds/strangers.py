"""Requests to the servers of ``up`` that do not come from its owner: all of them are refused."""

import re
import shutil
from pathlib import Path

import httpx

from tests.helpers.servers.up import Up, upped
from tests.reliability.trials import Attack, in_a_fork

EVIL = "http://evil.example"
KINDS: dict[str, dict[str, str]] = {
    "without the secret": {},
    "another Host": {"Host": "evil.example"},
    "another Origin": {"Origin": EVIL},
    "the Origin null": {"Origin": "null"},
    "another port's Origin": {"Origin": "http://127.0.0.1:9"},
    "plain text from another Origin": {"Origin": EVIL, "Content-Type": "text/plain"},
}
WITH_SECRET = ("another Host", "another Origin", "the Origin null", "another port's Origin")
REFUSED = (401, 403)
Route = tuple[str, str, str]
"""Server, method and path."""


def strangers(stage: Path, home: Path) -> Attack:
    """Every kind of foreign request to every route of both servers, with a guessed secret or the right one."""

    def trial(_: str) -> str:
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(stage, home / "up")
        with upped(home / "up") as up, httpx.Client(timeout=60) as client:
            answered = [
                f"{kind}: {' '.join(route)}: {status}"
                for route in routes
                for kind in KINDS
                if (status := _ask(up, client, route, kind)) not in REFUSED
            ]
        return "; ".join(answered)

    routes: list[Route] = in_a_fork(every_route)
    about = f"{len(routes)} routes of Prefect and MLflow; {', '.join(KINDS)}"
    return Attack("foreign requests", ["all"], trial, len(routes) * len(KINDS), about)


def every_route() -> list[Route]:
    """All routes of Prefect's and MLflow's programming interfaces; any name stands for their parameters."""
    from mlflow.server.handlers import get_endpoints
    from prefect.server.api.server import create_app

    paths = create_app().openapi()["paths"]
    found = {("prefect", method.upper(), path) for path, methods in paths.items() for method in methods}
    found |= {("mlflow", method, path) for path, _, methods in get_endpoints() for method in methods}
    return sorted((server, method, re.sub(r"[{<][^}>]*[}>]", "1", path)) for server, method, path in found)


def _ask(up: Up, client: httpx.Client, route: Route, kind: str) -> int:
    server, method, path = route
    url = (up.prefect_url if server == "prefect" else up.mlflow_url) + path
    user, _, secret = up.environment["PREFECT_API_AUTH_STRING"].partition(":")
    auth = (user, secret if kind in WITH_SECRET else "guess")
    return client.request(method, url, headers=KINDS[kind], content="{}", auth=auth).status_code
