"""``up``, ``down`` and ``status`` on real servers: ready when they say so, stopped when asked."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from flows.servers import supervisor
from flows.servers.child_process import MARK
from flows.servers.services import Ports, Service
from flows.servers.supervisor import Supervisor
from greenlightning.errors import ServerError
from tasks.core import processes
from tasks.core.constants import Alias
from tasks.core.workspace import Workspace
from tasks.data.batch_index import batches
from tasks.models import registry
from tasks.orchestration.dashboards import last_started, running
from tests.helpers.digits import DIGITS, SECOND, THIRD, add, source
from tests.helpers.servers.prefect_server import ROOT
from tests.helpers.servers.up import FREE_PORTS, GREENLIGHTNING, Up, environment, greenlightning, status
from tests.helpers.waiting import cpu_seconds, family, last_lines, output_of, wait_for

pytestmark = pytest.mark.slow

NAMES = ["prefect", "mlflow", "warm", "worker-cpu", "deploy"]


def child(up: Up, name: str) -> dict[str, Any]:
    """What ``up`` says of one of its children."""
    [found] = [one for one in running(Workspace(up.home))["children"] if one["name"] == name]
    return dict(found)


# --- what runs --------------------------------------------------------------------------------------------------


def test_up_returns_when_all_is_ready(up: Up) -> None:
    assert [(one["name"], one["state"]) for one in up.status()["children"]] == [
        ("prefect", "ready"),
        ("mlflow", "ready"),
        ("warm", "ready"),
        ("worker-cpu", "ready"),
        ("deploy", "done"),
    ]
    for page in (up.prefect_url, up.mlflow_url):
        answer = up.ask(page)
        assert answer.status_code == 200 and "html" in answer.headers["Content-Type"]


def test_status_says_where_all_answers_and_what_serves(up: Up) -> None:
    found = up.status()
    assert (found["prefect_url"], found["mlflow_url"]) == (up.prefect_url, up.mlflow_url)
    assert found["workspace"] == str(up.home)
    assert found["champion"][DIGITS] == found["datasets"][DIGITS]["champion"] >= 1
    deployments = {one["name"]: one for one in found["deployments"]}
    assert {"train", "retrain", "retrain-on-data", "forget", "rollback", "federate"} <= deployments.keys()
    assert deployments["retrain-nightly"]["schedules"] == [
        {"slug": "nightly", "when": "0 2 * * *", "active": True}
    ]


def test_status_in_words_names_addresses_processes_and_schedules(up: Up) -> None:
    said = greenlightning(up.home, "status").stdout
    assert f"Prefect      {up.prefect_url}\n" in said and f"MLflow       {up.mlflow_url}\n" in said
    assert "worker-cpu ready (" in said and "deploy done" in said
    assert f"{DIGITS} " in said and "retrain-nightly" in said and "02:00 UTC" in " ".join(said.split())


def test_a_second_up_finds_the_first(up: Up) -> None:
    said = greenlightning(up.home, "up", "--json")
    found = json.loads(said.stdout)
    assert (said.returncode, found["state"]) == (0, "Running already")
    assert (found["prefect_url"], found["mlflow_url"]) == (up.prefect_url, up.mlflow_url)


def test_all_lies_in_the_workspace_and_speaks_to_loopback_alone(up: Up) -> None:
    pid = processes.pid_of(running(Workspace(up.home))["supervisor"])
    assert pid is not None
    for process in family(pid):
        for connection in process.net_connections("inet"):
            ends = [end.ip for end in (connection.laddr, connection.raddr) if end]
            assert set(ends) <= {"127.0.0.1", "::1"}, (process.cmdline(), connection)
    seen = psutil.Process(child(up, "prefect")["pid"]).environ()
    assert (seen["PREFECT_HOME"], seen["GREENLIGHTNING_HOME"]) == (str(up.home / ".prefect"), str(up.home))
    assert (seen["DO_NOT_TRACK"], seen["MLFLOW_DISABLE_TELEMETRY"]) == ("true", "true")
    assert up.call("GET", "/admin/settings")["server"]["analytics_enabled"] is False
    assert (up.home / ".prefect" / "prefect.db").is_file()
    assert {f"{name}.log" for name in [*NAMES, "supervisor"]} <= {log.name for log in (up.home / "logs").iterdir()}


def test_a_retrain_without_parameters_learns_what_arrived(up: Up, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLIGHTNING_HOME", str(up.home))
    arrived = add("arrived", SECOND)
    run = up.ended(up.start("retrain/retrain"))
    assert run["state_name"] == "Promoted"
    serving = registry.version(DIGITS, Alias.CHAMPION)
    assert arrived in serving.batches and up.status()["champion"] == {DIGITS: serving.version}


def test_a_batch_that_a_command_brings_in_is_learnt_without_being_asked(
    up: Up, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREENLIGHTNING_HOME", str(up.home))
    said = greenlightning(up.home, "ingest", str(source("landed", THIRD)), "--dataset", DIGITS)
    assert (said.returncode, said.stderr) == (0, ""), "no warning comes after our own last line"
    landed = batches(DIGITS)[-1].id
    up.wait_for(lambda: landed in registry.version(DIGITS, Alias.CHAMPION).batches, "the triggered retraining")


def test_a_child_that_dies_is_started_again_at_its_address(up: Up) -> None:
    before = child(up, "mlflow")
    psutil.Process(before["pid"]).kill()
    after = up.wait_for(lambda: (now := child(up, "mlflow"))["pid"] not in (before["pid"], None) and now, "MLflow")
    up.wait_for(lambda: child(up, "mlflow")["state"] == "ready", "MLflow")
    assert up.ask(f"{up.mlflow_url}/health").text == "OK"
    assert psutil.pid_exists(after["pid"]) and up.status()["mlflow_url"] == up.mlflow_url
    assert "mlflow: exit code -9, starts again in 2 s; see" in (up.home / "logs" / "supervisor.log").read_text()


# --- how it ends ------------------------------------------------------------------------------------------------


@pytest.fixture
def starting(home: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Start ``up --foreground`` as a terminal does, in a process group of its own; both servers are starting."""
    begun: list[subprocess.Popen[str]] = []

    def begin() -> subprocess.Popen[str]:
        command = [*GREENLIGHTNING, "up", "--foreground", "--no-gpu", *FREE_PORTS]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        begun.append(subprocess.Popen(command, cwd=ROOT, env=environment(home), process_group=0, **pipes))
        started(home, begun[0], lambda: sum(one["pid"] is not None for one in _children(home)) > 1, "the servers")
        return begun[0]

    yield begin
    greenlightning(home, "down")
    for process in begun:
        output_of(process, "the end of up")


