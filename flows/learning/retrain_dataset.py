"""The retraining of one dataset: admit waiting batches, learn the new ones together, or alone if rejected."""

from dataclasses import dataclass

from flows.engine.admission import Admission, following
from flows.engine.batch_selection import left_out, planned_outcome, selected_batches
from flows.engine.error_messages import error_message, is_elsewhere
from flows.engine.outcome import Outcome
from flows.engine.postpone import start_or_postpone
from flows.engine.runners import fit_remotely
from flows.engine.session import Session, champion_of, session
from flows.inputs.retrain_request import RetrainRequest
from flows.learning.publication import Attempt, publish_on_champion
from flows.learning.structure_refresh import grown_later, refresh_structure
from tasks.core.constants import Kind, Params, Tag
from tasks.core.energy_cost import NO_COST
from tasks.data.batch_files import describe
from tasks.data.batch_index import BatchRef
from tasks.data.versioning import checkout
from tasks.models.holdouts import next_holdout
from tasks.models.version_expectations import expectations_of
from tasks.models.version_info import VersionInfo
from tasks.promotion.candidate import Candidate
from tasks.promotion.publishing import complete_publication
from tasks.quarantine.records import QuarantinedBatch
from tasks.scheduling.triggers import Triggers
from tasks.tracking.inputs import log_validation
from tasks.tracking.metrics import log_params, set_tags
from tasks.tracking.runs import hand_over
from tasks.training.evaluation import evaluate_model
from tasks.training.health import BatchHealth, assess_batches, assess_landed
from tasks.training.retraining import decide, learn_batches
from tasks.training.structure import TrainingResult
from tasks.training.windows import too_old
from tasks.validation.expectations import Expectations

OVERTAKEN = "another run learnt these batches first"


@dataclass(frozen=True)
class Retraining:
    """A retraining of one dataset under way: the request, and what admission found."""

    dataset: str
    request: RetrainRequest
    expectations: Expectations
    quarantined: tuple[QuarantinedBatch, ...]


def retrain_dataset(dataset: str, request: RetrainRequest, door: Admission | None = None) -> Outcome:
    """Retrain one dataset as requested: at once, later, or as a plan only.

    The expectations of a ``door`` that was opened before are read again only if another version serves meanwhile.
    """
    serving = champion_of(dataset)
    if request.dry_run:
        return planned_outcome(serving, request.selection, request.device, growing=request.on_red == "grow")
    start = start_or_postpone(dataset, request.latest_start, request.carbon_source, request.jitter)
    if start.postponed:
        return start.postponed
    known = door.expectations if door and door.serving == serving else None
    return start.explained_in(_retrain_now(serving, request, known))


def _retrain_now(serving: VersionInfo, request: RetrainRequest, known: Expectations | None) -> Outcome:
    """Admit waiting batches, then learn the new ones together, or each alone where together they are rejected."""
    complete_publication(serving)
    expectations = known or expectations_of(serving)
    door = Admission(serving, expectations, request.allow_new_labels, request.quarantine_moved)
    quarantined = door.admit_waiting(serving.dataset)
    selected = selected_batches(serving, request.selection)
    old = too_old(request.deciding.keep, serving, selected)
    notes = tuple(
        f"batch {ref.id} ({ref.source}) is older than the window of {request.deciding.keep} and is not learnt"
        for ref in selected
        if ref.id in old
    )
    selected = [ref for ref in selected if ref.id not in old]
    quarantined += door.refused(selected)
    refused = {entry.batch for entry in quarantined}
    new = [ref for ref in selected if ref.id not in refused]
    retraining = Retraining(serving.dataset, request, expectations, tuple(quarantined))
    if not new and request.on_red == "grow" and (grown := grown_later(serving, request)):
        return grown.model_copy(update={"quarantined": retraining.quarantined, "notes": (*grown.notes, *notes)})
    if not new:
        return _nothing_to_learn(retraining, (*notes, *left_out(serving)))
    if waits := _waits_for(serving, request, new):
        return Outcome(state="Waiting", dataset=serving.dataset, reason=waits, quarantined=retraining.quarantined)
    try:
        outcome = _learn(retraining, new, may_refresh=request.on_red != "recommend")
    except Exception as error:
        if len(new) == 1 or is_elsewhere(error):
            raise
        outcome = _each_alone(retraining, new)
    else:
        if len(new) > 1 and outcome.state == "Kept":
            outcome = _best_of(outcome, new, [_learn(retraining, [ref]) for ref in new])
    return outcome.model_copy(update={"notes": (*outcome.notes, *notes)})


def _each_alone(retraining: Retraining, new: list[BatchRef]) -> Outcome:
    """Learn each batch alone where a step failed on all together, so that one of them stops no other.

    The outcome names those on which a step fails again; the error is raised where all fail.
    """
    done, errors = dict[str, tuple[BatchRef, Outcome]](), dict[str, Exception]()
    for ref in new:
        try:
            done[ref.id] = ref, _learn(retraining, [ref])
        except Exception as error:
            if is_elsewhere(error):
                raise
            errors[ref.id] = error
    if not done:
        raise next(iter(errors.values()))
    refs, outcomes = zip(*done.values(), strict=True)
    failed = tuple(f"batch {batch} is not learnt: {error_message(error).cause}" for batch, error in errors.items())
    best = _best_of(outcomes[0], list(refs), list(outcomes))
    return best.model_copy(update={"notes": (*best.notes, *failed)})


