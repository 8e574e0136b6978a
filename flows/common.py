"""What the flows share: a tracked session, admission of waiting batches, names that are checked."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from flows.outcome import SetAside
from flows.telling import called
from greenlightning.errors import InputError, NothingServedError
from tasks import registry, tracking
from tasks.events import emit_landed
from tasks.expectations import Expectations
from tasks.landing import LandedBatch, waiting
from tasks.lineage_events import told
from tasks.names import Kind
from tasks.pointers import BATCH_ID, BatchRef, batch_ref, batches, checked_id
from tasks.publishing import expectations_of
from tasks.turns import turn
from tasks.validation import ValidationReport, quarantine, validate
from tasks.versioning import checkout, version_batch
from tasks.workspace import NAME, Workspace, checked_name

DatasetName = Annotated[
    str,
    AfterValidator(lambda name: checked_name(name)),
    Field(description="dataset, experiment and model name", json_schema_extra={"pattern": f"^{NAME.pattern}$"}),
]
BatchId = Annotated[
    str,
    AfterValidator(checked_id),
    Field(description="batch id: 16 hex digits", json_schema_extra={"pattern": f"^{BATCH_ID.pattern}$"}),
]
NewLabels = Annotated[bool, Field(description="learn labels that the model does not know yet")]
REBASES = 5
TAKING_TURNS = (Kind.TRAIN, Kind.RETRAIN, Kind.FORGET, Kind.FEDERATE)


def _stated(reason: str) -> str:
    if not reason.strip():
        raise InputError("A decision needs its reason", "Say why with --reason")
    return reason.strip()


Stated = Annotated[
    str,
    AfterValidator(_stated),
    Field(description="why; kept with the version and the run", json_schema_extra={"minLength": 1}),
]
VersionNumber = Annotated[int, Field(ge=1, description="number of the version")]


@dataclass(frozen=True)
class Session:
    """One flow run: its MLflow run and a scratch folder that goes with it."""

    dataset: str
    run_id: str
    folder: Path


@contextmanager
def session(dataset: str, kind: Kind, name: str) -> Iterator[Session]:
    """Open the MLflow run of a flow run (both are called ``name``) and a scratch folder; end what died.

    Deployed flows that learn take turns on a model.
    """
    scratch = Workspace.current().scratch
    for dead in tracking.end_orphans(checked_name(dataset)):
        shutil.rmtree(scratch / dead, ignore_errors=True)
    waiting_turn = turn(dataset) if kind in TAKING_TURNS else nullcontext()
    with (
        waiting_turn,
        tracking.flow_run(dataset, kind, name=name) as run_id,
        told(dataset, kind, run_id),
    ):
        called(name, run_id)
        folder = scratch / run_id
        folder.mkdir(mode=0o700, parents=True)
        try:
            yield Session(dataset, run_id, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def champion_of(dataset: str) -> registry.VersionInfo:
    """The serving version; NothingServedError, with the remedy, where there is none."""
    if serving := registry.champion(dataset):
        return serving
    raise NothingServedError(
        f"Dataset {dataset!r} has no champion yet", f"Run: greenlightning train --dataset {dataset}"
    )


def expectations_or_none(dataset: str) -> Expectations | None:
    """What batches must look like, once a champion says so."""
    serving = registry.champion(dataset)
    return expectations_of(serving) if serving else None


def admit(
    landed: LandedBatch, expectations: Expectations | None, allow_new_labels: bool
) -> tuple[BatchRef | None, ValidationReport]:
    """Validate one landed batch: version it, or set it aside with its reasons."""
    report = validate(landed.path, landed.dataset, expectations, allow_new_labels)
    if not BATCH_ID.fullmatch(landed.id):
        fault = f"{landed.path.name} was put into incoming/ by hand; bring it in with greenlightning ingest"
        report = report.model_copy(update={"passed": False, "failures": (fault, *report.failures)})
    if report.passed:
        ref = version_batch(landed, expectations.digest if expectations else "")
        emit_landed(ref, served=expectations is not None)
        return ref, report
    quarantine(landed.path, landed.dataset, report.failures)
    return None, report


def admit_waiting(dataset: str, expectations: Expectations | None, allow_new_labels: bool) -> list[SetAside]:
    """Admit every batch that waits in incoming/, and return those that were set aside."""
    aside = []
    for landed in waiting(dataset):
        ref, report = admit(landed, expectations, allow_new_labels)
        if ref is None:
            aside.append(SetAside(batch=landed.id, source=landed.source, reasons=report.failures))
    return aside


def chosen(dataset: str, wanted: list[str] | None) -> list[BatchRef]:
    """The named batches, or all neither forgotten nor held back; NothingServedError for one that is not there."""
    if wanted:
        return [batch_ref(dataset, batch) for batch in dict.fromkeys(wanted)]
    serving = registry.champion(dataset)
    left_out = {*serving.forgotten, *serving.held_back} if serving else set()
    return [ref for ref in batches(dataset) if ref.id not in left_out]


def unfit(refs: list[BatchRef], expectations: Expectations, allow_new_labels: bool) -> list[SetAside]:
    """Versioned batches that were admitted under other expectations and fail today's."""
    found = []
    for ref in refs:
        if ref.expectations != expectations.digest:
            report = validate(checkout(ref), ref.dataset, expectations, allow_new_labels)
            if not report.passed:
                found.append(SetAside(batch=ref.id, source=ref.source, reasons=report.failures))
    return found
