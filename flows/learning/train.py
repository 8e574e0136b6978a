"""First training: extract the structure from the base, watch it settle, learn its statistics, publish."""

from typing import Annotated, Any

from prefect import State
from pydantic import Field

from flows.engine.admission import admit_waiting, chosen_batches, expectations_or_none
from flows.engine.flow_decorator import flow
from flows.engine.outcome import published
from flows.engine.parameters import BatchId, DatasetName, NewLabels
from flows.engine.runners import Runner, check_runner, fit_remotely
from flows.engine.session import Session, session
from greenlightning.errors import InputError, MismatchError
from tasks.core.constants import Kind, Params
from tasks.core.settings import DECIDING, LEARNING, Deciding, Learning
from tasks.data.batch_index import BatchRef
from tasks.data.expectations import learn_expectations
from tasks.data.holdout import ensure_holdout
from tasks.data.versioning import checkout
from tasks.models import registry
from tasks.promotion.publishing import Published, publish
from tasks.scheduling.training_rate import rate_tags
from tasks.tracking.inputs import log_batch_input, log_validation
from tasks.tracking.metrics import log_params, rows_metrics
from tasks.training.evaluation import evaluate_model
from tasks.training.structure import extract_structure, learn_base


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
) -> State[Any]:
    """Extract a structure from the base batches, learn them under it, and publish a version.

    Where a champion serves already, the new model competes with it on the holdout.
    """
    check_runner(runner)
    aside = admit_waiting(dataset, expectations_or_none(dataset), allow_new_labels)
    base = chosen_batches(dataset, batches)
    if not base:
        reasons = f": {aside[0].reasons[0]}" if aside else ""
        raise InputError(
            f"Dataset {dataset!r} has no batch to train on{reasons}",
            f"Bring one in with: greenlightning ingest FILE --dataset {dataset}",
        )
    many = f"{len(base)} batch{'es' if len(base) > 1 else ''}"
    with session(dataset, Kind.TRAIN, f"train {dataset} ({many})") as run:
        result, about = train_on(run, base, learning, deciding, runner=runner)
    return published(result, dataset=dataset, quarantined=tuple(aside), **about).completed()


def train_on(
    run: Session,
    base: list[BatchRef],
    learning: Learning,
    deciding: Deciding,
    forgotten: tuple[str, ...] = (),
    reason: str = "the first version of this dataset",
    runner: Runner = "local",
) -> tuple[Published, dict[str, Any]]:
    """Train on ``base`` and publish; with ``forgotten`` batches the result serves whatever the gate says."""
    dataset, serving = run.dataset, registry.champion(run.dataset)
    log_params(run.run_id, learning.model_dump() | deciding.model_dump(), Params.FLOW)
    for ref in base:
        log_batch_input(run.run_id, ref)
        log_validation(run.run_id, dataset, ref.id)
    holdout = ensure_holdout(dataset, base, deciding.holdout_fraction, run.folder)
    extracted = extract_structure(dataset, base, holdout, learning, run.run_id, run.folder)
    if runner == "local":
        learnt = learn_base(dataset, base, holdout, learning, extracted.folder, run.run_id, run.folder)
    else:
        learnt = fit_remotely(runner, run, run.folder, base, holdout, learning=learning.model_dump())
    margin = None if forgotten else deciding.margin
    judged = evaluate_model(dataset, learnt.folder, holdout, run.run_id, serving, margin)
    promote = True
    if judged.decision:
        promote, reason = judged.decision.promote, judged.decision.reason
    spent = extracted.spent + learnt.spent + judged.spent
    result = publish(
        dataset,
        learnt.folder,
        run.run_id,
        parent=serving,
        promote=promote,
        reason=reason,
        spent=spent,
        rows=rows_metrics(learnt.rows, extracted.rows, 0),
        holdout=holdout,
        expectations=learn_expectations(checkout(max(base, key=lambda ref: ref.rows))),
        tags=rate_tags(extracted.spent, extracted.rows),
        forgotten=forgotten,
    )
    if result is None:
        raise MismatchError(f"The champion of {dataset!r} moved meanwhile", "Run it again")
    about = {"scores": judged.scores, "spent": spent, "learnt": learnt.rows, "run_id": run.run_id}
    return result, about | {"notes": learnt.notes}
