"""Prefect's history: runs that ended long ago are deleted, all pages of them, where Prefect is our own."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.settings import PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD as RETENTION

from tasks.orchestration import flow_history
from tasks.orchestration.flow_history import drop_flow_runs, history_begins, keeps_own_history


def test_the_history_of_a_server_is_left_to_the_server() -> None:
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:4200/api"}):
        assert not keeps_own_history()
    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        assert keeps_own_history()


@pytest.mark.parametrize(("setting", "days"), [({}, 90), ({RETENTION: timedelta(days=7)}, 7)])
def test_the_history_begins_90_days_ago_or_as_prefect_is_set(setting: dict[Any, timedelta], days: int) -> None:
    with temporary_settings(setting):
        assert abs(datetime.now(UTC) - timedelta(days=days) - history_begins()) < timedelta(minutes=1)


@flow
def nothing() -> None:
    """Do nothing."""


def ended() -> UUID:
    """A flow run that has just ended."""
    found = nothing(return_state=True).state_details.flow_run_id
    assert isinstance(found, UUID)
    return found


def scheduled() -> UUID:
    """A flow run that has not started."""
    with get_client(sync_client=True) as client:
        return client.create_flow_run(nothing).id


def known(*runs: UUID) -> set[UUID]:
    """Those of some flow runs that Prefect still has."""
    with get_client(sync_client=True) as client:
        wanted = FlowRunFilter(id=FlowRunFilterId(any_=list(runs)))
        return {run.id for run in client.read_flow_runs(flow_run_filter=wanted)}


@pytest.mark.usefixtures("prefect")
def test_only_runs_that_ended_before_the_moment_are_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_history, "PAGE", 2)
    drop_flow_runs(datetime.now(UTC))
    old, waiting = [ended() for _ in range(3)], scheduled()
    moment = datetime.now(UTC)
    new = ended()
    assert drop_flow_runs(moment) == 3
    assert known(*old, waiting, new) == {waiting, new}
    assert drop_flow_runs(moment) == 0
