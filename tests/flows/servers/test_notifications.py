"""Notifications: what happens reaches a receiver on this machine through Prefect's own block and automation."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import numpy as np
import pytest

from flows.engine import outcome as outcomes
from flows.engine.outcome import Outcome, tell
from tasks.data.events import PROMOTED, QUARANTINED, RED
from tasks.quarantine.records import QuarantinedBatch
from tests.helpers.digits import DIGITS, source
from tests.helpers.servers.up import greenlightning

if TYPE_CHECKING:
    from tests.helpers.servers.up import Up

LANDED = QuarantinedBatch(dataset=DIGITS, batch="0" * 16, source="may.csv", reasons=("it is empty",))


class Receiver(BaseHTTPRequestHandler):
    """Keeps each message that is posted."""

    messages: list[dict[str, str]]

    def do_POST(self) -> None:
        self.messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def received() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """The address of a receiver, and what it has received."""
    kept: list[dict[str, str]] = []
    kind = type("Keeping", (Receiver,), {"messages": kept})
    with HTTPServer(("127.0.0.1", 0), kind) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook", kept
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (Outcome(state="Kept", dataset=DIGITS, reason="worse", version=3, health="green"), []),
        (Outcome(state="Promoted", dataset=DIGITS, reason="better", version=3, promoted=True), [PROMOTED]),
        (Outcome(state="Quarantined", dataset=DIGITS, reason="-", quarantined=(LANDED,)), [QUARANTINED]),
        (Outcome(state="Kept", dataset=DIGITS, reason="worse", version=3, health="red"), [RED]),
        (
            Outcome(
                state="Promoted",
                dataset=DIGITS,
                reason="-",
                promoted=True,
                quarantined=(LANDED,),
                health="red",
            ),
            [PROMOTED, QUARANTINED, RED],
        ),
    ],
)
def test_an_outcome_tells_what_people_want_to_know(
    made: Outcome, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    news: list[str] = []
    monkeypatch.setattr(outcomes, "emit_news", lambda event, *_: news.append(event))
    tell(made)
    assert news == told


def test_promotion_quarantine_and_failure_reach_a_receiver(
    up: "Up", received: tuple[str, list[dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREENLIGHTNING_HOME", str(up.home))
    url, messages = received
    said = greenlightning(up.home, "notify", url, "--json")
    assert json.loads(said.stdout)["automation"] == "Notify 127.0.0.1", said.stderr
    strange = source("strange-news", slice(0, 40), np.full(40, 99))
    for path in (source("news", slice(1000, 1100)), strange, up.home / "missing.csv"):
        up.ended(up.start("learn/learn", path=str(path), dataset=DIGITS))

    def subjects() -> set[str]:
        return {message["subject"].partition(" version")[0] for message in messages}

    wanted = {f"{DIGITS}:", f"{DIGITS}: quarantined", f"learn missing.csv into {DIGITS}: Failed"}
    up.wait_for(lambda: wanted <= subjects(), "three messages")
    [failure] = [one["body"] for one in messages if one["subject"].endswith("Failed")]
    assert "missing.csv does not exist" in failure


def test_a_receiver_that_is_neither_url_nor_block_is_refused(up: "Up") -> None:
    said = greenlightning(up.home, "notify", "slack-webhook/nobody")
    assert said.returncode == 3 and "neither a URL nor a saved block" in said.stderr
