"""Ingest a file: land it, validate it, and version it or quarantine it."""

from pathlib import Path
from typing import Annotated, Any

from prefect import State
from prefect.runtime import flow_run
from pydantic import Field

from flows.engine.admission import Admission, moved_note, quarantined
from flows.engine.flow_decorator import flow
from flows.engine.outcome import Outcome
from flows.engine.parameters import DatasetName, NewLabels, QuarantineMoved
from tasks.data.events import emit_drift
from tasks.data.ingestion import land
from tasks.training.health import assess_landed


def _run_name() -> str:
    given = flow_run.parameters
    return f"ingest {Path(given['path']).name} into {given['dataset']}"


@flow(name="ingest", flow_run_name=_run_name, persist_result=False)
def ingest(
    path: Annotated[
        Path, Field(description="CSV, Parquet, NPZ or IDX(.gz) file that this machine, or the worker, sees")
    ],
    dataset: DatasetName,
    label_column: Annotated[str, Field(description="column that holds the label")] = "label",
    labels: Annotated[Path | None, Field(description="label file of an IDX image file")] = None,
    allow_new_labels: NewLabels = False,
    quarantine_moved: QuarantineMoved = "never",
) -> State[Any]:
    """Bring one file in as a batch: landed under the hash of its content, validated, versioned in DVC.

    Where a champion serves, the outcome tells its structure's health on the batch and the input drift; an amber
    or red structure, or a drifted column, fires ``retrain-on-drift``.
    """
    door = Admission.to(dataset, allow_new_labels, quarantine_moved)
    landed = land(path, dataset, label_column, labels)
    ref, report = door.admit(landed)
    if ref is None:
        reason = f"{landed.source} failed validation: {report.failures[0]}"
        held = (quarantined(landed, report),)
        return Outcome(state="Quarantined", dataset=dataset, reason=reason, quarantined=held).completed()
    reason = f"batch {ref.id} of {ref.rows:,} rows is versioned (md5 {ref.md5})"
    done = Outcome(state="Versioned", dataset=dataset, reason=reason, notes=moved_note(landed, report))
    serving = door.serving
    if serving and ref.id not in serving.batches:
        health = assess_landed(serving, landed)
        done = done.model_copy(update={"health": health.verdict, "notes": (*done.notes, *health.notes)})
        if health.is_off:
            emit_drift(dataset, ref.id, health.verdict, reason=health.reason, input_drift=health.drift)
    return done.completed()
