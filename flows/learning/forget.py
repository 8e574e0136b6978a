"""Forgetting: take a learnt batch back, exactly in the linear part, and say what the frozen parts keep."""

from typing import Annotated, Any

from prefect import State
from pydantic import Field

from flows.engine.admission import chosen_batches
from flows.engine.flow_decorator import flow
from flows.engine.outcome import Outcome, published
from flows.engine.parameters import BatchId, DatasetName
from flows.engine.session import REBASES, Session, champion_of, session
from flows.learning.train import train_on
from greenlightning.errors import InputError, LedgerError, MismatchError
from tasks.core.constants import Kind
from tasks.core.settings import DECIDING, LEARNING, Deciding, Learning
from tasks.data.batch_index import BatchRef, batch_ref
from tasks.data.holdout import current_holdout
from tasks.models.version_expectations import expectations_of
from tasks.promotion.publishing import publish
from tasks.scheduling.training_rate import avoided_by, inherited_rate
from tasks.tracking.metrics import rows_metrics
from tasks.training.evaluation import evaluate_model
from tasks.training.retraining import forget_batch


@flow(name="forget", flow_run_name="forget {batch!s:.4}… of {dataset}", persist_result=False)
def forget(
    dataset: DatasetName,
    batch: BatchId,
    reason: Annotated[str, Field(description="why it is forgotten; kept with the version")] = "asked for",
    strict: Annotated[bool, Field(description="extract structure and recipe anew without the batch")] = False,
    learning: Learning = LEARNING,
    deciding: Deciding = DECIDING,
) -> State[Any]:
    """Subtract a batch from the champion and serve the result; ``strict`` extracts a structure without it."""
    serving, ref = champion_of(dataset), batch_ref(dataset, batch)
    if batch not in serving.batches:
        raise LedgerError(
            f"Batch {batch} is not in the ledger of {dataset} version {serving.version}",
            f"See what it learnt with: greenlightning lineage --dataset {dataset}",
        )
    left = [name for name in serving.batches if name != batch]
    if not left:
        raise InputError("No batch would be left in the model", "Ingest another batch and retrain first")
    why = f"batch {batch} forgotten: {reason}"
    with session(dataset, Kind.FORGET, f"forget {batch:.4}… of {dataset}") as run:
        if strict:
            result, about = train_on(run, chosen_batches(dataset, left), learning, deciding, (batch,), why)
            return published(result, dataset=dataset, **about).completed()
        outcome = _subtract(run, ref, why)
    return outcome.completed()


def _subtract(run: Session, ref: BatchRef, reason: str) -> Outcome:
    """Subtract and publish on the champion of the moment; where another run lands first, on its champion."""
    dataset, holdout = run.dataset, current_holdout(run.dataset)
    for attempt in range(REBASES):
        parent = champion_of(dataset)
        folder = run.folder / str(attempt)
        folder.mkdir()
        left = forget_batch(dataset, parent.version, ref, holdout, run.run_id, folder)
        judged = evaluate_model(dataset, left.folder, holdout, run.run_id, parent)
        spent = left.spent + judged.spent
        avoided = avoided_by(parent, left.rows_known, spent)
        result = publish(
            dataset,
            left.folder,
            run.run_id,
            parent=parent,
            promote=True,
            reason=reason,
            spent=spent,
            avoided=avoided,
            rows=rows_metrics({}, left.rows_learnt, 0),
            holdout=holdout,
            expectations=expectations_of(parent),
            tags=inherited_rate(parent),
            forgotten=(ref.id,),
        )
        if result:
            about = {
                "scores": judged.scores,
                "spent": spent,
                "run_id": run.run_id,
                "notes": left.notes,
                "avoided": avoided,
            }
            return published(result, dataset=dataset, **about)
    raise MismatchError(f"The champion of {dataset!r} moved {REBASES} times meanwhile", "Forget it again")
