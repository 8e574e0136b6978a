"""Dask computes the same sums as one process, and a worker that dies costs the parts that it held."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from greenlightning.errors import InputError
from tasks.core import progress
from tasks.federation import large_tables
from tasks.federation.dask_engine import BRANCHES, dask_engine
from tasks.federation.large_tables import in_this_process, sum_table, table_of
from tests.helpers.federation.published_table import in_files, publication

distributed = pytest.importorskip("distributed", reason="distributed is not installed: pip install '.[dask]'")
pytest.importorskip("prefect_dask", reason="prefect-dask is not installed: pip install '.[dask]'")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]


DONE = ("processing", "memory")


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Two worker processes that are started again when they die."""
    about = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0", "host": "127.0.0.1"}
    with distributed.LocalCluster(**about, silence_logs=50) as cluster:
        yield cluster


def computed(cluster: Any) -> list[str]:
    """The part of each task that a worker has finished, once for each time that it has."""
    done = [key for key, before, after, *_ in cluster.scheduler.transition_log if (before, after) == DONE]
    return [key for key in done if "sum_part" in str(key)]


def test_a_worker_that_dies_costs_the_parts_that_it_held(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_tables, "PART_ROWS", 10)
    model = publication(tmp_path / "publication")
    table = table_of(in_files(tmp_path / "table", group_rows=10))
    assert len(table.parts) == 60
    alone = sum_table(model, tmp_path / "publication", table, in_this_process)
    pids = [worker.pid for worker in cluster.workers.values()]
    killed: list[int] = []

    def kill_one(_: str, done: int, of: int) -> None:
        if done >= 2 * BRANCHES and not killed:
            killed.append(pids[0])
            os.kill(pids[0], signal.SIGKILL)

    with progress.progress_listener(kill_one), dask_engine(cluster.scheduler_address) as engine:
        together = sum_table(model, tmp_path / "publication", table, engine)
    assert killed
    assert (together.n, together.digest) == (600, alone.digest)
    again = len(computed(cluster)) - len(table.parts)
    assert again <= 3 * BRANCHES, "no more than the groups that were under way"


def test_a_cluster_of_this_machine_gives_the_same_digest(tmp_path: Path) -> None:
    model = publication(tmp_path / "publication")
    table = table_of(in_files(tmp_path / "table"))
    with dask_engine(None) as engine:
        together = sum_table(model, tmp_path / "publication", table, engine)
    assert together.digest == sum_table(model, tmp_path / "publication", table, in_this_process).digest


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.federation.dask_engine.PATIENCE", 1)
    with (
        pytest.raises(InputError, match="No Dask scheduler answers"),
        dask_engine("tcp://127.0.0.1:9"),
    ):
        pass
