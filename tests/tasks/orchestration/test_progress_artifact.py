"""The progress of a flow run in Prefect's dashboard."""

import time
from pathlib import Path

import pytest

from flows.engine.flow_decorator import flow
from greenlightning.errors import InputError
from tasks.core.progress import report_progress
from tasks.orchestration import progress_artifact
from tests.helpers.flow_runs import shown


def test_long_work_shows_its_progress_and_short_work_does_not(
    prefect: None, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_artifact, "DELAY", 0.0)
    monkeypatch.setattr(progress_artifact, "INTERVAL", 0.01)
    monkeypatch.setattr(progress_artifact, "LAST_UPDATE_TIMEOUT", 30.0)

    @flow(name="long")
    def long(dataset: str) -> None:
        for done in range(1, 100):
            report_progress("rows learnt", done, 200)
            time.sleep(0.01)
        if dataset == "bad":
            raise InputError("It is wrong", "Give it right")

    done = shown(long(dataset="good", return_state=True)).artifacts["progress"]
    assert (done.key, done.data, done.description) == ("long-good-progress", 100.0, "done")
    stopped = shown(long(dataset="bad", return_state=True)).artifacts["progress"]
    assert (stopped.data, stopped.description) == (49.5, "stopped at rows learnt: 99 of 200")
    monkeypatch.setattr(progress_artifact, "DELAY", 600.0)
    assert "progress" not in shown(long(dataset="good", return_state=True)).artifacts
