"""Green retraining: add the statistics of new rows to the champion's, or subtract those of a forgotten batch."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from prefect import task

from greenlightning.data.batch import Batch
from greenlightning.data.ledger import LedgerEntry
from greenlightning.energy.meter import EnergyMeter
from greenlightning.evaluation.scores import Decision, compare, evaluate, gate
from greenlightning.linear.probabilities import class_probabilities
from tasks.core import progress
from tasks.core.constants import Metric, Part, Subject
from tasks.core.energy_cost import EnergyCost
from tasks.core.settings import Deciding
from tasks.data.batch_index import BatchRef
from tasks.data.holdout import Learnable, slice_rows
from tasks.models import registry
from tasks.models.logged_models import attach_structure
from tasks.models.model_card import forgetting_note
from tasks.tracking.inputs import batch_input
from tasks.tracking.metrics import log_energy, log_metrics, of_subject
from tasks.tracking.runs import part_run
from tasks.training.evaluation import correct_rows, gate_metrics, scores
from tasks.training.prequential import batch_score, collect_and_predict, log_prequential
from tasks.training.structure import TrainingResult, joined_batches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from greenlightning.model import GreenLightningModel

CORRECT_ROWS = "correct_rows.npz"


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
    learnt them all (``docs/decisions/0005-champion-gate.md``). Opens the new batches and the holdout only.
    """
    learnable = Learnable(holdout)
    champion = replace(registry.load_version(serving), device=device)
    attach_structure.fn(run_id, champion.structure.digest, [batch_input(ref) for ref in new])
    with part_run(run_id, Part.LINEAR) as part:
        with EnergyMeter(device) as meter:
            candidate, model, held, predicted = champion, champion, [], []
            for number, ref in enumerate(new, start=1):
                batch = learnable.open(ref)
                kept, back = slice_rows(batch, deciding.slice_fraction)
                (first, expected), (second, unseen) = (
                    collect_and_predict(champion, part) for part in (kept, back)
                )
                predicted.append(batch_score(champion, ref.id, [(kept, expected), (back, unseen)]))
                entry = LedgerEntry(batch.rows, ref.md5)
                candidate = candidate.absorb(first, ref.id, entry)
                model = model.absorb(first + second, ref.id, entry)
                held.append(back)
                progress.report_progress("statistics of new batches", number, len(new))
            model.save(folder / "model")
        spent = EnergyCost.of(meter.energy)
        log_energy(part, spent)
    fresh = joined_batches(held)
    scored = _score(candidate, champion, learnable, fresh, folder)
    log_metrics(run_id, {Metric.SATURATION_RATE: model.paths.saturation(fresh.X), **scored})
    scored_before = tuple(one for one in predicted if one)
    log_prequential(run_id, serving, scored_before)
    rows = {ref.id: model.ledger.entries[ref.id].rows for ref in new}
    return TrainingResult(folder / "model", rows, model.statistics.n, spent, predicted=scored_before)


def _score(
    candidate: "GreenLightningModel",
    champion: "GreenLightningModel",
    holdout: Learnable,
    fresh: Batch,
    folder: Path,
) -> dict[str, float]:
    """Save which rows each model classifies correctly; return the metrics of the champion on the holdout."""
    models = (candidate, champion)
    on_holdout, on_slice = (_probabilities(models, X) for X in (holdout.X, fresh.X))
    correct = {
        name: np.stack([correct_rows(p, m.classes, y) for p, m in zip(found, models, strict=True)])
        for name, found, y in (("holdout", on_holdout, holdout.y), ("slice", on_slice, fresh.y))
    }
    np.savez(folder / CORRECT_ROWS, holdout=correct["holdout"], slice=correct["slice"])
    return of_subject(scores(evaluate(holdout.y, on_holdout[1], champion.classes)), Subject.CHAMPION)


@task(task_run_name="forget {batch.id} from {dataset} version {parent}", persist_result=False)
def forget_batch(
    dataset: str, parent: int, batch: BatchRef, holdout: BatchRef, run_id: str, folder: Path
) -> TrainingResult:
    """Subtract the statistics of one learnt batch, from its versioned bytes, and save the model."""
    champion = registry.load(dataset, parent)
    forgotten = batch_input(batch, role="forgotten")
    attach_structure.fn(run_id, champion.structure.digest, [forgotten])
    with part_run(run_id, Part.LINEAR) as part:
        with EnergyMeter() as meter:
            champion.ledger.without(batch.id)
            rows = Learnable(holdout).open(batch)
            left = champion.forget(rows)
            left.save(folder / "model")
        spent = EnergyCost.of(meter.energy)
        log_energy(part, spent)
    notes = (forgetting_note(left, batch.id),)
    return TrainingResult(folder / "model", {}, left.statistics.n, spent, notes, rows_forgotten=rows.rows)


@task(task_run_name="gate {dataset}", persist_result=False)
def decide(dataset: str, folder: Path, deciding: Deciding, run_id: str) -> Decision:
    """Compare candidate and champion on the rows that ``learn_batches`` scored; log the numbers, and decide."""
    with np.load(folder / CORRECT_ROWS, allow_pickle=False) as correct:
        holdout, fresh = correct["holdout"], correct["slice"]
    on_holdout = compare(holdout[0], holdout[1], deciding.margin, seed=0)
    on_slice = compare(fresh[0], fresh[1], deciding.margin, seed=0) if fresh.shape[1] else None
    values = gate_metrics(on_holdout)
    if on_slice:
        for right, subject in zip(fresh, (Subject.CANDIDATE_FRESH, Subject.CHAMPION_FRESH), strict=True):
            values |= of_subject({Metric.ACCURACY: float(right.mean())}, subject)
    log_metrics(run_id, values)
    return gate(on_holdout, on_slice)


def _probabilities(
    models: "Sequence[GreenLightningModel]", X: "NDArray[np.generic]"
) -> "list[NDArray[np.float64]]":
    """Class probabilities (n, k) of models with the same recipe; path features are computed once for all."""
    found = [[np.empty((0, len(model.classes)))] for model in models]
    for _, features in models[0].paths.blocks(X, memory_budget=models[0].memory_budget):
        for model, blocks in zip(models, found, strict=True):
            blocks.append(class_probabilities(model.score(features)))
    return [np.concatenate(blocks) for blocks in found]
