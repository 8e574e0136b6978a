"""Labels that come later: files without labels wait, and are ingested once their labels are joined to them."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

from prefect import State
from pydantic import Field

from flows.engine.flow_decorator import flow
from flows.engine.outcome import Outcome, outcome_of
from flows.inputs.parameters import DatasetName, NewLabels, QuarantineMoved
from flows.learning.ingest import ingest
from greenlightning.data.counted import counted
from tasks.data.arrivals import files_of
from tasks.data.late_labels import JoinedLabels, hold, join_labels, settle
from tasks.data.reading import DETECTED, Reading
from tasks.data.schemas import DECLARED, Declared, known_schema, read_options


@flow(name="hold", flow_run_name="hold files of {dataset} for labels", persist_result=False)
def hold_for_labels(
    paths: Annotated[tuple[Path, ...], Field(description="files, folders or globs whose labels come later")],
    dataset: DatasetName,
    label_column: Annotated[
        str | None,
        Field(description="column that will hold the label (default: that of the schema)"),
    ] = None,
    reading: Reading = DETECTED,
) -> State[Any]:
    """Keep files without labels in the workspace until ``label`` brings their labels; nothing is learnt yet."""
    options = read_options(dataset, Declared(label=label_column), reading.options())
    held = [hold(path, dataset, options) for path in files_of(list(paths))]
    rows = sum(one.rows for one in held)
    count = f"{counted(len(held), 'file')} of {counted(rows, 'row')} without labels"
    reason = f"{count}; bring them with: greenlightning label FILE --dataset {dataset} --id COLUMN"
    return Outcome(state="Waiting for labels", dataset=dataset, reason=reason).completed()


@flow(name="label", flow_run_name="label {dataset}", persist_result=False)
def label(
    path: Annotated[Path, Field(description="file of labels, with the identifier of each row")],
    dataset: DatasetName,
    identifier: Annotated[str, Field(description="column that names a row, here and in the waiting files")],
    learn: Annotated[
        Literal["all", "labelled"],
        Field(description="ingest a file once all its rows have labels, or the labelled rows at once"),
    ] = "all",
    allow_new_labels: NewLabels = False,
    quarantine_moved: QuarantineMoved = "never",
    reading: Reading = DETECTED,
) -> State[Any]:
    """Join labels to the files that wait for them; each that is complete is ingested as a batch."""
    with TemporaryDirectory() as scratch:
        partial, options = learn == "labelled", reading.options()
        joined = join_labels(path, dataset, identifier, Path(scratch), partial, options)
        outcomes = []
        for held, file in joined.ready:
            state = ingest(
                file,
                dataset,
                declared=_declared(dataset, held.label, identifier),
                allow_new_labels=allow_new_labels,
                quarantine_moved=quarantine_moved,
                return_state=True,
            )
            outcomes.append(outcome_of(state))
            settle(held)
    return _joined_outcome(dataset, joined, outcomes).completed()


def _declared(dataset: str, label_column: str, identifier: str) -> Declared:
    """What the waiting file tells about its columns, where the dataset has no schema yet."""
    if known_schema(dataset):
        return DECLARED
    return Declared(label=label_column, identifiers=(identifier,))


def _joined_outcome(dataset: str, joined: JoinedLabels, outcomes: list[Outcome]) -> Outcome:
    """One outcome of all files that were ready, with what still waits."""
    quarantined = tuple(batch for one in outcomes for batch in one.quarantined)
    waits = tuple(f"still waits: {one}" for one in joined.waiting)
    notes = (*joined.notes, *waits, *(note for one in outcomes for note in one.notes))
    reason = "; ".join(one.reason for one in outcomes) or "no file has all its labels yet"
    state = "Quarantined" if quarantined else "Versioned" if outcomes else "Waiting for labels"
    return Outcome(state=state, dataset=dataset, reason=reason, quarantined=quarantined, notes=notes)
