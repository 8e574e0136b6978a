"""Rollback: serve an earlier version again, with the reason, audited as a run."""

from typing import Annotated, Any

from prefect import State
from pydantic import Field

from flows.common import DatasetName, Stated, champion_of, session
from flows.outcome import Outcome
from flows.telling import flow
from tasks import registry, tracking
from tasks.deciding import audit, restored, served_again
from tasks.names import Kind


@flow(name="rollback", flow_run_name="rollback {dataset}", persist_result=False)
def rollback(
    dataset: DatasetName,
    reason: Stated,
    to: Annotated[int | None, Field(ge=1, description="version to serve; the one before by default")] = None,
) -> State[Any]:
    """Move the champion alias back to an earlier version; what only the version left had learnt is held back."""
    serving = champion_of(dataset)
    chosen = registry.version(dataset, registry.before(serving) if to is None else to)
    with session(dataset, Kind.ROLLBACK, f"rollback {dataset} to {chosen.version}") as run:
        tracking.set_tags(run.run_id, audit(serving.version, chosen.version, reason))
        restored(dataset, chosen.version)
        number = registry.rollback(dataset, chosen.version, reason)
    done = Outcome(
        state="Rolled back",
        dataset=dataset,
        reason=f"version {number} serves again: {reason}",
        version=number,
        promoted=True,
        notes=served_again(serving, chosen, held_back=True),
        run_id=run.run_id,
    )
    return done.completed()
