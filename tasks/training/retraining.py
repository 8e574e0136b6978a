"""Green retraining: add the statistics of new rows to the champion's, or subtract those of a forgotten batch."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from greenlightning.energy.meter import EnergyMeter
from greenlightning.evaluation.answers import terms_of
from greenlightning.evaluation.comparison import Decision, compare, gate
from greenlightning.evaluation.findings import last_value_finding
from greenlightning.evaluation.score import Score
from greenlightning.linear.statistics import Statistics
from tasks.core import progress
from tasks.core.constants import Metric, Part, Subject
from tasks.core.energy_cost import EnergyCost
from tasks.core.settings import AUTO, EVERYTHING, Deciding
from tasks.core.steps import task
from tasks.data.batch_index import BatchRef
from tasks.data.event_time import span_text
from tasks.data.holdout import HeldBack, Learnable, left_out_note
from tasks.models import registry
from tasks.models.class_weights import reweighed
from tasks.models.files.window_files import WINDOWS
from tasks.models.logged_models import attach_structures, structures_of
from tasks.tracking.inputs import batch_input
from tasks.tracking.metrics import log_energy, log_metrics, of_subject
from tasks.tracking.runs import part_run
from tasks.training.evaluation import dated
from tasks.training.prequential import batch_score, collect_and_predict, log_prequential
from tasks.training.scoring import (
    answers_from,
    answers_of_all,
    evaluation_of,
    gate_score,
    keep_outputs,
    log_gate,
    outputs_of_all,
    scores,
)
from tasks.training.side_by_side import SideBySide
from tasks.training.structure import TrainingResult, joined_batches
from tasks.training.windows import release, rows_leaving

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from greenlightning.data.batch import Batch
    from greenlightning.model import GreenLightningModel

ROW_TERMS = "row_terms.npz"


@task(task_run_name="learn {serving.dataset} batches on version {serving.version}", persist_result=False)
def learn_batches(
    serving: registry.VersionInfo,
    new: list[BatchRef],
    holdout: BatchRef,
    deciding: Deciding,
    run_id: str,
    folder: Path,
    device: str = "cpu",
) -> TrainingResult:
    """Learn the ``new`` batches on the version ``serving``; save the model, and what ``decide`` compares.

    The gate judges a candidate that has not learnt the held-back slice of the new rows; the saved model has
    learnt them all (``docs/decisions/0005-champion-gate.md``). Where the holdout slides, the slice stays in it,
    and rows that leave it are learnt (``0048-sliding-holdout.md``). Opens the new batches, those that leave the
    window, and the holdout only.
    """
    champion = registry.load_version(serving).on(device)
    learnable = Learnable(holdout, champion.encoder)
    leaving = rows_leaving(serving, champion, learnable)
    new = sorted(new, key=lambda ref: (ref.happened, ref.id))
    stratified = champion.targets.task == "classification"
    attach_structures.fn(run_id, structures_of(champion), [batch_input(ref) for ref in new])
    with part_run(run_id, Part.LINEAR) as part:
        with EnergyMeter(device) as meter:
            model, held, predicted = champion, [], []
            rows, aside = {}, Statistics.empty(champion.paths, champion.targets)
            auto = SideBySide.open(serving, champion, new, learnable) if deciding.keep == AUTO else None
            for batch in leaving:
                statistics = champion.collect(batch.X, batch.y)
                model = model.extended(statistics, batch.id)
                if auto:
                    auto.extend(statistics, batch.id)
            for number, ref in enumerate(new, start=1):
                split = learnable.split(ref, deciding.slice_fraction, stratified=stratified)
                parts = (split.kept, split.back)
                (first, expected), (second, unseen) = (collect_and_predict(champion, part) for part in parts)
                predicted.append(batch_score(champion, ref.id, [(split.kept, expected), (split.back, unseen)]))
                if not learnable.slides:
                    first, aside = first + second, aside + second
                entry = learnable.entry(ref, first.n)
                if auto:
                    auto.learn(replace(joined_batches([*parts]), id=ref.id), entry, first)
                model = model.absorb(first, ref.id, entry)
                held.append(split)
                rows[ref.id] = entry.rows
                progress.report_progress("statistics of new batches", number, len(new))
            kept = (
                auto.finish(serving, folder / WINDOWS)
                if auto
                else release(model, serving, new, deciding.keep, learnable)
            )
            leaving = [batch for batch in leaving if batch.id not in kept.released]
            model = reweighed(kept.model, deciding.class_weight, serving.dataset)
            model.save(folder / "model")
        spent = EnergyCost.of(meter.energy)
        log_energy(part, spent)
    if not learnable.slides and any(ref.id not in model.ledger for ref in new):
        aside = _statistics_of_slices(model, held)
    candidate = replace(model, statistics=model.statistics - aside)
    values, found = save_row_terms((candidate, champion), learnable, held, deciding, folder, model)
    fresh = joined_batches([one.back for one in held])
    log_metrics(run_id, {Metric.SATURATION_RATE: model.paths.saturation(fresh.X), **values})
    scored_before = tuple(one for one in predicted if one)
    repeated = () if learnable.slides else left_out_note(sum(ref.rows - rows[ref.id] for ref in new))
    log_prequential(run_id, serving, scored_before)
    rows = {batch.id: batch.rows for batch in leaving} | rows
    trained = TrainingResult(folder / "model", rows, model.statistics.n, spent, findings=found)
    return replace(
        trained,
        predicted=scored_before,
        notes=(*_leaving_note(leaving), *repeated, *kept.notes),
        rows_forgotten=kept.rows_opened,
        released=kept.released,
        windows=folder / WINDOWS if auto else None,
    )


def _leaving_note(leaving: "Sequence[Batch]") -> tuple[str, ...]:
    if not leaving:
        return ()
    rows = sum(batch.rows for batch in leaving)
    return (f"{rows:,} rows left the holdout, which slides with the stream, and are learnt",)


def _statistics_of_slices(model: "GreenLightningModel", held: list[HeldBack]) -> Statistics:
    """The statistics of the held-back rows of those batches that did not leave the window at once."""
    backs = [one.back for one in held if one.back.id in model.ledger]
    return sum((model.collect(back.X, back.y) for back in backs), Statistics.empty(model.paths, model.targets))


def save_row_terms(
    models: "tuple[GreenLightningModel, GreenLightningModel]",
    holdout: Learnable,
    held: list[HeldBack],
    deciding: Deciding,
    folder: Path,
    trained: "GreenLightningModel | None" = None,
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Save what the gate needs of candidate and champion; return the champion's metrics, and findings.

    What the model that was ``trained`` answers on the holdout is kept for its evaluation.
    """
    outputs = outputs_of_all((*models, trained) if trained else models, holdout.X)
    if trained:
        keep_outputs(folder, trained, holdout.holdout, outputs[-1])
    on_holdout = [answers_from(model, found, holdout.y) for model, found in zip(models, outputs, strict=False)]
    score = gate_score(deciding, on_holdout[0])
    fresh = joined_batches([one.back for one in held])
    found: list[str] = []
    terms: NDArray[np.generic] = np.empty((2, 0))
    if fresh.rows:
        on_slice = answers_of_all(models, fresh.X, fresh.y)
        terms = terms_of(score, *on_slice)
        before = np.concatenate([one.before for one in held])
        found.append(last_value_finding(on_slice[0], before, score))
    np.savez(folder / ROW_TERMS, holdout=terms_of(score, *on_holdout), slice=terms, score=np.array(str(score)))
    values = of_subject(scores(evaluation_of(on_holdout[1])), Subject.CHAMPION)
    return values, tuple(filter(None, found))


