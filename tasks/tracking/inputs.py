"""Dataset inputs of runs: batches by id and DVC md5, and their validation pages."""

import json
from typing import TYPE_CHECKING

from tasks.core.constants import DATA_DOCS_TAG, Tag
from tasks.core.workspace import Workspace
from tasks.data.batch_index import BatchRef, batch_path
from tasks.tracking.client import connect
from tasks.tracking.metrics import set_tags
from tasks.validation.page import VALIDATION, validation_page

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput


def log_batch_input(run_id: str, batch: BatchRef, role: str = "training") -> None:
    """Attach a batch to a run as dataset input, by its id, DVC md5 and rows; its bytes are not read."""
    connect().log_inputs(run_id, [batch_input(batch, role)])


def batch_input(batch: BatchRef, role: str = "training") -> "DatasetInput":
    """A batch as MLflow has it among the inputs of a run."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    path = batch_path(batch.dataset, batch.id).relative_to(Workspace.current().root)
    dataset = Dataset(
        name=batch.id,
        digest=batch.md5,
        source_type="local",
        source=json.dumps({"uri": path.as_posix()}),
        profile=json.dumps({"num_rows": batch.rows}),
    )
    tags = {"mlflow.data.context": role, Tag.DVC_MD5: batch.md5, Tag.ROWS: str(batch.rows)}
    labels = [InputTag(name, value) for name, value in tags.items()]
    return DatasetInput(dataset, labels)


def log_validation(run_id: str, dataset: str, batch: str) -> None:
    """Put a batch's validation page beside the MLflow run that uses it, and link the Data Docs from its tags."""
    page = validation_page(dataset, batch)
    if page.is_file():
        connect().log_artifact(run_id, str(page), f"{VALIDATION}/{batch}")
        set_tags(run_id, {f"{DATA_DOCS_TAG}{batch}": str(page)})
