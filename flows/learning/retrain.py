"""Green retraining: learn what the champion has not learnt yet, and nothing else."""

from functools import partial
from typing import Annotated, Any

from prefect import State
from prefect.runtime import flow_run
from pydantic import Field

from flows.engine.admission import admit_waiting, chosen_batches, failing_batches
from flows.engine.all_datasets import for_each_served
from flows.engine.batch_selection import (
    DryRun,
    LandedFrom,
    LandedTo,
    Selection,
    left_out,
    planned_outcome,
    selected_batches,
)
from flows.engine.flow_decorator import flow
from flows.engine.outcome import Outcome, SetAside, published
from flows.engine.parameters import BatchId, DatasetName, NewLabels
from flows.engine.postpone import Jitter, LatestStart, start_or_postpone
from flows.engine.runners import Runner, check_runner, fit_remotely
from flows.engine.session import REBASES, Session, champion_of, session
from flows.learning.structure_refresh import Anew, OnRed, refresh_structure
from greenlightning.errors import MismatchError
from tasks.core.constants import Kind, Params
from tasks.core.energy_cost import NO_COST
from tasks.core.settings import DECIDING, LEARNING, Deciding, Device, Learning
from tasks.data.batch_index import BatchRef
from tasks.data.expectations import Expectations
from tasks.data.holdout import current_holdout
from tasks.models.version_expectations import expectations_of
from tasks.models.version_info import VersionInfo
from tasks.promotion.publishing import publish
from tasks.scheduling.carbon import CarbonSource
from tasks.scheduling.training_rate import avoided_by, inherited_rate
from tasks.tracking.inputs import log_validation
from tasks.tracking.metrics import log_params, rows_metrics
from tasks.training.evaluation import evaluate_model
from tasks.training.health import BatchHealth, assess_batches
from tasks.training.retraining import decide, learn_batches


def _name() -> str:
    return f"retrain {flow_run.parameters.get('dataset') or 'every dataset'}"


@flow(name="retrain", flow_run_name=_name, persist_result=False)
def retrain(
    dataset: DatasetName | None = None,
    batches: Annotated[
        list[BatchId] | None, Field(description="batches to learn; all new ones by default")
    ] = None,
    deciding: Deciding = DECIDING,
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
    learning: Learning = LEARNING,
) -> State[Any]:
    """Add the statistics of new batches to the champion's, solve, hold it against the champion, publish.

    Costs what the new rows cost: no batch that was learnt before is opened. Where the champion is kept, each
    batch is tried alone, so that a harmful one holds no other up; it is not tried on this champion again
    unless it is named. Without ``dataset``, every dataset that has a champion is retrained in turn. With
    ``latest_start`` and a ``carbon_source`` it is postponed to the greenest time before. Structure health is
    assessed first; where it is red, ``on_red="train"`` lets a new structure, extracted from all batches as
    ``learning`` says, compete with the champion. Should it lose, the old structure learns the new batches.
    With ``dry_run`` it answers at once with the plan.
    """
    check_runner(runner)
    if dataset is None:
        return for_each_served(retrain)
    serving, asked = champion_of(dataset), Selection(batches, landed_from, landed_to)
    if dry_run:
        return planned_outcome(serving, asked, device).completed()
    start = start_or_postpone(dataset, latest_start, carbon_source, jitter)
    if start.postponed:
        return start.postponed.completed()
    expectations = expectations_of(serving)
    aside = admit_waiting(dataset, expectations, allow_new_labels)
    fresh = selected_batches(serving, asked)
    aside += failing_batches(fresh, expectations, allow_new_labels)
    refused = {entry.batch for entry in aside}
    fresh = [ref for ref in fresh if ref.id not in refused]
    if not fresh:
        return start.told(_nothing(dataset, aside, asked.when, left_out(serving))).completed()
    anew = None
    if on_red == "train":
        known = {*serving.batches, *(ref.id for ref in fresh)}
        base = [ref.id for ref in (*chosen_batches(dataset, None), *fresh) if ref.id in known]
        how = learning.model_copy(update={"device": device})
        anew = partial(refresh_structure, dataset, base, how, deciding, allow_new_labels, runner)
    outcome = _round(dataset, fresh, aside, expectations, deciding, device, runner, anew)
    if len(fresh) > 1 and outcome.state == "Kept":
        alone = [_round(dataset, [ref], aside, expectations, deciding, device, runner) for ref in fresh]
        outcome = _together(outcome, fresh, alone)
    return start.told(outcome).completed()


