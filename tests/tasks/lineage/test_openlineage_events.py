"""OpenLineage events: each run starts and ends once, in a file or where the user says, at no cost to the run."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from greenlightning.errors import InputError
from tasks.lineage import openlineage_events
from tasks.lineage.openlineage_events import event_file
from tests.tasks.lineage.openlineage import RUN_EVENT, Event, complaints, emit_run, written

pytestmark = pytest.mark.usefixtures("mlflow_home")


@pytest.fixture(autouse=True)
def no_transport(monkeypatch: pytest.MonkeyPatch) -> None:
    """No transport is configured, and none failed yet."""
    monkeypatch.setattr(openlineage_events, "unreachable", set())
    for name in (*openlineage_events.SETTINGS, "OPENLINEAGE_DISABLED"):
        monkeypatch.delenv(name, raising=False)


def test_a_run_starts_and_completes_once() -> None:
    runs = [emit_run(), emit_run()]
    found = [(event["run"]["runId"].replace("-", ""), event["eventType"]) for event in written()]
    assert found == [(run, state) for run in runs for state in ("START", "COMPLETE")]


@pytest.mark.parametrize(
    ("error", "state"), [(InputError("No rows", "Give some"), "FAIL"), (SystemExit(), "ABORT")]
)
def test_a_run_that_fails_or_is_interrupted_says_so(error: BaseException, state: str) -> None:
    with pytest.raises(type(error)):
        emit_run(error)
    last = written()[-1]
    assert last["eventType"] == state
    assert last["run"]["facets"]["errorMessage"]["message"] == (str(error) or "SystemExit")
    assert complaints(last, RUN_EVENT) == []


@contextmanager
def marquez(status: int, pause: float = 0) -> Iterator[tuple[str, list[tuple[str, Event]]]]:
    """A server on loopback that takes events as Marquez does, after a pause; its address, and what was posted."""
    got: list[tuple[str, Event]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            time.sleep(pause)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_events_go_to_marquez_where_its_address_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    with marquez(201) as (address, got):
        monkeypatch.setenv("OPENLINEAGE_URL", address)
        run_id = emit_run()
    assert [(path, event["eventType"]) for path, event in got] == [
        ("/api/v1/lineage", "START"),
        ("/api/v1/lineage", "COMPLETE"),
    ]
    assert {event["run"]["runId"].replace("-", "") for _, event in got} == {run_id}
    assert not event_file().exists()


def test_a_marquez_that_refuses_costs_neither_the_run_nor_the_events(monkeypatch: pytest.MonkeyPatch) -> None:
    with marquez(400) as (address, _):
        monkeypatch.setenv("OPENLINEAGE_URL", address)
        emit_run()
    assert [event["eventType"] for event in written()] == ["START", "COMPLETE"]


def test_nothing_is_emitted_where_openlineage_is_disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENLINEAGE_DISABLED", "true")
    emit_run()
    assert not event_file().exists()


def test_a_marquez_that_is_slow_delays_a_run_once_and_no_longer_than_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(openlineage_events, "PATIENCE", 0.2)
    with marquez(201, pause=1) as (address, got):
        monkeypatch.setenv("OPENLINEAGE_URL", address)
        emit_run()
    assert openlineage_events.unreachable == {"no answer within 0.2 s"}
    assert [event["eventType"] for event in written()] == ["START", "COMPLETE"]
    assert len(got) < 2
