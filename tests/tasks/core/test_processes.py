"""A process is known by its host, number and start time; stopping one waits only while it runs."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tasks.core import processes
from tests.helpers.waiting import wait_for

ROOT = Path(__file__).parents[3]

COLLECTS_NO_CHILD = """
import subprocess, time
print(subprocess.Popen(["sleep", "600"]).pid, flush=True)
time.sleep(600)
"""
IGNORES_SIGTERM = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(600)
"""


HAS_A_CHILD = """
import os, subprocess, sys
from functools import partial
from tasks.core.processes import end_with_parent
child = subprocess.Popen(["sleep", "600"], preexec_fn=partial(end_with_parent, os.getpid()))
print(child.pid, flush=True)
input()
"""


def program(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def test_a_reused_process_number_is_another_process() -> None:
    host, pid, started = processes.name(os.getpid()).split("/")
    assert not processes.has_died(f"{host}/{pid}/{started}")
    assert processes.has_died(f"{host}/{pid}/{float(started) - 60}")
    assert not processes.has_died(f"elsewhere/{pid}/0")
    assert not processes.has_died("")


def test_a_process_that_its_parent_never_collects_counts_as_stopped() -> None:
    with program(COLLECTS_NO_CHILD) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        processes.stop([child], patience=600)
        assert child.status() == psutil.STATUS_ZOMBIE
        parent.kill()


def test_a_process_that_ignores_the_request_to_end_is_killed() -> None:
    with program(IGNORES_SIGTERM) as process:
        assert process.stdout and process.stdout.readline()
        processes.stop([psutil.Process(process.pid)], patience=0.2)
        assert process.wait() == -9


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells a child of its parent's death")
def test_a_child_ends_with_its_parent_even_where_that_is_killed() -> None:
    command = [sys.executable, "-c", HAS_A_CHILD]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        wait_for(lambda: not processes._is_running(child), "the child to end", lambda: 0, str)
