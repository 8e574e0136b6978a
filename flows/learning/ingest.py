"""Ingest files: land each, validate it, and version it or quarantine it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from prefect import State
from prefect.runtime import flow_run
from pydantic import Field

from flows.engine.admission import Admission, moved_note, quarantined
from flows.engine.flow_decorator import flow
from flows.engine.outcome import Outcome
from flows.inputs.parameters import DatasetName, NewLabels, QuarantineMoved
from flows.learning.several_files import each_file
from greenlightning.data.counted import counted
from tasks.data.arrivals import by_event_time, files_of, wait_until_written
from tasks.data.batch_index import BatchRef, known_batch
from tasks.data.events import emit_drift, emit_landed
from tasks.data.ingestion import land
from tasks.data.pointers.turns import turn_of
from tasks.data.reading import DETECTED, Reading
from tasks.data.schemas import DECLARED, Declared, read_options, time_of
from tasks.training.health import assess_landed

Files = Annotated[
    Path,
    Field(description="file, upload folder (its tables), or glob, as this machine, or the worker, sees it"),
]
Labels = Annotated[Path | None, Field(description="label file of an IDX image file")]
MoreFiles = Annotated[tuple[Path, ...], Field(description="more files, folders or globs")]


def named(given: Mapping[str, Any]) -> str:
    """The files of a run in its name: ``march.csv and 2 more``."""
    more = f" and {len(given['paths'])} more" if given.get("paths") else ""
    return f"{Path(given['path']).name}{more}"


def _run_name() -> str:
    return f"ingest {named(flow_run.parameters)} into {flow_run.parameters['dataset']}"


@flow(name="ingest", flow_run_name=_run_name, persist_result=False)
def ingest(  # noqa: PLR0913
    path: Files,
    dataset: DatasetName,
    declared: Declared = DECLARED,
    labels: Labels = None,
    allow_new_labels: NewLabels = False,
    quarantine_moved: QuarantineMoved = "never",
    paths: MoreFiles = (),
    reading: Reading = DETECTED,
) -> State[Any]:
    """Bring each file in as a batch: landed under the hash of its content, validated, versioned in DVC.

    Of several files a bad one is named and the others go in. Where a champion serves, the outcome tells its
    structure's health on the batch and the input drift; an amber or red structure, or a drifted column, fires
    ``retrain-on-drift``, any other batch ``retrain-on-data``.
    """
    door = Admission.to(dataset, allow_new_labels, quarantine_moved)
    return Arrival(dataset, declared, labels, reading, door).ingest_all([path, *paths]).completed()


@dataclass(frozen=True)
class Arrival:
    """What the files of one run have in common; a run that ``learns`` them too starts no other run."""

    dataset: str
    declared: Declared
    labels: Path | None
    reading: Reading
    door: Admission
    learns: bool = False

    def ingest_all(self, paths: list[Path]) -> Outcome:
        """Bring files in, in the order of event time; InputError where none can be used."""
        files = files_of(paths)
        if len(files) == 1:
            return self.ingest(files[0])
        options = read_options(self.dataset, self.declared, self.reading.options(self.labels))
        ordered = by_event_time(files, time_of(self.dataset, self.declared), options)
        return each_file(ordered, self.ingest)

    def ingest(self, file: Path) -> Outcome:
        """Bring one file in; InputError where it cannot be used."""
        wait_until_written(file, self.reading.wait)
        options, read = self.reading.options(self.labels), self.door.columns
        landed = land(file, self.dataset, self.declared, options, read)
        with turn_of(landed.id):
            if not landed.path.is_file():  # another run has admitted the same rows meanwhile
                landed = land(file, self.dataset, self.declared, options, read)
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
        judged = serving and not learnt and not self.learns
        health = assess_landed(serving, landed) if serving and judged else None
        served = self.door.expectations is not None and not self.learns
        emit_landed(ref, served, drifted=bool(health and health.is_off))
        if health is None:
            return done
        if health.is_off:
            emit_drift(self.dataset, ref.id, health.verdict, reason=health.reason, input_drift=health.drift)
        return done.model_copy(update={"health": health.verdict, "notes": (*notes, *health.notes)})


def _reason(ref: BatchRef, known: BatchRef | None, learnt: bool) -> str:
    batch = f"batch {ref.id} of {counted(ref.rows, 'row')}"
    if known is None:
        return f"{batch} is versioned (md5 {ref.md5})"
    since = f"is known already: {known.source} of {known.landed_at[:10]} holds the same rows"
    return f"{batch} {since}, and the champion has learnt them" if learnt else f"{batch} {since}"
