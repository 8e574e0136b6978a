"""Rollback: serve an earlier version again, with the reason, audited as a run."""

from typing import Annotated, Any

from prefect import State, flow
from pydantic import Field

from flows.common import DatasetName, champion_of, session
from flows.outcome import Outcome
from tasks import registry, tracking
from tasks.names import Kind, Tag


@flow(name="rollback", flow_run_name="roll back {dataset}", persist_result=False)
def rollback(
    dataset: DatasetName,
    to: Annotated[int | None, Field(ge=1, description="version to serve; the one before by default")] = None,
    reason: Annotated[str, Field(description="why; kept with the version")] = "asked for",
) -> State[Any]:
    """Move the champion alias back to an earlier version."""
    champion_of(dataset)
    with session(dataset, Kind.ROLLBACK, f"roll back {dataset}") as run:
        number = registry.rollback(dataset, to, reason)
        tracking.set_tags(run.run_id, {Tag.REASON: reason, Tag.DECISION: f"serving version {number} again"})
    reason = f"version {number} serves again: {reason}"
    done = Outcome(
        state="Rolled back", dataset=dataset, reason=reason, version=number, promoted=True, run_id=run.run_id
    )
    return done.completed()
