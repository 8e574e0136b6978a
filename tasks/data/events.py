"""Events about data and models, sent to the Prefect server, where they trigger deployments and notifications."""

import logging
from typing import Any

from tasks.data.batch_index import BatchRef

LANDED = "greenlightning.batch.landed"
DRIFTED = "greenlightning.batch.drifted"
PROMOTED = "greenlightning.model.promoted"
QUARANTINED = "greenlightning.batch.quarantined"
RED = "greenlightning.health.red"


def emit_landed(ref: BatchRef, served: bool, drifted: bool = False) -> None:
    """Emit that a batch was versioned, whether a champion may learn it now, and whether ``emit_drift`` follows.

    ``retrain-on-data`` starts for what has not drifted, ``retrain-on-drift`` for the rest: one run a batch.
    """
    _emit(LANDED, ref.dataset, served, {"batch": ref.id, "rows": ref.rows}, drifted)


def emit_drift(dataset: str, batch: str, verdict: str, **about: Any) -> None:
    """Emit that a batch has drifted from what its dataset's champion learnt; ``about`` are JSON values."""
    _emit(DRIFTED, dataset, True, {"batch": batch, "verdict": verdict, **about}, True)


def emit_news(event: str, dataset: str, subject: str, text: str) -> None:
    """Emit what people are notified of: a promotion, a quarantine, or red health, in words."""
    _emit(event, dataset, True, {"subject": subject, "text": text}, False)


def _emit(event: str, dataset: str, served: bool, payload: dict[str, Any], drifted: bool) -> None:
    """Queue an event in Prefect's own thread; does nothing without a server, and never raises."""
    from prefect.events import emit_event
    from prefect.settings import get_current_settings

    if get_current_settings().api.url is None:
        return
    resource = {
        "prefect.resource.id": f"greenlightning.dataset.{dataset}",
        "prefect.resource.name": dataset,
        "greenlightning.served": str(served).lower(),
        "greenlightning.drifted": str(drifted).lower(),
    }
    try:
        emit_event(event, resource, payload={"dataset": dataset, **payload})
    except Exception as error:
        logging.getLogger(__name__).warning("The event %s of %s was not sent: %s", event, dataset, error)
