"""The output of ``status``."""

import json
import os
import pty
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from flows.console.status import _next_runs, _skipped, print_status, servers, summary
from tasks.core.workspace import Workspace
from tasks.models import registry
from tasks.tracking.client import connect
from tests.helpers.digits import DIGITS, FIRST, add
from tests.helpers.servers.prefect_server import ROOT
from tests.helpers.servers.up import environment


def test_a_dataset_has_its_champion_and_its_new_batches(champion: Path) -> None:
    first = add("first", FIRST)
    found = summary(DIGITS)
    assert (found["champion"], found["batches"], found["not_learnt"]) == (1, 2, [first])
    assert (found["forgotten"], found["waiting"], found["quarantined"]) == ([], [], [])
    assert (
        found["scores"]["accuracy"]
        == connect().get_run(registry.champion_of(DIGITS).run_id).data.metrics["accuracy"]
    )
    assert found["health"] in (None, "green", "unknown")
    assert (found["last_run"]["name"], found["last_run"]["status"]) == ("train v1, base.parquet", "FINISHED")


def test_a_discarded_batch_is_not_counted_as_quarantined(champion: Path) -> None:
    quarantine = Workspace.current().quarantine(DIGITS)
    for batch in ("a" * 16, "b" * 16):
        (quarantine / batch).mkdir(parents=True)
    assert summary(DIGITS)["quarantined"] == ["a" * 16, "b" * 16]
    (quarantine / ("a" * 16) / "decision.json").write_text("{}")
    assert summary(DIGITS)["quarantined"] == ["b" * 16]
    (quarantine / ("a" * 16) / f"{'a' * 16}.parquet").touch()  # the same rows came, and failed, again
    assert summary(DIGITS)["quarantined"] == ["a" * 16, "b" * 16]


A = {"dataset": "a"}


def test_each_deployment_has_its_next_run() -> None:
    deployments = [{"id": "1", "name": "retrain"}, {"id": "2", "name": "maintenance"}]
    runs = [
        {
            "deployment_id": "1",
            "parameters": {"dataset": "a"},
            "next_scheduled_start_time": "2026-11-29T06:00:00Z",
        },
        {
            "deployment_id": "1",
            "parameters": {"dataset": "a"},
            "next_scheduled_start_time": "2026-11-29T07:00:00Z",
        },
        {"deployment_id": "1", "parameters": {}, "next_scheduled_start_time": "2026-11-29T08:00:00Z"},
        {"deployment_id": "9", "parameters": {}, "next_scheduled_start_time": "2026-11-29T05:00:00Z"},
    ]
    runs = [run | {"state_name": "Scheduled"} for run in runs]
    assert [(one["dataset"], one["start"][11:13]) for one in _next_runs(deployments, runs)] == [
        ("a", "06"),
        (None, "08"),
    ]


def test_the_last_skipped_run_of_each_deployment_has_its_reason() -> None:
    runs = [
        {"deployment_id": "1", "expected_start_time": f"2026-11-29T0{hour}:00:00Z", "state": {"message": "busy"}}
        for hour in (7, 6)
    ]
    [found] = _skipped([{"id": "1", "name": "retrain-hourly"}], runs)
    assert (found["deployment"], found["start"][11:13], found["why"]) == ("retrain-hourly", "07", "busy")


def test_one_dataset_is_shown_where_it_is_named(champion: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert print_status(as_json=True, wanted=DIGITS) == []
    assert list(json.loads(capsys.readouterr().out)["datasets"]) == [DIGITS]


def test_without_servers_status_says_how_to_start_them(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (servers()["deployments"], servers()["children"]) == ([], [])
    print_status(as_json=False)
    said = capsys.readouterr().out
    assert "No dataset yet" in said


@pytest.mark.slow
def test_watching_shows_the_status_in_a_terminal_until_ctrl_c(home: Path) -> None:
    terminal, inside = pty.openpty()
    command = [sys.executable, "-P", "-m", "greenlightning", "status", "--watch"]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a process in the background ignores it
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(home), stdin=inside, stdout=inside, stderr=inside, process_group=0
    ) as process:
        signal.signal(signal.SIGINT, before)
        os.close(inside)
        said = b""
        while b"No dataset yet" not in said:
            said += os.read(terminal, 1024)
        process.send_signal(signal.SIGINT)
        with suppress(OSError):  # the other end is closed
            while more := os.read(terminal, 1024):
                said += more
        assert process.wait() == 0
    os.close(terminal)
    assert b"Traceback" not in said and b"No server runs" in said
