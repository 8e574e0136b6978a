"""A run that an event started is repeated at once where it is killed, with the worker that ran it."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psutil
import pytest

from flows.servers.child_process import MARK
from tasks.core import processes
from tasks.core.constants import Alias
from tasks.core.workspace import Workspace
from tasks.data.batch_index import batches
from tasks.models import registry
from tasks.orchestration.dashboards import running
from tasks.orchestration.lost_runs import RUN_VARIABLE
from tests.helpers.digits import DIGITS, source
from tests.helpers.servers.up import Up, greenlightning


def test_a_triggered_retraining_whose_processes_are_all_killed_starts_again_by_itself(
    up: Up, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody brings in another batch: the killed run itself is repeated."""
    monkeypatch.setenv("GREENLIGHTNING_HOME", str(up.home))
    mark = f"{running(Workspace(up.home))['supervisor']} worker-cpu"

    def worker_and_run() -> list[psutil.Process]:
        found = processes.marked(MARK, mark)
        with suppress(psutil.NoSuchProcess):
            return found if any(RUN_VARIABLE in process.environ() for process in found) else []
        return []

    file = str(source("fourth", slice(1100, 1300)))
    with ThreadPoolExecutor() as beside:
        ingesting = beside.submit(greenlightning, up.home, "ingest", file, "--dataset", DIGITS)
        for process in up.wait_for(worker_and_run, "the process of the triggered run"):
            with suppress(psutil.NoSuchProcess):
                process.kill()
    assert ingesting.result().returncode == 0
    landed = batches(DIGITS)[-1].id
    up.wait_for(lambda: landed in registry.version(DIGITS, Alias.CHAMPION).batches, "the repeated retraining")
