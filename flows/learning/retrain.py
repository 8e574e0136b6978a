"""Green retraining: learn the batches that the champion has not learnt yet, and nothing else."""

from typing import Annotated, Any

from prefect import State
from prefect.runtime import flow_run
from pydantic import Field

from flows.engine.all_datasets import joined_outcome, served_datasets
from flows.engine.error_messages import is_foreseen
from flows.engine.flow_decorator import flow, part_of_run
from flows.engine.outcome import Outcome
from flows.engine.runners import check_runner
from flows.inputs.parameters import BatchId, DatasetName, NewLabels, QuarantineMoved, Runner
from flows.inputs.retrain_request import OnRed, RetrainRequest, When
from flows.inputs.selection import DryRun, LandedFrom, LandedTo, Selection
from flows.inputs.start_limits import Jitter, LatestStart
from flows.learning.retrain_dataset import retrain_dataset
from greenlightning.errors import InputError
from tasks.core.settings import GATE, LEARNING, Deciding, Device, Gate, Learning
from tasks.scheduling.carbon import CarbonSource

NewStructure = Annotated[Learning, Field(description="how a new structure is made, where on_red asks for one")]


def _run_name() -> str:
    return f"retrain {flow_run.parameters.get('dataset') or 'every dataset'}"


@flow(name="retrain", flow_run_name=_run_name, persist_result=False)
def retrain(  # noqa: PLR0913
    dataset: DatasetName | None = None,
    batches: Annotated[
        list[BatchId] | None, Field(description="batches to learn; all new ones by default")
    ] = None,
    deciding: Gate = GATE,
    allow_new_labels: NewLabels = False,
    device: Device = "cpu",
    landed_from: LandedFrom = None,
    landed_to: LandedTo = None,
    dry_run: DryRun = False,
    latest_start: LatestStart = None,
    carbon_source: CarbonSource = "none",
    jitter: Jitter = None,
    runner: Runner = "local",
    on_red: OnRed = "recommend",
    when: When = None,
    learning: NewStructure = LEARNING,
    quarantine_moved: QuarantineMoved = "never",
) -> State[Any]:
    """Add the statistics of new batches to the champion's, solve, compare with the champion, publish.

    The cost is that of the new rows: no batch that was learnt before is opened. Where the champion is kept,
    each batch is tried alone, so that one harmful batch does not block the others; a batch that fails alone is
    tried again on this champion only when it is named. Without ``dataset``, every dataset that has a champion is
    retrained in turn. With ``latest_start`` and a ``carbon_source`` the run is postponed to the greenest time
    before the deadline. Structure health is assessed first. Where it is red, ``on_red="train"`` extracts a new
    structure from all batches, as ``learning`` says, and compares it with the champion; ``on_red="grow"`` adds
    gates for the red batches to the old ones and reads every batch once for them. If the result loses, the old
    structure learns the new batches. With ``when``
    the run learns nothing until a trigger is due. With ``dry_run`` the run only returns its plan.
    """
    check_runner(runner)
    request = RetrainRequest(
        selection=Selection(batches, landed_from, landed_to),
        learning=learning.model_copy(update={"device": device}),
        deciding=Deciding.of(deciding),
        allow_new_labels=allow_new_labels,
        dry_run=dry_run,
        latest_start=latest_start,
        carbon_source=carbon_source,
        jitter=jitter,
        runner=runner,
        on_red=on_red,
        when=when,
        quarantine_moved=quarantine_moved,
    )
    outcome = retrain_dataset(dataset, request) if dataset else _retrain_every_dataset(request)
    return outcome.completed()


def _retrain_every_dataset(request: RetrainRequest) -> Outcome:
    """Retrain each dataset that has a champion, in turn; one joined outcome.

    A failure does not stop the others. Afterwards one failure is raised: one that a retry may mend, if there is
    any. Once a dataset is postponed, the rest is left to the later run.
    """
    datasets = served_datasets()
    if request.selection.batches and len(datasets) > 1:
        raise InputError("Batches are named without their dataset", "Name it with --dataset")
    outcomes: list[Outcome] = []
    failures: list[Exception] = []
    for dataset in datasets:
        try:
            with part_of_run(dataset) as part:
                outcomes.append(retrain_dataset(dataset, request))
                part.show_outcome(outcomes[-1].completed())
        except Exception as error:
            failures.append(error)
        if outcomes and outcomes[-1].state == "Postponed":
            break
    if failures:
        raise min(failures, key=is_foreseen)
    return joined_outcome(outcomes)
