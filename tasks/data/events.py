"""Events about data, sent to the Prefect server, where they trigger deployments."""

import logging
from typing import Any

from tasks.data.batch_index import BatchRef

LANDED = "greenlightning.batch.landed"
DRIFTED = "greenlightning.batch.drifted"


def emit_landed(ref: BatchRef, served: bool) -> None:
    """Emit that a batch was versioned, and whether its dataset has a champion that could learn it."""
    _emit(LANDED, ref.dataset, served, {"batch": ref.id, "rows": ref.rows})


def emit_drift(dataset: str, batch: str, verdict: str, **about: Any) -> None:
    """Emit that a batch has drifted from what its dataset's champion learnt; ``about`` are JSON values."""
    _emit(DRIFTED, dataset, True, {"batch": batch, "verdict": verdict, **about})


def _emit(event: str, dataset: str, served: bool, payload: dict[str, Any]) -> None:
    """Queue an event in Prefect's own thread; does nothing without a server, and never raises."""
    from prefect.events import emit_event
    from prefect.settings import get_current_settings

    if get_current_settings().api.url is None:
        return
    resource = {
        "prefect.resource.id": f"greenlightning.dataset.{dataset}",
        "prefect.resource.name": dataset,
        "greenlightning.served": str(served).lower(),
    }
    try:
        emit_event(event, resource, payload={"dataset": dataset, **payload})
    except Exception as error:
        logging.getLogger(__name__).warning("The event %s of %s was not sent: %s", event, dataset, error)
