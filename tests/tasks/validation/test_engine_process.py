"""Great Expectations may run in a process of its own: the same results, whatever becomes of that process."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import psutil
import pytest

from tasks.core.workspace import Workspace
from tasks.validation import engine_process
from tasks.validation.checks import Check
from tasks.validation.gx_runner import DOCS_SITE

FRAMES = {"features": pd.DataFrame({"missing": [0, 2]})}
AT_MOST_ONE = Check(
    "features", "ExpectColumnValuesToBeBetween", {"column": "missing", "max_value": 1}, "At most 1", "More than 1"
)


@pytest.fixture
def pid(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The id of the process, started as a command starts it that has not imported the engine."""
    monkeypatch.setattr(engine_process, "ENGINE", "not imported")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    engine_process.start()
    (engine,) = engine_process._running
    assert engine.process.pid
    yield engine.process.pid
    engine_process.stop()


def run(*checks: Check) -> list[str]:
    return engine_process.run_checks(list(checks), FRAMES, "d", "b" * 16).failures


def test_the_process_answers_each_time_and_writes_the_pages(pid: int) -> None:
    assert run(AT_MOST_ONE) == run(AT_MOST_ONE) == ["More than 1"]
    found = engine_process.run_checks([AT_MOST_ONE], FRAMES, "d", "b" * 16)
    assert (Workspace.current().data_docs / DOCS_SITE / found.pages["features"]).is_file()
    assert psutil.pid_exists(pid)


def test_another_workspace_gets_its_own_pages(pid: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GREENLIGHTNING_HOME", str(tmp_path))
    found = engine_process.run_checks([AT_MOST_ONE], FRAMES, "d", "b" * 16)
    assert (tmp_path / "data" / "docs" / DOCS_SITE / found.pages["features"]).is_file()
    assert not psutil.pid_exists(pid)


def test_the_checks_run_here_where_the_process_was_killed(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    assert run(AT_MOST_ONE) == ["More than 1"]
    assert not engine_process._running


def test_an_error_of_the_engine_is_raised_here(pid: int) -> None:
    with pytest.raises(AttributeError, match="ExpectNothing"):
        run(Check("features", "ExpectNothing", {}, "", ""))
    assert run(AT_MOST_ONE) == ["More than 1"]


def test_no_process_is_started_where_it_would_save_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_process, "ENGINE", "pandas")
    engine_process.start()
    assert not engine_process._running
    monkeypatch.setattr(engine_process, "ENGINE", "not imported")
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    engine_process.start()
    assert not engine_process._running
    assert run(AT_MOST_ONE) == ["More than 1"]
