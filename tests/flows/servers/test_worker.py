"""The worker of `up` asks for runs when the server says that there may be one, besides its polls."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from flows.servers import worker


def event(kind: str, name: str) -> SimpleNamespace:
    return SimpleNamespace(resource={"prefect.state-type": kind, "prefect.state-name": name})


def asked(monkeypatch: pytest.MonkeyPatch, *events: SimpleNamespace) -> int:
    """How often the worker asks for runs when the server sends these events, and then is stopped."""
    count = 0

    async def ask() -> None:
        nonlocal count
        count += 1

    @asynccontextmanager
    async def subscriber(filter: object) -> AsyncIterator[AsyncIterator[SimpleNamespace]]:
        async def received() -> AsyncIterator[SimpleNamespace]:
            for one in events:
                yield one
            raise asyncio.CancelledError

        yield received()

    monkeypatch.setattr(worker, "get_events_subscriber", subscriber)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(worker._wake(SimpleNamespace(get_and_submit_flow_runs=ask)))  # type: ignore[arg-type]
    return count


@pytest.mark.parametrize(
    ("kind", "name"),
    [("SCHEDULED", "Scheduled"), ("COMPLETED", "Promoted"), ("FAILED", "Failed"), ("CANCELLED", "Cancelled")],
)
def test_a_run_that_is_scheduled_or_has_ended_wakes_the_worker(
    kind: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked(monkeypatch, event(kind, name)) == 1


def test_a_run_that_waits_for_its_place_or_runs_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    others = [event("SCHEDULED", "AwaitingConcurrencySlot"), event("SCHEDULED", "AwaitingRetry")]
    assert asked(monkeypatch, *others, event("PENDING", "Submitting"), event("RUNNING", "Running")) == 0


def test_a_server_that_is_away_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = 0

    def refused(filter: object) -> None:
        nonlocal tries
        tries += 1
        if tries == 3:
            raise asyncio.CancelledError
        raise ConnectionError("away")

    monkeypatch.setattr(worker, "get_events_subscriber", refused)
    monkeypatch.setattr(worker, "AGAIN_SECONDS", 0.0)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(worker._wake(SimpleNamespace()))  # type: ignore[arg-type]
    assert tries == 3
