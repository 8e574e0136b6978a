"""Events about batches: sent to a server alone, and a failure to send stops nothing."""

from typing import Any

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from tasks.data import events
from tests.helpers.digits import DIGITS


def test_without_a_server_events_are_told_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prefect.events.emit_event", lambda *_, **__: pytest.fail("an event was emitted"))
    with temporary_settings({PREFECT_API_URL: None}):
        events.emit_drift(DIGITS, "0" * 16, "red")


def test_an_event_that_cannot_be_sent_stops_nothing(prefect: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise OSError("no route")

    monkeypatch.setattr("prefect.events.emit_event", broken)
    events.emit_drift(DIGITS, "0" * 16, "red")