def started(home: Path, up: subprocess.Popen[str], event: Callable[[], Any], what: str) -> None:
    """Wait until ``up`` has come so far."""
    wait_for(event, what, lambda: cpu_seconds(family(up.pid)), lambda: last_lines(home))


def _children(home: Path) -> list[dict[str, Any]]:
    return list(running(Workspace(home)).get("children", []))


@pytest.mark.parametrize("word", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_stop_every_process(
    word: signal.Signals, home: Path, starting: Callable[[], subprocess.Popen[str]]
) -> None:
    up = starting()
    ran = family(up.pid)
    assert len(ran) >= 3
    os.killpg(up.pid, word)
    said, _ = output_of(up, f"the end after {word.name}")
    assert up.returncode == 0 and said.splitlines()[-2:] == [f"stopping: {word.name}", "stopped"]
    assert not [process for process in ran if process.is_running()]
    assert {one["state"] for one in last_started(Workspace(home))["children"]} == {"stopped"}


def test_down_stops_all_that_a_ready_up_runs(home: Path, starting: Callable[[], subprocess.Popen[str]]) -> None:
    up = starting()
    started(home, up, lambda: running(Workspace(home))["ready"], "all that up starts")
    ran, found = family(up.pid), status(home)
    assert found["deployments"] and found["champion"] == {}
    assert greenlightning(home, "down").stdout == "Stopped.\n"
    output_of(up, "the end after down")
    assert up.returncode == 0
    assert not [process for process in ran if process.is_running()]
    for url in (found["prefect_url"], found["mlflow_url"]):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) != 0
    after = status(home)
    assert (after["prefect_url"], after["children"], after["deployments"]) == (None, [], [])
    assert greenlightning(home, "down").stdout == "Nothing was running.\n"


