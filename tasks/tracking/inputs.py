"""Dataset inputs of runs: batches by the name of their file, DVC md5 and columns, and their validation pages."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.constants import DATA_DOCS_TAG, Tag
from tasks.core.workspace import Workspace
from tasks.data.batch_index import BatchRef, batch_path
from tasks.tracking.client import connect
from tasks.tracking.metrics import set_tags
from tasks.validation.pages.page import VALIDATION, validation_page

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput, Run

    from greenlightning.tables import TableSchema

TYPES = {"numeric": "double", "boolean": "boolean", "datetime": "datetime"}
"""What MLflow calls the kinds of columns; it shows others as text."""
LONGEST_SCHEMA = 1_000_000
"""Characters; MLflow keeps no longer schema."""


def log_batch_input(run_id: str, batch: BatchRef, role: str = "training") -> None:
    """Attach a batch to a run as dataset input; its bytes are not read."""
    connect().log_inputs(run_id, [batch_input(batch, role)])


def batch_input(batch: BatchRef, role: str = "training") -> "DatasetInput":
    """A batch as MLflow has it among the inputs of a run: its file, DVC md5, columns, rows and id."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    from tasks.data.schemas import known_schema

    path = batch_path(batch.dataset, batch.id).relative_to(Workspace.current().root)
    dataset = Dataset(
        name=batch.source or batch.id,
        digest=batch.md5,
        source_type="local",
        source=json.dumps({"uri": path.as_posix()}),
        schema=columns_of(known_schema(batch.dataset)),
        profile=json.dumps({"num_rows": batch.rows}),
    )
    facts: dict[str, str] = {Tag.BATCH: batch.id, Tag.DVC_MD5: batch.md5, Tag.ROWS: str(batch.rows)}
    labels = [InputTag(name, value) for name, value in {"mlflow.data.context": role, **facts}.items()]
    return DatasetInput(dataset, labels)


def columns_of(schema: "TableSchema | None") -> str | None:
    """The columns of a schema, as MLflow reads them; None without a schema, or where it is too long."""
    if schema is None:
        return None
    kinds = {column.name: TYPES.get(column.kind, "string") for column in schema.columns}
    kinds[schema.label] = "double" if schema.task == "regression" else "string"
    found = json.dumps({"mlflow_colspec": [{"name": name, "type": kind} for name, kind in kinds.items()]})
    return found if len(found) <= LONGEST_SCHEMA else None


def batch_of(entry: "DatasetInput") -> str:
    """The id of a batch among the inputs of a run: its file in the workspace is named after it."""
    return Path(json.loads(entry.dataset.source)["uri"]).stem


def files_of(run: "Run") -> list[str]:
    """The files whose batches a run learnt or forgot, in their order."""
    return [
        entry.dataset.name
        for entry in (run.inputs.dataset_inputs if run.inputs else ())
        if any(tag.key == "mlflow.data.context" and tag.value in ("training", "forgotten") for tag in entry.tags)
    ]


def log_validation(run_id: str, dataset: str, batch: str) -> None:
    """Put a batch's validation page beside the MLflow run that uses it, and link the Data Docs from its tags."""
    page = validation_page(dataset, batch)
    if page.is_file():
        connect().log_artifact(run_id, str(page), f"{VALIDATION}/{batch}")
        set_tags(run_id, {f"{DATA_DOCS_TAG}{batch}": Workspace.current().seen_from_here(page)})
