"""One deployed run at a time may change a model; the others wait, so that no work is discarded."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

LEASE_SECONDS = 60.0
"""How long the slot of a killed process stays taken; Prefect allows no less."""


@contextmanager
def one_run_per_model(dataset: str) -> Iterator[None]:
    """Wait for a slot of Prefect's global limit ``model-<dataset>``; a run without a deployment never waits.

    The limit only saves work: correctness comes from compare-and-swap when the champion moves.
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
    """Create the limit with one slot, unless it exists."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
    from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound

    with get_client(sync_client=True) as client:
        try:
            client.read_global_concurrency_limit_by_name(limit)
        except ObjectNotFound:
            with suppress(ObjectAlreadyExists):
                client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=limit, limit=1))