@task(task_run_name="forget {batch.id} from {dataset} version {parent}", persist_result=False)
def forget_batch(
    dataset: str, parent: int, batch: BatchRef, holdout: BatchRef, run_id: str, folder: Path
) -> TrainingResult:
    """Subtract the statistics of one learnt batch, from its versioned bytes, and save the model.

    The model stays as it is where the batch left the window before: the windows side by side lose it.
    """
    champion = registry.load(dataset, parent)
    forgotten = batch_input(batch, role="forgotten")
    attach_structures.fn(run_id, structures_of(champion), [forgotten])
    with part_run(run_id, Part.LINEAR) as part:
        with EnergyMeter() as meter:
            entry = champion.ledger.entries.get(batch.id)
            rows = Learnable(holdout, champion.encoder).learnt(batch, entry)
            left = champion.forget(rows) if batch.id in champion.ledger else champion
            left.save(folder / "model")
        spent = EnergyCost.of(meter.energy)
        log_energy(part, spent)
    return TrainingResult(folder / "model", {}, left.statistics.n, spent, rows_forgotten=rows.rows)


@task(task_run_name="gate on version {champion}", persist_result=False)
def decide(champion: int, holdout: BatchRef, folder: Path, deciding: Deciding, run_id: str) -> Decision:
    """Compare candidate and champion on the rows that ``learn_batches`` scored; log the numbers, and decide."""
    with np.load(folder / ROW_TERMS, allow_pickle=False) as saved:
        held, fresh, score = saved["holdout"], saved["slice"], Score(str(saved["score"]))
    on_holdout = compare(held, deciding.margin, score=score)
    on_slice = compare(fresh, deciding.margin, score=score) if fresh.shape[1] else None
    values: dict[str, float] = {}
    if on_slice:
        values |= of_subject({str(score): on_slice.challenger}, Subject.CANDIDATE_FRESH)
        values |= of_subject({str(score): on_slice.champion}, Subject.CHAMPION_FRESH)
    log_gate(run_id, on_holdout, values)
    rows = f"the holdout{span_text(holdout)}"
    return dated(gate(on_holdout, on_slice, windowed=deciding.keep != EVERYTHING, rows=rows), champion)
