"""Rollback: serve an earlier version again; the run is the audit record."""

from typing import Annotated, Any

from prefect import State
from pydantic import Field

from flows.engine.flow_decorator import flow
from flows.engine.outcome import Outcome
from flows.engine.session import session
from flows.inputs.parameters import DatasetName, Stated
from tasks.core.constants import Kind
from tasks.models import champion, registry
from tasks.promotion.decisions import audit_tags, check_loadable, serving_notes
from tasks.tracking.metrics import set_tags


@flow(name="rollback", flow_run_name="rollback {dataset}", persist_result=False)
def rollback(
    dataset: DatasetName,
    reason: Stated,
    to: Annotated[int | None, Field(ge=1, description="version to serve; the one before by default")] = None,
) -> State[Any]:
    """Move the champion alias to an earlier version; batches that only the later version learnt are held back."""
    serving = registry.champion_of(dataset)
    chosen = registry.version(dataset, champion.previous_version(serving) if to is None else to)
    with session(dataset, Kind.ROLLBACK, f"rollback {dataset} to {chosen.version}") as run:
        set_tags(run.run_id, audit_tags(serving.version, chosen.version, reason))
        check_loadable(dataset, chosen.version)
        number = champion.rollback(dataset, chosen.version, reason)
    done = Outcome(
        state="Rolled back",
        dataset=dataset,
        reason=f"version {number} serves again instead of version {serving.version}: {reason}",
        version=number,
        left=serving.version,
        promoted=True,
        notes=serving_notes(serving, chosen, held_back=True),
        run_id=run.run_id,
    )
    return done.completed()