def test_what_a_killed_up_leaves_behind_is_stopped_by_down(
    home: Path, starting: Callable[[], subprocess.Popen[str]]
) -> None:
    up = starting()
    ran, name = family(up.pid), running(Workspace(home))["supervisor"]
    up.kill()
    up.wait()
    assert greenlightning(home, "down").returncode == 0
    alive = [each for each in ran if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]
    assert not alive and not processes.marked(MARK, f"{name} ")


# --- what is refused --------------------------------------------------------------------------------------------


def test_a_taken_port_is_named_with_who_has_it_and_what_to_do(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = greenlightning(home, "up", "--prefect-port", "0", "--mlflow-port", str(port))
    assert (said.returncode, said.stdout) == (3, "")
    assert re.search(rf"Already in use: port {port} by \S+ \(process {os.getpid()}\)\. ", said.stderr), said.stderr
    assert "choose another port with --mlflow-port" in said.stderr
    assert last_started(Workspace(home)) == {}


@pytest.mark.parametrize("name", ["PREFECT_API_URL", "MLFLOW_TRACKING_URI"])
def test_up_is_refused_where_runs_would_go_elsewhere(name: str, home: Path) -> None:
    other = environment(home) | {name: "http://127.0.0.1:9/api"}
    said = subprocess.run([*GREENLIGHTNING, "up"], cwd=ROOT, env=other, capture_output=True, text=True)
    assert said.returncode == 3 and f"{name} is set" in said.stderr and f"Unset {name}" in said.stderr


# --- the supervisor, with small children -------------------------------------------------------------------------


def supervised(monkeypatch: pytest.MonkeyPatch, *plan: Service) -> tuple[Supervisor, list[str]]:
    """A supervisor of these services, and the lines that it says."""
    said: list[str] = []
    monkeypatch.setattr(supervisor, "services", lambda *_: list(plan))
    return Supervisor(Workspace.current(), Ports(0, 0), False, said.append), said


def script(name: str, code: str, **about: Any) -> Service:
    return Service(name, (sys.executable, "-c", code), **about)


def test_a_child_that_does_not_start_is_told_with_its_last_lines_and_log(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = script("broken", "print('the database is locked'); raise SystemExit(7)")
    watched, said = supervised(monkeypatch, script("sleeper", "import time; time.sleep(99)"), broken)
    with pytest.raises(
        ServerError, match=r"broken did not start: exit code 7: the database is locked\. See .*log"
    ):
        watched.run()
    assert said[-1] == "stopped" and all(one.ended() is not None for one in watched.children)
    assert last_started(Workspace.current())["error"][0].startswith("broken did not start: exit code 7")


def test_a_child_that_always_dies_is_given_up_and_reported(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "TRIES", 0)
    watched, said = supervised(
        monkeypatch,
        script("steady", "import time; time.sleep(99)", is_ready=lambda _: True),
        script("mayfly", "import time; time.sleep(1); raise SystemExit(9)", is_ready=lambda _: True),
    )
    tell = watched.say

    def hear(line: str) -> None:
        tell(line)
        if "given up" in line:
            watched.stop_reason = "the test"

    watched.say = hear
    watched.run()
    assert f"mayfly: exit code 9, given up; see {home / 'logs' / 'mayfly.log'}" in said
    assert said[-2:] == ["stopping: the test", "stopped"]


def test_two_supervisors_do_not_share_a_workspace(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    second, _ = supervised(monkeypatch)
    first, _ = supervised(monkeypatch)

    def meanwhile(_: Any) -> None:
        with pytest.raises(ServerError, match="Another `up` has just started here"):
            second.run()
        first.stop_reason = "the test"

    first.run(meanwhile)
    assert first.ready and not second.ready
