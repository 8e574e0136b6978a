"""Green retraining: learn what the champion has not learnt yet, and nothing else."""

from typing import Annotated, Any

from prefect import State, flow
from pydantic import Field

from flows.common import (
    REBASES,
    BatchId,
    DatasetName,
    NewLabels,
    Session,
    admit_waiting,
    champion_of,
    chosen,
    session,
    unfit,
)
from flows.outcome import Outcome, SetAside, published
from greenlightning.errors import MismatchError
from tasks import tracking
from tasks.evaluation import evaluate_model
from tasks.expectations import Expectations
from tasks.holdout import current_holdout
from tasks.names import Kind, Params
from tasks.pointers import BatchRef
from tasks.publishing import expectations_of, inherited_rate, kept_out, log_avoided, publish, rows_metrics
from tasks.retraining import decide, learn_batches
from tasks.settings import DECIDING, Deciding, Device
from tasks.spending import NOTHING
from tasks.validation import log_validation


@flow(name="retrain", flow_run_name="retrain {dataset}", persist_result=False)
def retrain(
    dataset: DatasetName,
    batches: Annotated[
        list[BatchId] | None, Field(description="batches to learn; all new ones by default")
    ] = None,
    deciding: Deciding = DECIDING,
    allow_new_labels: NewLabels = False,
    device: Device = "cpu",
) -> State[Any]:
    """Add the statistics of new batches to the champion's, solve, hold it against the champion, publish.

    Costs what the new rows cost: no batch that was learnt before is opened. Where the champion is kept, each
    batch is tried alone, so that a harmful one holds no other up; it is not tried on this champion again
    unless it is named.
    """
    serving = champion_of(dataset)
    expectations = expectations_of(dataset, serving.version)
    aside = admit_waiting(dataset, expectations, allow_new_labels)
    fresh = [ref for ref in chosen(dataset, batches) if ref.id not in serving.batches]
    aside += unfit(fresh, expectations, allow_new_labels)
    refused = {entry.batch for entry in aside}
    if not batches:
        refused |= kept_out(serving)
    fresh = [ref for ref in fresh if ref.id not in refused]
    if not fresh:
        return _nothing(dataset, aside).completed()
    outcome = _round(dataset, fresh, aside, expectations, deciding, device)
    if len(fresh) > 1 and outcome.state == "Kept":
        alone = [_round(dataset, [ref], aside, expectations, deciding, device) for ref in fresh]
        outcome = _together(outcome, fresh, alone)
    return outcome.completed()


def _round(
    dataset: str,
    fresh: list[BatchRef],
    aside: list[SetAside],
    expectations: Expectations,
    deciding: Deciding,
    device: str,
) -> Outcome:
    """One run: learn ``fresh`` together, and let the gate decide."""
    name = f"retrain {dataset} +{len(fresh)} batch{'es' if len(fresh) > 1 else ''}"
    with session(dataset, Kind.RETRAIN, name) as run:
        tracking.log_params(run.run_id, deciding.model_dump(), Params.FLOW)
        for ref in fresh:
            log_validation(run.run_id, dataset, ref.id)
        return _learn(run, fresh, aside, expectations, deciding, device)


def _together(joint: Outcome, fresh: list[BatchRef], alone: list[Outcome]) -> Outcome:
    """The last promoted outcome, or the joint one where none was, and what was said of each batch kept out."""
    pairs = zip(fresh, alone, strict=True)
    notes = [f"batch {ref.id} ({ref.source}): {one.reason}" for ref, one in pairs if not one.promoted]
    landed = [one for one in alone if one.promoted]
    learnt = {batch: rows for one in landed for batch, rows in one.learnt.items()}
    best = landed[-1].model_copy(update={"learnt": learnt}) if landed else joint
    spent = sum((one.spent for one in (joint, *alone) if one.spent), NOTHING)
    return best.model_copy(update={"notes": tuple(notes), "spent": spent})


def _learn(
    run: Session,
    fresh: list[BatchRef],
    aside: list[SetAside],
    expectations: Expectations,
    deciding: Deciding,
    device: str,
) -> Outcome:
    """Learn and publish on the champion of the moment; where another run lands first, on its champion."""
    dataset, holdout = run.dataset, current_holdout(run.dataset)
    for attempt in range(REBASES):
        serving = champion_of(dataset)
        new = [ref for ref in fresh if ref.id not in serving.batches]
        if not new:
            return _nothing(dataset, aside)
        folder = run.folder / str(attempt)
        folder.mkdir()
        learnt = learn_batches(dataset, serving.version, new, holdout, deciding, run.run_id, folder, device)
        decision = decide(dataset, folder, deciding, run.run_id)
        scores, judging = evaluate_model(dataset, learnt.folder, holdout, run.run_id, serving.version)
        tracking.log_metrics(run.run_id, rows_metrics(learnt.rows, learnt.rows_learnt, len(aside)))
        spent = learnt.spent + judging
        avoided = log_avoided(dataset, serving.version, learnt.rows_known, spent, run.run_id)
        result = publish(
            dataset,
            learnt.folder,
            run.run_id,
            parent=serving.version,
            promote=decision.promote,
            reason=decision.reason,
            scores=scores,
            spent=spent,
            holdout=holdout,
            expectations=expectations,
            tags=inherited_rate(dataset, serving.version),
        )
        if result:
            about = {"scores": scores, "spent": spent, "avoided": avoided, "learnt": learnt.rows}
            return published(result, dataset=dataset, quarantined=tuple(aside), run_id=run.run_id, **about)
    raise MismatchError(f"The champion of {dataset!r} moved {REBASES} times meanwhile", "Run the retraining again")


def _nothing(dataset: str, aside: list[SetAside]) -> Outcome:
    if aside:
        reason = f"nothing was learnt: {aside[0].source} failed validation: {aside[0].reasons[0]}"
        return Outcome(state="Quarantined", dataset=dataset, reason=reason, quarantined=tuple(aside))
    return Outcome(state="Nothing to learn", dataset=dataset, reason="every batch is learnt, or was kept out")
