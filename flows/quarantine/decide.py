"""Accept a quarantined batch, or discard it; the run is the audit record."""

from typing import Any

from prefect import State

from flows.engine.flow_decorator import flow
from flows.engine.outcome import Outcome
from flows.engine.session import session
from flows.inputs.parameters import BatchId, DatasetName, Stated
from tasks.core.constants import Kind
from tasks.data.batch_index import BatchRef, batch_ref, pointer_path
from tasks.data.events import emit_landed
from tasks.data.pointers.turns import turn_of
from tasks.data.versioning import mark_accepted, version_batch
from tasks.models import registry
from tasks.models.version_expectations import follow_batch
from tasks.quarantine import moves, records
from tasks.tracking.inputs import log_batch_input, log_validation
from tasks.tracking.metrics import set_tags
from tasks.tracking.runs import decided_tags


@flow(name="accept", flow_run_name="accept {batch} of {dataset}", persist_result=False)
def accept(dataset: DatasetName, batch: BatchId, reason: Stated) -> State[Any]:
    """Take a batch out of quarantine: it is versioned, learnt by the next retraining, and expected from then on.

    A versioned batch that the present expectations refuse is accepted too. Who accepted it, when and why stands
    in its pointer and in the run.
    """
    decision = records.decided("accepted", reason)
    with session(dataset, Kind.ACCEPT, f"accept {batch} of {dataset}") as run:
        set_tags(run.run_id, decided_tags(decision.line, reason))
        with turn_of(batch):
            log_validation(run.run_id, dataset, batch)
            ref = _versioned(dataset, batch, decision)
        log_batch_input(run.run_id, ref, role="accepted")
        serving = registry.champion(dataset)
        learnt = follow_batch(serving, ref, run.run_id) if serving else ()
        emit_landed(ref, served=serving is not None)
    command = f"greenlightning {'retrain' if serving else 'train'} --dataset {dataset}"
    done = Outcome(
        state="Accepted",
        dataset=dataset,
        reason=f"batch {batch} ({ref.source}) is versioned: {reason}",
        notes=(*learnt, f"learn it with: {command}"),
        run_id=run.run_id,
    )
    return done.completed()


@flow(name="discard", flow_run_name="discard {batch} of {dataset}", persist_result=False)
def discard(dataset: DatasetName, batch: BatchId, reason: Stated) -> State[Any]:
    """Delete the rows of a quarantined batch; its record stays, and the same rows are quarantined again."""
    held = records.held_batch(dataset, batch)
    decision = records.decided("discarded", reason)
    with session(dataset, Kind.DISCARD, f"discard {batch} of {dataset}") as run:
        set_tags(run.run_id, decided_tags(decision.line, reason))
        with turn_of(batch):
            log_validation(run.run_id, dataset, batch)
            moves.discard(records.held_batch(dataset, batch), decision)
    why = f"batch {batch} ({held.source}) is kept out: {reason}"
    return Outcome(state="Discarded", dataset=dataset, reason=why, run_id=run.run_id).completed()


def _versioned(dataset: str, batch: str, decision: records.Decision) -> BatchRef:
    """The batch as an accepted one, from quarantine or from among those that are versioned.

    Where an earlier call was killed, its record or rows may still be in quarantine or wait; this one finishes.
    """
    held = next((one for one in records.held_batches(dataset) if one.id == batch), None)
    if not pointer_path(dataset, batch).is_file() or (held and moves.has_rows(held)):
        version_batch(moves.released(held or records.held_batch(dataset, batch)), accepted=decision.line)
    moves.forget_record(dataset, batch)
    mark_accepted(batch_ref(dataset, batch), decision.line)
    return batch_ref(dataset, batch)
