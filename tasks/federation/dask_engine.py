"""Dask: sums the parts of a table on many processes or machines, through the cluster that prefect-dask provides.

Parts are tasks of Dask and not task runs of Prefect, which cost a call to its server each
(docs/decisions/0076-dask.md).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, reduce
from itertools import islice
from operator import add
from typing import TYPE_CHECKING, Any

from greenlightning.errors import InputError
from tasks.federation.large_tables import Part

if TYPE_CHECKING:
    from greenlightning.linear.statistics import Statistics

BRANCHES = 8
"""Parts whose sums are added on a worker before they are sent; also the most that a lost sum costs."""
LOCAL = {"threads_per_worker": 1, "dashboard_address": "127.0.0.1:0", "host": "127.0.0.1", "security": True}
PATIENCE = 20


@contextmanager
def dask_engine(scheduler: str | None) -> "Iterator[Any]":
    """An engine on the workers of a scheduler, or on a cluster of this machine with one process a core.

    The cluster listens on loopback, to holders of a certificate that exists as long as it runs.
    """
    try:
        from prefect_dask import DaskTaskRunner
    except ImportError as error:
        raise InputError(
            "The runner dask needs prefect-dask, which is not installed", "Install it with: pip install '.[dask]'"
        ) from error
    runner: Any = DaskTaskRunner(
        address=scheduler,
        cluster_kwargs=None if scheduler else LOCAL,
        client_kwargs={"timeout": PATIENCE},
    )
    with runner:
        try:
            client = runner.client
        except (OSError, ValueError) as error:
            raise InputError(f"No Dask scheduler answers at {scheduler}", "Check the address") from error
        yield partial(sums_of_groups, client)


def sums_of_groups(
    client: Any, work: "Callable[[Part], Statistics]", parts: tuple[Part, ...]
) -> "Iterator[tuple[int, Statistics]]":
    """Have the workers add the sums of some parts at a time; yield each such sum, and how many parts are done.

    Two groups for each worker are under way, so that memory does not grow with the table. A part's sum stays
    where it was computed until its group is here: a worker that dies costs the parts that it held.
    """
    from distributed import as_completed

    waiting = (parts[start : start + BRANCHES] for start in range(0, len(parts), BRANCHES))
    ready, held, done = as_completed(loop=client.loop, with_results=True), dict[str, tuple[int, list[Any]]](), 0

    def submit(groups: "Iterator[tuple[Part, ...]]") -> None:
        for group in groups:
            futures = [client.submit(work, part, pure=False) for part in group]
            together = client.submit(added, futures, pure=False)
            held[together.key] = len(group), futures
            ready.add(together)

    threads = sum(client.nthreads().values())
    submit(islice(waiting, max(2 * threads // BRANCHES, 2)))
    for future, sums in ready:
        done += held.pop(future.key)[0]
        submit(islice(waiting, 1))
        yield done, sums


def added(sums: "list[Statistics]") -> "Statistics":
    """The sum of some sums."""
    return reduce(add, sums)
