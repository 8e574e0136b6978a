"""What a command costs as a process tree: wall seconds, and processor seconds of it and of the servers it asks."""

import json
import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from greenlightning.energy.power import watts_per_core

SETTLE_SECONDS = 0.3
"""Servers finish their answers in the background; what they take is the command's."""


START = dict(os.environ)
"""The environment before libraries add to it: with other variables commands do not run in the warm runner."""


@dataclass(frozen=True)
class Cost:
    """Wall seconds; processor seconds of the command's processes, of the servers while it ran, and of learning."""

    seconds: float
    own: float
    servers: float
    learning: float = 0.0

    @property
    def processor(self) -> float:
        return self.own + self.servers

    @property
    def joules(self) -> float:
        """Estimated as everywhere where no counter can be read: processor seconds by the watts of a core."""
        return self.processor * watts_per_core().value

    @property
    def outside(self) -> float:
        """The joules that are not of learning and evaluating: process, imports, validation, tracking, servers."""
        return (self.processor - self.learning) * watts_per_core().value


def measured(command: Sequence[str], home: Path, accept: tuple[int, ...] = (0,)) -> Cost:
    """Run a command in the workspace ``home``; RuntimeError where it ends with another code."""
    environment = START | {"GREENLIGHTNING_HOME": str(home)}
    servers, before, start = servers_seconds(home), os.times(), time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    after = os.times()
    time.sleep(SETTLE_SECONDS)
    if done.returncode not in accept:
        raise RuntimeError(f"{' '.join(command)}: exit code {done.returncode}: {done.stdout}{done.stderr}")
    own = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(seconds, own, servers_seconds(home) - servers, _learning(done.stdout))


def _learning(said: str) -> float:
    """The processor seconds of learning and evaluating that a command with --json tells; 0 for others."""
    spent = json.loads(said).get("spent") if said.startswith("{") else None
    return spent["joules"] / watts_per_core().value if spent else 0.0


def servers_seconds(home: Path) -> float:
    """Processor seconds, so far, of all that `up` runs in ``home``, ended children included; 0 without `up`."""
    state = home / ".prefect" / "up.json"
    if not state.is_file():
        return 0.0
    total = 0.0
    for child in json.loads(state.read_text())["children"]:
        if child["pid"] and psutil.pid_exists(child["pid"]):
            for process in (first := psutil.Process(child["pid"]), *first.children(recursive=True)):
                total += sum(process.cpu_times()[:4])
    return total
