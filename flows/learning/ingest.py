"""Ingest files: land each, validate it, and version it or quarantine it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from prefect import State
from prefect.runtime import flow_run
from pydantic import Field

from flows.engine.admission import Admission, moved_note, quarantined
from flows.engine.flow_decorator import flow
from flows.engine.outcome import Outcome
from flows.learning.several_files import each_file
from flows.requests.parameters import DatasetName, NewLabels, QuarantineMoved
from tasks.core.turns import turn_of
from tasks.data.arrivals import by_event_time, files_of, wait_until_written
from tasks.data.batch_index import BatchRef, known_batch
from tasks.data.events import emit_drift
from tasks.data.ingestion import land
from tasks.data.reading import DETECTED, Reading
from tasks.data.schemas import DECLARED, Declared, read_options, time_of
from tasks.training.health import assess_landed


def _run_name() -> str:
    given = flow_run.parameters
    more = f" and {len(given['paths'])} more" if given.get("paths") else ""
    return f"ingest {Path(given['path']).name}{more} into {given['dataset']}"


@flow(name="ingest", flow_run_name=_run_name, persist_result=False)
def ingest(  # noqa: PLR0913
    path: Annotated[
        Path, Field(description="file, folder of files, or glob, as this machine, or the worker, sees it")
    ],
    dataset: DatasetName,
    declared: Declared = DECLARED,
    labels: Annotated[Path | None, Field(description="label file of an IDX image file")] = None,
    allow_new_labels: NewLabels = False,
    quarantine_moved: QuarantineMoved = "never",
    paths: Annotated[tuple[Path, ...], Field(description="more files, folders or globs")] = (),
    reading: Reading = DETECTED,
) -> State[Any]:
    """Bring each file in as a batch: landed under the hash of its content, validated, versioned in DVC.

    Of several files a bad one is named and the others go in. Where a champion serves, the outcome tells its
    structure's health on the batch and the input drift; an amber or red structure, or a drifted column, fires
    ``retrain-on-drift``.
    """
    door = Admission.to(dataset, allow_new_labels, quarantine_moved)
    entry = _Entry(dataset, declared, labels, reading, door)
    files = files_of([path, *paths])
    if len(files) == 1:
        return entry.ingest(files[0]).completed()
    options = read_options(dataset, declared, reading.options(labels))
    ordered = by_event_time(files, time_of(dataset, declared), options)
    return each_file(ordered, entry.ingest).completed()


@dataclass(frozen=True)
class _Entry:
    """What the files of one run have in common."""

    dataset: str
    declared: Declared
    labels: Path | None
    reading: Reading
    door: Admission

    def ingest(self, file: Path) -> Outcome:
        """Bring one file in; InputError where it cannot be used."""
        wait_until_written(file, self.reading.wait)
        options = self.reading.options(self.labels)
        landed = land(file, self.dataset, self.declared, options)
        with turn_of(landed.id):
            if not landed.path.is_file():  # another run has admitted the same rows meanwhile
                landed = land(file, self.dataset, self.declared, options)
            known = known_batch(self.dataset, landed.id)
            ref, report = self.door.admit(landed)
        done = Outcome(state="Versioned", dataset=self.dataset, reason="", notes=landed.notes)
        if ref is None:
            reason = f"{landed.source} failed validation: {report.failures[0]}"
            held = (quarantined(landed, report),)
            return done.model_copy(update={"state": "Quarantined", "reason": reason, "quarantined": held})
        serving = self.door.serving
        learnt = bool(serving and ref.id in serving.batches)
        notes = (*landed.notes, *moved_note(landed, report))
        done = done.model_copy(update={"reason": _reason(ref, known, learnt), "notes": notes})
        if serving and not learnt:
            health = assess_landed(serving, landed)
            done = done.model_copy(update={"health": health.verdict, "notes": (*notes, *health.notes)})
            if health.is_off:
                emit_drift(self.dataset, ref.id, health.verdict, reason=health.reason, input_drift=health.drift)
        return done


def _reason(ref: BatchRef, known: BatchRef | None, learnt: bool) -> str:
    batch = f"batch {ref.id} of {ref.rows:,} rows"
    if known is None:
        return f"{batch} is versioned (md5 {ref.md5})"
    since = f"is known already: {known.source} of {known.landed_at[:10]} holds the same rows"
    return f"{batch} {since}, and the champion has learnt them" if learnt else f"{batch} {since}"
