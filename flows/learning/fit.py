"""Linear training as a flow of its own, for other runners: ids go in, a model comes out in the scratch folder."""

from typing import Annotated, Any

from prefect import State, get_run_logger
from prefect.states import Completed
from pydantic import Field

from flows.engine.flow_decorator import flow
from flows.inputs.parameters import BatchId, DatasetName
from tasks.core.constants import Tag
from tasks.core.settings import DECIDING, LEARNING, Deciding, Learning
from tasks.data.batch_index import batch_ref
from tasks.data.holdout import holdout_of
from tasks.models import registry
from tasks.tracking.metrics import set_tags
from tasks.training.remote_fit import best_device, errors_written, scratch_of, write_result
from tasks.training.retraining import learn_batches
from tasks.training.structure import learn_base

RunId = Annotated[str, Field(pattern="^[0-9a-f]{32}$", description="MLflow run that waits for the result")]


@flow(name="fit", flow_run_name="fit {dataset}", persist_result=False)
def fit(  # noqa: PLR0913
    dataset: DatasetName,
    run_id: RunId,
    batches: Annotated[list[BatchId], Field(description="batches to learn")],
    holdout: Annotated[BatchId, Field(description="the holdout's batch id")],
    parent: Annotated[int | None, Field(ge=1, description="version to build on; none: a first training")] = None,
    attempt: Annotated[int | None, Field(ge=0, description="number of the attempt, from 0")] = None,
    learning: Learning = LEARNING,
    deciding: Deciding = DECIDING,
) -> State[Any]:
    """Do the linear part of a ``train`` or ``retrain`` that waits for it, on the best device of this machine.

    The model and ``result.json`` are saved in the workspace, in ``.prefect/scratch/<run_id>``: runners share its
    disk.
    """
    folder = scratch_of(run_id, attempt)
    with errors_written(folder):
        device, notes = best_device()
        for note in notes:
            get_run_logger().warning(note)
        new, held = [batch_ref(dataset, batch) for batch in batches], batch_ref(holdout_of(dataset), holdout)
        if parent is None:
            settings = learning.model_copy(update={"device": device})
            trained = learn_base(dataset, new, held, settings, folder / "structure", run_id, folder)
        else:
            trained = learn_batches(registry.version(dataset, parent), new, held, deciding, run_id, folder, device)
        set_tags(run_id, {Tag.DEVICE: device})
        write_result(folder, trained, notes)
    return Completed(name="Learnt", message=f"{trained.rows_learnt:,} rows on {device}")
