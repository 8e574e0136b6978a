"""Turns: deployed flows that change one model wait for each other, so that none works for nothing."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

LEASE_SECONDS = 60.0
"""How long the turn of a process that was killed keeps others waiting; Prefect allows no less."""


@contextmanager
def one_run_per_model(dataset: str) -> Iterator[None]:
    """Wait for, and hold, Prefect's global limit ``model-<dataset>``; a run without a deployment never waits.

    It saves work only: the champion is moved by compare-and-swap, whoever holds the turn.
    """
    from prefect.concurrency.sync import concurrency
    from prefect.context import FlowRunContext

    context = FlowRunContext.get()
    if context is None or context.flow_run is None or context.flow_run.deployment_id is None:
        yield
        return
    limit = f"model-{dataset}"
    _ensure(limit)
    with concurrency(limit, lease_duration=LEASE_SECONDS, strict=True, raise_on_lease_renewal_failure=False):
        yield


def _ensure(limit: str) -> None:
    """Make the limit where it is not there; one that is keeps the size that somebody gave it."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
    from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound

    with get_client(sync_client=True) as client:
        try:
            client.read_global_concurrency_limit_by_name(limit)
        except ObjectNotFound:
            with suppress(ObjectAlreadyExists):
                client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=limit, limit=1))
