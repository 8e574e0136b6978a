"""Fault points do nothing unless the environment names one."""

import subprocess
import sys
from pathlib import Path

import pytest

from tasks.core.faults import Fault, reached

CALL = "from tasks.core.faults import Fault, reached; reached(Fault.PUSHED); print('alive')"


def test_nothing_happens_by_default_or_at_another_point(monkeypatch: pytest.MonkeyPatch) -> None:
    for fault in Fault:
        reached(fault)
    monkeypatch.setenv("GREENLIGHTNING_FAULT", "pushed")
    reached(Fault.COPIED)


def test_a_system_error_is_raised_where_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLIGHTNING_FAULT", "pushed:ENOSPC")
    with pytest.raises(OSError, match="No space left on device"):
        reached(Fault.PUSHED)


def test_the_process_is_killed_at_the_point(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLIGHTNING_FAULT", "pushed")
    done = subprocess.run([sys.executable, "-c", CALL], cwd=Path(__file__).parents[3], capture_output=True)
    assert (done.returncode, done.stdout) == (-9, b"")
