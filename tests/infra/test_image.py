"""The container image: what it copies and runs, its health check, and how it deploys."""

import base64
import re
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tasks.orchestration import prefect_api

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"


def test_the_image_copies_what_exists_and_runs_as_nobody_special() -> None:
    lines = (INFRA / "Dockerfile").read_text().splitlines()
    copied = [word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]]
    assert copied and all((ROOT / word).exists() for word in copied)
    allowed = {line[1:] for line in (INFRA / "Dockerfile.dockerignore").read_text().splitlines() if line[0] == "!"}
    assert {word.partition("/")[0] for word in copied} == allowed
    [base] = [line for line in lines if line.startswith("FROM ")]
    assert re.fullmatch(r"FROM python:3\.11\.\d+-slim-\w+", base)
    [user] = [line for line in lines if line.startswith("USER ")]
    assert user != "USER root"


def test_what_the_image_adds_is_pinned() -> None:
    lines = (INFRA / "requirements.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert pins and all(re.fullmatch(r"[\w-]+==[\d.]+", pin) for pin in pins)


@pytest.fixture
def seen() -> Iterator[tuple[str, list[str | None]]]:
    """A server on loopback, and the credentials that each request brought."""
    brought: list[str | None] = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            brought.append(self.headers.get("Authorization"))
            self.send_response(200 if self.path == "/" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", brought
        server.shutdown()
        thread.join()


def test_the_health_check_fails_unless_the_page_answers(seen: tuple[str, list[str | None]]) -> None:
    url, _ = seen
    codes = [
        subprocess.run(["python3", str(INFRA / "answers.py"), page], capture_output=True).returncode
        for page in (url, f"{url}missing", "http://127.0.0.1:1/")
    ]
    assert codes == [0, 1, 1]


def test_deploying_shows_prefect_the_credentials_that_it_asks_for(
    seen: tuple[str, list[str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, brought = seen
    monkeypatch.delenv("PREFECT_API_AUTH_STRING", raising=False)
    prefect_api.call("GET", url)
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", "green:light")
    prefect_api.call("GET", url)
    assert brought == [None, f"Basic {base64.b64encode(b'green:light').decode()}"]


def test_every_python_of_the_image_and_of_the_units_finds_the_flows_there_first() -> None:
    assert "PYTHONPATH=/app PYTHONSAFEPATH=1" in (INFRA / "Dockerfile").read_text()
    worker = (INFRA / "systemd" / "greenlightning-worker@.service").read_text()
    assert "Environment=PYTHONPATH=/opt/greenlightning PYTHONSAFEPATH=1" in worker


def test_deploying_ignores_the_folder_and_the_search_path_of_the_user(tmp_path: Path) -> None:
    """``deploy.sh`` with stand-ins for the two programs that it starts."""
    seen = tmp_path / "seen"
    for program in ("prefect", "python"):
        stand_in = tmp_path / "bin" / program
        stand_in.parent.mkdir(exist_ok=True)
        stand_in.write_text(f'#!/bin/sh\necho "$PWD $PYTHONPATH $PYTHONSAFEPATH" >> "{seen}"\n')
        stand_in.chmod(0o755)
    environ = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "PYTHONPATH": "/theirs"}
    subprocess.run(["sh", str(INFRA / "deploy.sh")], cwd=tmp_path, env=environ, check=True)
    assert set(seen.read_text().splitlines()) == {f"{ROOT} {ROOT}:/theirs 1"}
