"""Learn again what is expected of batches, from batches that somebody names."""

from typing import Annotated, Any

from prefect import State
from pydantic import Field

from flows.engine.admission import chosen_batches
from flows.engine.flow_decorator import flow
from flows.engine.outcome import Outcome
from flows.engine.session import champion_of, session
from flows.inputs.parameters import BatchId, DatasetName, Stated
from greenlightning.data.counted import counted
from tasks.core.constants import Kind
from tasks.models.version_expectations import relearn as relearn_expectations
from tasks.tracking.inputs import log_batch_input
from tasks.tracking.metrics import set_tags
from tasks.tracking.runs import decided_tags


@flow(name="relearn", flow_run_name="relearn the expectations of {dataset}", persist_result=False)
def relearn(
    dataset: DatasetName,
    reason: Stated,
    batches: Annotated[
        list[BatchId] | None, Field(description="batches to learn from; those of the champion by default")
    ] = None,
) -> State[Any]:
    """Learn the champion's expectations from the named batches; the model stays as it is."""
    serving = champion_of(dataset)
    chosen = chosen_batches(dataset, batches)
    refs = [ref for ref in chosen if batches or ref.id in serving.batches]
    with session(dataset, Kind.RELEARN, f"relearn the expectations of {dataset}") as run:
        for ref in refs:
            log_batch_input(run.run_id, ref, role="expectations")
        learnt = relearn_expectations(serving, refs, run.run_id)
        set_tags(run.run_id, decided_tags(f"expectations {learnt.digest[:12]}", reason))
    count = f"{counted(len(refs), 'batch')} of {counted(learnt.rows, 'row')}"
    done = Outcome(
        state="Relearnt",
        dataset=dataset,
        version=serving.version,
        reason=f"expectations {learnt.digest[:12]} are those of {count}: {reason}",
        run_id=run.run_id,
    )
    return done.completed()