def _waits_for(serving: VersionInfo, request: RetrainRequest, new: list[BatchRef]) -> str:
    """Which triggers the ``new`` batches still wait for; empty where one is due, or none was asked for."""
    if request.when is None or request.selection.batches:
        return ""

    def drifted() -> bool:
        landed = (describe(checkout(ref), ref.dataset) for ref in new)
        return any(assess_landed(serving, one).is_off for one in landed)

    return Triggers.parse(request.when).waiting(new, drifted)


def _learn(retraining: Retraining, new: list[BatchRef], may_refresh: bool = False) -> Outcome:
    """One run: learn the ``new`` batches together and let the gate decide."""
    dataset, request = retraining.dataset, retraining.request
    name = f"retrain {dataset} +{len(new)} batch{'es' if len(new) > 1 else ''}"
    with session(dataset, Kind.RETRAIN, name) as run:
        log_params(run.run_id, request.deciding.model_dump() | {"device": request.device}, Params.FLOW)
        for ref in new:
            log_validation(run.run_id, dataset, ref.id)
        serving = champion_of(dataset)
        health = assess_batches(serving, new, run.run_id)
        if may_refresh and health.is_red:
            refreshed, health = refresh_structure(serving, new, request, health)
            if refreshed:
                if refreshed.run_id:
                    hand_over(run.run_id, refreshed.run_id, f"structure health is red; {health.remedy}")
                return refreshed.model_copy(update={"quarantined": retraining.quarantined})
        outcome = publish_on_champion(run, lambda attempt: _candidate(retraining, run, attempt, new, health))
        if outcome is None:
            set_tags(run.run_id, {Tag.DECISION: "nothing to learn", Tag.REASON: OVERTAKEN})
        return outcome or _nothing_to_learn(retraining)


def _candidate(
    retraining: Retraining, run: Session, attempt: Attempt, new: list[BatchRef], health: BatchHealth
) -> Candidate | None:
    """The champion with the batches that it has not learnt yet; None where another run has learnt them all."""
    champion = attempt.champion
    unlearnt = [ref for ref in new if ref.id not in champion.batches]
    if not unlearnt:
        return None
    deciding = retraining.request.deciding
    holdout = next_holdout(champion, unlearnt, deciding)
    trained = _trained(retraining.request, run, attempt, unlearnt, holdout)
    decision = decide(champion.version, holdout, attempt.folder, deciding, run.run_id)
    return Candidate(
        dataset=run.dataset,
        run_id=run.run_id,
        parent=champion,
        trained=trained,
        evaluated=evaluate_model(run.dataset, trained.folder, holdout, run.run_id, deciding),
        decision=decision,
        holdout=holdout,
        expectations=following(retraining.expectations, unlearnt),
        health=health,
        quarantined=retraining.quarantined,
    )


def _trained(
    request: RetrainRequest, run: Session, attempt: Attempt, new: list[BatchRef], holdout: BatchRef
) -> TrainingResult:
    """The ``new`` batches learnt on the champion, in this process or by another runner."""
    champion, deciding = attempt.champion, request.deciding
    if request.runner == "local":
        return learn_batches(champion, new, holdout, deciding, run.run_id, attempt.folder, request.device)
    about = {"parent": champion.version, "attempt": attempt.number, "deciding": deciding.model_dump()}
    return fit_remotely(request.runner, run, attempt.folder, new, holdout, **about)


def _best_of(together: Outcome, new: list[BatchRef], alone: list[Outcome]) -> Outcome:
    """The last outcome that was promoted, else the joint one, with a note on each batch that was kept out."""
    pairs = zip(new, alone, strict=True)
    rejected = [f"batch {ref.id} ({ref.source}): {one.reason}" for ref, one in pairs if not one.promoted]
    promoted = [one for one in alone if one.promoted]
    learnt = {batch: rows for one in promoted for batch, rows in one.learnt.items()}
    best = promoted[-1].model_copy(update={"learnt": learnt}) if promoted else together
    spent = sum((one.spent for one in (together, *alone) if one.spent), NO_COST)
    notes = (*together.notes, *rejected)
    return best.model_copy(update={"notes": notes, "spent": spent, "health": together.health})


def _nothing_to_learn(retraining: Retraining, notes: tuple[str, ...] = ()) -> Outcome:
    """The outcome where no new batch is left: the validation failure if there was one."""
    dataset, quarantined = retraining.dataset, retraining.quarantined
    if quarantined:
        reason = f"nothing was learnt: {quarantined[0].source} failed validation: {quarantined[0].reasons[0]}"
        return Outcome(state="Quarantined", dataset=dataset, reason=reason, quarantined=quarantined)
    reason = f"No new batches{retraining.request.selection.when}"
    return Outcome(state="Nothing to learn", dataset=dataset, reason=reason, notes=notes)
