"""Forgetting: subtract a learnt batch, exactly in the linear part, and report what the frozen parts keep of it."""

from typing import Annotated, Any

from prefect import State
from pydantic import Field

from flows.engine.admission import chosen_batches
from flows.engine.flow_decorator import flow
from flows.engine.outcome import Outcome
from flows.engine.session import Session, champion_of, session
from flows.inputs.parameters import BatchId, DatasetName
from flows.inputs.versions import check_learnt
from flows.learning.publication import Attempt, publish_on_champion
from flows.learning.train import train_on
from greenlightning.evaluation.comparison import Decision
from tasks.core.constants import Kind
from tasks.core.settings import DECIDING, LEARNING, Deciding, Learning
from tasks.data.batch_index import BatchRef, batch_ref
from tasks.data.sliding_holdout import holdout_without
from tasks.models.certificate import certificate_of
from tasks.models.holdouts import holdout_for
from tasks.models.version_expectations import expectations_of
from tasks.promotion.candidate import Candidate
from tasks.training.evaluation import evaluate_model
from tasks.training.retraining import forget_batch


@flow(name="forget", flow_run_name="forget {batch!s:.4}… of {dataset}", persist_result=False)
def forget(
    dataset: DatasetName,
    batch: BatchId,
    reason: Annotated[str, Field(description="why it is forgotten; kept with the version")] = "asked for",
    strict: Annotated[
        bool, Field(description="extract a new structure and recipe without the batch, too")
    ] = False,
    learning: Learning = LEARNING,
    deciding: Deciding = DECIDING,
) -> State[Any]:
    """Subtract a batch from the champion and serve the result; ``strict`` extracts a structure without it."""
    serving, ref = champion_of(dataset), batch_ref(dataset, batch)
    check_learnt(serving, batch)
    left = [name for name in serving.batches if name != batch]
    why = f"batch {batch} forgotten: {reason}"
    with session(dataset, Kind.FORGET, f"forget {batch:.4}… of {dataset}") as run:
        if strict:
            outcome = train_on(run, chosen_batches(dataset, left), learning, deciding, (batch,), why)
        else:
            outcome = _subtract(run, ref, why, deciding)
        notes = (*outcome.notes, *certificate_of(run.run_id).lines)
    return outcome.model_copy(update={"notes": notes}).completed()


def _subtract(run: Session, ref: BatchRef, reason: str, deciding: Deciding) -> Outcome:
    """Subtract the batch from the champion and serve the result."""

    def subtracted(attempt: Attempt) -> Candidate:
        parent = attempt.champion
        holdout = holdout_without(holdout_for(parent), ref.id)
        kept = deciding.model_copy(update={"threshold": "keep"})
        trained = forget_batch(run.dataset, parent.version, ref, holdout, run.run_id, attempt.folder)
        return Candidate(
            dataset=run.dataset,
            run_id=run.run_id,
            parent=parent,
            trained=trained,
            evaluated=evaluate_model(run.dataset, trained.folder, holdout, run.run_id, kept, parent),
            decision=Decision(True, reason),
            holdout=holdout,
            expectations=expectations_of(parent),
            forgotten=(ref.id,),
        )

    outcome = publish_on_champion(run, subtracted)
    assert outcome is not None
    return outcome