def _round(
    dataset: str,
    fresh: list[BatchRef],
    aside: list[SetAside],
    expectations: Expectations,
    deciding: Deciding,
    device: str,
    runner: Runner,
    anew: Anew | None = None,
) -> Outcome:
    """One run: learn ``fresh`` together, and let the gate decide; where health is red, first call ``anew``."""
    name = f"retrain {dataset} +{len(fresh)} batch{'es' if len(fresh) > 1 else ''}"
    with session(dataset, Kind.RETRAIN, name) as run:
        log_params(run.run_id, deciding.model_dump() | {"device": device}, Params.FLOW)
        for ref in fresh:
            log_validation(run.run_id, dataset, ref.id)
        serving = champion_of(dataset)
        health = assess_batches(serving, fresh, run.run_id)
        if anew and health.is_red:
            outcome, health = anew(health)
            if outcome:
                return outcome.model_copy(update={"quarantined": tuple(aside)})
        return _learn(run, serving, fresh, aside, expectations, deciding, device, runner, health)


def _together(joint: Outcome, fresh: list[BatchRef], alone: list[Outcome]) -> Outcome:
    """The last promoted outcome, or the joint one where none was, and what was said of each batch kept out."""
    pairs = zip(fresh, alone, strict=True)
    notes = [*joint.notes]
    notes += [f"batch {ref.id} ({ref.source}): {one.reason}" for ref, one in pairs if not one.promoted]
    landed = [one for one in alone if one.promoted]
    learnt = {batch: rows for one in landed for batch, rows in one.learnt.items()}
    best = landed[-1].model_copy(update={"learnt": learnt}) if landed else joint
    spent = sum((one.spent for one in (joint, *alone) if one.spent), NO_COST)
    return best.model_copy(update={"notes": tuple(notes), "spent": spent, "health": joint.health})


def _learn(
    run: Session,
    serving: VersionInfo,
    fresh: list[BatchRef],
    aside: list[SetAside],
    expectations: Expectations,
    deciding: Deciding,
    device: str,
    runner: Runner,
    health: BatchHealth,
) -> Outcome:
    """Learn and publish on the champion ``serving``; where another run lands first, on its champion."""
    dataset, holdout = run.dataset, current_holdout(run.dataset)
    for attempt in range(REBASES):
        serving = champion_of(dataset) if attempt else serving
        new = [ref for ref in fresh if ref.id not in serving.batches]
        if not new:
            return _nothing(dataset, aside)
        folder = run.folder / str(attempt)
        folder.mkdir()
        if runner == "local":
            learnt = learn_batches(serving, new, holdout, deciding, run.run_id, folder, device)
        else:
            about = {"parent": serving.version, "attempt": attempt, "deciding": deciding.model_dump()}
            learnt = fit_remotely(runner, run, folder, new, holdout, **about)
        decision = decide(dataset, folder, deciding, run.run_id)
        judged = evaluate_model(dataset, learnt.folder, holdout, run.run_id)
        spent = learnt.spent + judged.spent + health.spent
        avoided = avoided_by(serving, learnt.rows_known, spent)
        result = publish(
            dataset,
            learnt.folder,
            run.run_id,
            parent=serving,
            promote=decision.promote,
            reason=decision.reason,
            spent=spent,
            avoided=avoided,
            rows=rows_metrics(learnt.rows, learnt.rows_learnt, len(aside)),
            holdout=holdout,
            expectations=expectations,
            tags=inherited_rate(serving),
        )
        if result:
            told = {"scores": judged.scores, "spent": spent, "avoided": avoided, "learnt": learnt.rows}
            told |= {"notes": (*health.notes, *learnt.notes), "health": health.verdict, "run_id": run.run_id}
            return published(result, dataset=dataset, quarantined=tuple(aside), **told)
    raise MismatchError(f"The champion of {dataset!r} moved {REBASES} times meanwhile", "Run the retraining again")


def _nothing(dataset: str, aside: list[SetAside], when: str = "", notes: tuple[str, ...] = ()) -> Outcome:
    if aside:
        reason = f"nothing was learnt: {aside[0].source} failed validation: {aside[0].reasons[0]}"
        return Outcome(state="Quarantined", dataset=dataset, reason=reason, quarantined=tuple(aside))
    reason = f"every batch{when} is learnt, or was kept out"
    return Outcome(state="Nothing to learn", dataset=dataset, reason=reason, notes=notes)
