"""From files to the champion in one run: ingest each, then retrain on what is new, or train a first version."""

from typing import Any

from prefect import State
from prefect.runtime import flow_run

from flows.engine.admission import Admission
from flows.engine.flow_decorator import flow
from flows.engine.outcome import Outcome
from flows.inputs.parameters import DatasetName, NewLabels, QuarantineMoved
from flows.inputs.retrain_request import OnRed, RetrainRequest
from flows.learning.ingest import Arrival, Files, Labels, MoreFiles, named
from flows.learning.retrain_dataset import retrain_dataset
from flows.learning.train import train_dataset
from tasks.core.settings import DECIDING, LEARNING, Deciding, Device
from tasks.data.batch_index import batches
from tasks.data.reading import DETECTED, Reading
from tasks.data.schemas import DECLARED, Declared


def _run_name() -> str:
    return f"learn {named(flow_run.parameters)} into {flow_run.parameters['dataset']}"


@flow(name="learn", flow_run_name=_run_name, persist_result=False)
def learn(  # noqa: PLR0913
    path: Files,
    dataset: DatasetName,
    declared: Declared = DECLARED,
    labels: Labels = None,
    allow_new_labels: NewLabels = False,
    quarantine_moved: QuarantineMoved = "never",
    paths: MoreFiles = (),
    reading: Reading = DETECTED,
    deciding: Deciding = DECIDING,
    device: Device = "cpu",
    on_red: OnRed = "recommend",
) -> State[Any]:
    """Bring files in, learn all that is new, and promote the result if it passes the gate: in one run.

    The same as ``ingest`` followed by ``retrain``, or by ``train`` where no champion serves yet.
    """
    door = Admission.to(dataset, allow_new_labels, quarantine_moved)
    arrived = Arrival(dataset, declared, labels, reading, door, learns=True).ingest_all([path, *paths])
    learning = LEARNING.model_copy(update={"device": device, "class_weight": deciding.class_weight})
    if door.serving is None and not batches(dataset):
        return arrived.completed()
    if door.serving is None:
        learnt = train_dataset(dataset, None, learning, deciding, door)
    else:
        request = RetrainRequest(
            learning=learning,
            deciding=deciding,
            allow_new_labels=allow_new_labels,
            on_red=on_red,
            quarantine_moved=quarantine_moved,
        )
        learnt = retrain_dataset(dataset, request, door)
    return _joined(arrived, learnt).completed()


def _joined(arrived: Outcome, learnt: Outcome) -> Outcome:
    """The outcome of learning, with what became of the files; that of the files where nothing was learnt."""
    quarantined = (*arrived.quarantined, *learnt.quarantined)
    if learnt.state == "Nothing to learn":
        return arrived.model_copy(update={"notes": (*arrived.notes, *learnt.notes), "quarantined": quarantined})
    notes = (arrived.reason, *arrived.notes, *learnt.notes)
    return learnt.model_copy(update={"notes": notes, "quarantined": quarantined, "refused": arrived.refused})
