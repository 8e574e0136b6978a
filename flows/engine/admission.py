"""Admission of batches: validated, then versioned or quarantined; and the choice of those to learn."""

from tasks.data.batch_index import BATCH_ID, BatchRef, batch_ref, batches
from tasks.data.events import emit_landed
from tasks.data.ingestion import LandedBatch, describe, waiting
from tasks.data.versioning import checkout, version_batch
from tasks.models import registry
from tasks.models.version_expectations import expectations_of
from tasks.validation.expectations import Expectations
from tasks.validation.verdict import QuarantinedBatch, ValidationReport, quarantine, validate


def expectations_or_none(dataset: str) -> Expectations | None:
    """What batches must look like to the champion; None where there is none yet."""
    serving = registry.champion(dataset)
    return expectations_of(serving) if serving else None


def admit(
    landed: LandedBatch, expectations: Expectations | None, allow_new_labels: bool
) -> tuple[BatchRef | None, ValidationReport]:
    """Validate one landed batch, then version it, or quarantine it with the reasons."""
    report = validate(landed, expectations, allow_new_labels)
    if not BATCH_ID.fullmatch(landed.id):
        fault = f"{landed.path.name} was put into incoming/ by hand; use greenlightning ingest instead"
        report = report.model_copy(update={"passed": False, "failures": (fault, *report.failures)})
    if report.passed:
        ref = version_batch(landed, expectations.digest if expectations else "")
        emit_landed(ref, served=expectations is not None)
        return ref, report
    quarantine(landed, report.failures)
    return None, report


def admit_waiting(
    dataset: str, expectations: Expectations | None, allow_new_labels: bool
) -> list[QuarantinedBatch]:
    """Admit every batch that waits in incoming/; return those that were quarantined."""
    quarantined = []
    for landed in waiting(dataset):
        ref, report = admit(landed, expectations, allow_new_labels)
        if ref is None:
            quarantined.append(QuarantinedBatch(batch=landed.id, source=landed.source, reasons=report.failures))
    return quarantined


def chosen_batches(dataset: str, wanted: list[str] | None) -> list[BatchRef]:
    """The named batches, or all that the champion has not put aside; NothingServedError for an unknown one."""
    if wanted:
        return [batch_ref(dataset, batch) for batch in dict.fromkeys(wanted)]
    serving = registry.champion(dataset)
    left_out = {*serving.forgotten, *serving.held_back, *serving.aged} if serving else set()
    return [ref for ref in batches(dataset) if ref.id not in left_out]


def failing_batches(
    refs: list[BatchRef], expectations: Expectations, allow_new_labels: bool
) -> list[QuarantinedBatch]:
    """Versioned batches that passed earlier expectations and fail the present ones."""
    found = []
    for ref in refs:
        if ref.expectations != expectations.digest:
            report = validate(describe(checkout(ref), ref.dataset), expectations, allow_new_labels)
            if not report.passed:
                found.append(QuarantinedBatch(batch=ref.id, source=ref.source, reasons=report.failures))
    return found
