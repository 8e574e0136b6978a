"""The warm runner: output and exit codes of a process of its own, for the owner only, gone with the caller."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from flows.servers.services import HANDOVER
from flows.warm.client import answers
from flows.warm.handover import SOCKET
from tests.helpers.servers.prefect_server import ROOT
from tests.helpers.servers.up import GREENLIGHTNING, environment
from tests.helpers.waiting import cpu_seconds, family, output_of, wait_for

pytestmark = pytest.mark.slow

SERVE = """
from flows.warm.server import WarmRunner, listening
from tasks.core.workspace import Workspace
{prepare}
with listening(Workspace.current().root / ".prefect") as listener:
    WarmRunner(listener).serve()
"""
SLOW = """
import os, pathlib, time
from flows.warm import run
def slow(environ):
    pathlib.Path("started").write_text(str(os.getpid()))
    time.sleep(600)
run._command = slow
"""


@pytest.fixture
def runner(request: pytest.FixtureRequest, home: Path) -> Iterator[subprocess.Popen[str]]:
    """A runner in the test's workspace that has imported little."""
    code = SERVE.format(prepare=getattr(request, "param", ""))
    with subprocess.Popen([sys.executable, "-c", code], env=environment(home), cwd=ROOT, text=True) as process:
        wait_for(answers, "the runner", lambda: cpu_seconds(family(process.pid)), lambda: "")
        yield process
        process.terminate()


def forks(runner: subprocess.Popen[str]) -> float:
    """Processor seconds of the runs that have ended."""
    return psutil.Process(runner.pid).cpu_times().children_user


def called(home: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, as a terminal starts it."""
    with subprocess.Popen(
        [*GREENLIGHTNING, *words],
        env=environment(home) | more,
        cwd=home,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        output, errors = output_of(process, f"the end of {' '.join(words)}")
    return subprocess.CompletedProcess(words, process.returncode, output, errors)


def test_a_command_prints_in_the_runner_what_it_prints_in_its_own_process(
    home: Path, runner: subprocess.Popen[str]
) -> None:
    warm = called(home, "status", "--json")
    assert forks(runner) > 0
    assert json.loads(warm.stdout)["workspace"] == str(home)
    assert (warm.returncode, warm.stderr) == (0, "")


def test_an_error_has_its_line_and_exit_code(home: Path, runner: subprocess.Popen[str]) -> None:
    warm = called(home, "lineage", "99", "--dataset", "letters")
    assert forks(runner) > 0
    assert warm.returncode == 5 and warm.stderr.startswith("error ") and "letters" in warm.stderr


def test_paths_are_those_of_the_callers_folder(home: Path, runner: subprocess.Popen[str]) -> None:
    (home / "bad.csv").write_text("a,b\n")
    warm = called(home, "ingest", "bad.csv", "--dataset", "letters")
    assert forks(runner) > 0
    assert warm.returncode == 3 and warm.stderr.startswith("error bad.csv has no rows")


def test_only_the_owner_reaches_the_socket(home: Path, runner: subprocess.Popen[str]) -> None:
    mode = (home / ".prefect" / SOCKET).stat().st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600


def test_a_setting_that_libraries_have_read_differently_runs_in_a_process_of_its_own(
    home: Path, runner: subprocess.Popen[str]
) -> None:
    said = called(home, "status", "--json", OMP_NUM_THREADS="2")
    assert said.returncode == 0 and forks(runner) == 0


def test_without_a_runner_a_command_runs_in_its_own_process(home: Path, runner: subprocess.Popen[str]) -> None:
    runner.kill()
    runner.wait()
    assert (home / ".prefect" / SOCKET).exists() and not answers()
    assert called(home, "status", "--json").returncode == 0


def start_slow(home: Path) -> tuple[subprocess.Popen[bytes], psutil.Process]:
    """A command that would take long, and the process that does its work."""
    client = subprocess.Popen([*GREENLIGHTNING, "status"], env=environment(home), cwd=home)
    started = home / "started"
    wait_for(
        lambda: started.is_file() and started.read_text(),
        "the run",
        lambda: cpu_seconds(family(client.pid)),
        lambda: "",
    )
    return client, psutil.Process(int(started.read_text()))


@pytest.mark.parametrize("runner", [SLOW], indirect=True)
def test_a_killed_command_ends_its_run(home: Path, runner: subprocess.Popen[str]) -> None:
    client, work = start_slow(home)
    os.kill(client.pid, signal.SIGKILL)
    client.wait()
    work.wait(60)
    assert runner.poll() is None and answers()


@pytest.mark.parametrize("runner", [SLOW], indirect=True)
def test_a_signal_reaches_the_run_and_its_ending_the_caller(home: Path, runner: subprocess.Popen[str]) -> None:
    client, work = start_slow(home)
    os.kill(client.pid, signal.SIGTERM)
    assert client.wait(60) == 128 + signal.SIGTERM
    assert not work.is_running() or work.status() == psutil.STATUS_ZOMBIE


FLOW_RUN = """
import os, pathlib
from flows.warm import run
run._flow_run = lambda environ: pathlib.Path("ran").write_text(f"{environ['PREFECT__FLOW_RUN_ID']} {os.getppid()}")
"""


def handed_over(home: Path) -> subprocess.CompletedProcess[str]:
    """A flow run as a worker starts it: by Python without its site packages."""
    command = [sys.executable, "-I", "-S", str(HANDOVER)]
    told = environment(home) | {"PREFECT__FLOW_RUN_ID": "a run"}
    return subprocess.run(command, env=told, cwd=home, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("runner", [FLOW_RUN], indirect=True)
def test_a_flow_run_of_a_worker_runs_in_the_runner(home: Path, runner: subprocess.Popen[str]) -> None:
    done = handed_over(home)
    assert (done.returncode, done.stderr) == (0, "")
    assert (home / "ran").read_text() == f"a run {runner.pid}"


def test_without_a_runner_a_flow_run_runs_in_its_own_process(home: Path) -> None:
    done = handed_over(home)
    assert done.returncode == 1 and "Invalid flow run id" in done.stderr
