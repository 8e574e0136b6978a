"""What a run spends as a whole: its process and the children that have ended, from their start on.

Imports, validation, tracking and lineage are in it. The processes of servers are not, and neither is a GPU.
"""

import time

import psutil

from greenlightning.energy.counters import cpu_seconds
from greenlightning.energy.meter import JOULES_PER_KWH
from greenlightning.energy.power import carbon_intensity, watts_per_core
from tasks.core.energy_cost import NO_COST, EnergyCost

COVERS = "the process from start to end, imports included, servers not"
SOURCE = "estimated:process-cpu-time"
_told = NO_COST


def process_cost() -> EnergyCost:
    """What this process has spent since it started; a fork of the warm runner, since the fork."""
    watts = watts_per_core()
    joules = cpu_seconds() * watts.value
    return EnergyCost(
        seconds=time.time() - psutil.Process().create_time(),
        joules=joules,
        gco2e=joules / JOULES_PER_KWH * carbon_intensity().value,
        source=f"{SOURCE}*tdp({watts.source})",
    )


def next_share() -> EnergyCost:
    """What this process has spent since this was last asked: the runs of one process share its cost."""
    global _told
    now, before = process_cost(), _told
    _told = now
    return EnergyCost(
        max(now.seconds - before.seconds, 0.0),
        max(now.joules - before.joules, 0.0),
        max(now.gco2e - before.gco2e, 0.0),
        now.source,
    )
