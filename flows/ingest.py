"""Ingest a file: land it, validate it, and version it or set it aside."""

from pathlib import Path
from typing import Annotated, Any

from prefect import State, flow
from pydantic import Field

from flows.common import DatasetName, NewLabels, admit, expectations_or_none
from flows.outcome import Outcome, SetAside
from tasks.landing import land


@flow(name="ingest", flow_run_name="ingest {path} into {dataset}", persist_result=False)
def ingest(
    path: Annotated[Path, Field(description="CSV, Parquet, NPZ or IDX(.gz) file")],
    dataset: DatasetName,
    label_column: Annotated[str, Field(description="column that holds the label")] = "label",
    labels: Annotated[Path | None, Field(description="label file of an IDX image file")] = None,
    allow_new_labels: NewLabels = False,
) -> State[Any]:
    """Bring one file in as a batch: landed under the hash of its content, validated, versioned in DVC."""
    expectations = expectations_or_none(dataset)
    landed = land(path, dataset, label_column, labels)
    ref, report = admit(landed, expectations, allow_new_labels)
    if ref is None:
        aside = SetAside(batch=landed.id, source=landed.source, reasons=report.failures)
        reason = f"{landed.source} failed validation: {report.failures[0]}"
        return Outcome(state="Quarantined", dataset=dataset, reason=reason, quarantined=(aside,)).completed()
    reason = f"batch {ref.id} of {ref.rows:,} rows is versioned (md5 {ref.md5})"
    return Outcome(state="Versioned", dataset=dataset, reason=reason, learnt={}, run_id=None).completed()
