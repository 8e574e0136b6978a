"""First training: extract a structure from the base batches, learn their statistics under it, publish."""

from typing import Annotated, Any

from prefect import State
from pydantic import Field

from flows.engine.admission import Admission, chosen_batches
from flows.engine.flow_decorator import flow
from flows.engine.outcome import Outcome
from flows.engine.runners import check_runner, fit_remotely
from flows.engine.session import Session, session
from flows.inputs.learning import no_batch
from flows.inputs.parameters import BatchId, DatasetName, NewLabels, QuarantineMoved, Runner
from flows.learning.publication import publish_once
from greenlightning.evaluation.comparison import Decision
from tasks.core.constants import Kind, Params
from tasks.core.settings import DECIDING, LEARNING, Deciding, Learning
from tasks.data.batch_index import BatchRef
from tasks.data.schemas import schema_of
from tasks.data.versioning import checkout
from tasks.models import registry
from tasks.models.class_weights import for_training
from tasks.models.holdouts import holdout_of_training
from tasks.promotion.candidate import Candidate
from tasks.tracking.inputs import log_batch_input, log_validation
from tasks.tracking.metrics import log_params
from tasks.training.evaluation import evaluate_model
from tasks.training.structure import extract_structure, learn_base
from tasks.training.windows import within
from tasks.validation.expectations import learn_expectations


@flow(name="train", flow_run_name="train {dataset}", persist_result=False)
def train(
    dataset: DatasetName,
    batches: Annotated[
        list[BatchId] | None, Field(description="base batches; all of the dataset by default")
    ] = None,
    learning: Learning = LEARNING,
    deciding: Deciding = DECIDING,
    allow_new_labels: NewLabels = False,
    runner: Runner = "local",
    quarantine_moved: QuarantineMoved = "never",
) -> State[Any]:
    """Extract a structure from the base batches, learn them under it, and publish a version.

    Where a champion serves already, the new model is compared with it on the holdout.
    """
    check_runner(runner)
    door = Admission.to(dataset, allow_new_labels, quarantine_moved)
    return train_dataset(dataset, batches, learning, deciding, door, runner).completed()


def train_dataset(
    dataset: str,
    batches: list[str] | None,
    learning: Learning,
    deciding: Deciding,
    door: Admission,
    runner: Runner = "local",
) -> Outcome:
    """Admit what waits, then train on the base ``batches``, or all."""
    quarantined = door.admit_waiting(dataset)
    base = within(deciding.keep, chosen_batches(dataset, batches))
    if not base:
        reason = f": {quarantined[0].reasons[0]}" if quarantined else ""
        raise no_batch(dataset, reason)
    count = f"{len(base)} batch{'es' if len(base) > 1 else ''}"
    with session(dataset, Kind.TRAIN, f"train {dataset} ({count})") as run:
        outcome = train_on(run, base, learning, deciding, runner=runner)
    return outcome.model_copy(update={"quarantined": tuple(quarantined)})


def train_on(
    run: Session,
    base: list[BatchRef],
    learning: Learning,
    deciding: Deciding,
    forgotten: tuple[str, ...] = (),
    reason: str = "the first version of this dataset",
    runner: Runner = "local",
) -> Outcome:
    """Train on ``base`` and publish; where batches are ``forgotten``, the result serves without a comparison."""
    serving = registry.champion(run.dataset)
    learning = learning.model_copy(update={"class_weight": for_training(learning.class_weight, serving)})
    log_params(run.run_id, learning.model_dump() | deciding.model_dump(), Params.FLOW)
    for ref in base:
        log_batch_input(run.run_id, ref)
        log_validation(run.run_id, run.dataset, ref.id)
    holdout = holdout_of_training(serving, base, deciding, forgotten)
    extracted = extract_structure(run.dataset, base, holdout, learning, run.run_id, run.folder)
    if runner == "local":
        trained = learn_base(run.dataset, base, holdout, learning, extracted.folder, run.run_id, run.folder)
    else:
        trained = fit_remotely(runner, run, run.folder, base, holdout, learning=learning.model_dump())
    gated = not forgotten
    evaluated = evaluate_model(run.dataset, trained.folder, holdout, run.run_id, deciding, serving, gated)
    candidate = Candidate(
        dataset=run.dataset,
        run_id=run.run_id,
        parent=serving,
        extracted=extracted,
        trained=trained,
        evaluated=evaluated,
        decision=evaluated.decision or Decision(True, f"{reason}; {evaluated.headline}"),
        holdout=holdout,
        expectations=learn_expectations(*map(checkout, base), schema=schema_of(run.dataset)),
        forgotten=forgotten,
    )
    return publish_once(candidate)
