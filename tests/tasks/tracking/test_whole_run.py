"""What a process spends as a whole: from its start on, and each run's share of it once."""

import os
import time

import pytest

from greenlightning.energy.power import watts_per_core
from tasks.tracking.whole_run import next_share, process_cost


def burn() -> None:
    until = time.process_time() + 0.05
    while time.process_time() < until:
        pass


def test_all_processor_time_since_the_start_counts() -> None:
    before = process_cost()
    burn()
    cost = process_cost()
    times = os.times()
    assert cost.joules >= before.joules + 0.05 * watts_per_core().value
    assert cost.joules >= (times.user + times.system - 1) * watts_per_core().value
    assert cost.source.startswith("estimated:process-cpu-time*tdp(")


def test_each_run_of_a_process_has_its_own_share() -> None:
    first = next_share()
    burn()
    second = next_share()
    assert second.joules >= 0.04 * watts_per_core().value
    assert second.joules + first.joules <= process_cost().joules + 1e-9 or first.joules == pytest.approx(0)
