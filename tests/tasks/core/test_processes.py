"""A process is known by its host, number and start time."""

import os

from tasks.core import processes


def test_a_reused_process_number_is_another_process() -> None:
    host, pid, started = processes.name(os.getpid()).split("/")
    assert not processes.has_died(f"{host}/{pid}/{started}")
    assert processes.has_died(f"{host}/{pid}/{float(started) - 60}")
    assert not processes.has_died(f"elsewhere/{pid}/0")
    assert not processes.has_died("")
