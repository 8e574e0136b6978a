"""Green retraining: the champion's statistics plus those of the new rows; no old sample is opened."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from prefect import task

from greenlightning.energy import EnergyMeter
from greenlightning.evaluation import Comparison, Decision, compare, gate
from greenlightning.ledger import LedgerEntry
from tasks import progress, registry, tracking
from tasks.card import remembered
from tasks.holdout import Learnable, slice_rows
from tasks.logged_models import attach_structure
from tasks.names import Metric, Part, Subject
from tasks.pointers import BatchRef
from tasks.settings import Deciding
from tasks.spending import Spent
from tasks.training import Learnt

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from greenlightning.model import GreenLightningModel

JUDGED = "judged.npz"


@task(task_run_name="learn {dataset} batches on version {parent}", persist_result=False)
def learn_batches(
    dataset: str,
    parent: int,
    new: list[BatchRef],
    holdout: BatchRef,
    deciding: Deciding,
    run_id: str,
    folder: Path,
    device: str = "cpu",
) -> Learnt:
    """Learn the ``new`` batches on version ``parent`` and save the model, and how a candidate was judged.

    The candidate is judged before it learns the held-back slice of the new rows; the saved model has learnt
    them all (``docs/decisions/0005-champion-gate.md``). Opens the new batches and the holdout only.
    """
    learnable = Learnable(holdout)
    champion = replace(registry.load(dataset, parent), device=device)
    with tracking.part_run(run_id, Part.LINEAR) as part:
        with EnergyMeter(device) as meter:
            candidate, model, held = champion, champion, []
            for number, ref in enumerate(new, start=1):
                batch = learnable.open(ref)
                kept, back = slice_rows(batch, deciding.slice_fraction)
                first, second = champion.collect(kept.X, kept.y), champion.collect(back.X, back.y)
                entry = LedgerEntry(batch.rows, ref.md5)
                candidate = candidate.absorb(first, ref.id, entry)
                model = model.absorb(first + second, ref.id, entry)
                held.append(back)
                tracking.log_batch_input(run_id, ref)
                progress.tell("statistics of new batches", number, len(new))
            model.save(folder / "model")
        spent = Spent.of(meter.energy)
        tracking.log_energy(part, **spent.logged())
    attach_structure.fn(run_id, champion.structure.digest)
    X = np.concatenate([batch.X for batch in held])
    y = np.concatenate([batch.y for batch in held])
    on_holdout = [_correct(m, learnable.X, learnable.y) for m in (candidate, champion)]
    on_slice = [_correct(m, X, y) for m in (candidate, champion)]
    tracking.log_metrics(run_id, {str(Metric.SATURATION_RATE): model.paths.saturation(X)})
    np.savez(folder / JUDGED, holdout=np.stack(on_holdout), slice=np.stack(on_slice))
    rows = {ref.id: model.ledger.entries[ref.id].rows for ref in new}
    return Learnt(folder / "model", rows, model.statistics.n, spent)


@task(task_run_name="forget {batch.id} from {dataset} version {parent}", persist_result=False)
def forget_batch(
    dataset: str, parent: int, batch: BatchRef, holdout: BatchRef, run_id: str, folder: Path
) -> Learnt:
    """Subtract the statistics of one learnt batch, from its versioned bytes, and save the model."""
    champion = registry.load(dataset, parent)
    with tracking.part_run(run_id, Part.LINEAR) as part:
        with EnergyMeter() as meter:
            champion.ledger.without(batch.id)
            rows = Learnable(holdout).open(batch)
            left = champion.forget(rows)
            left.save(folder / "model")
        spent = Spent.of(meter.energy)
        tracking.log_energy(part, **spent.logged())
    tracking.log_batch_input(run_id, batch, role="forgotten")
    attach_structure.fn(run_id, champion.structure.digest)
    notes = (remembered(left, batch.id),)
    return Learnt(folder / "model", {batch.id: rows.rows}, left.statistics.n, spent, notes)


@task(task_run_name="gate {dataset}", persist_result=False)
def decide(dataset: str, folder: Path, deciding: Deciding, run_id: str) -> Decision:
    """Hold challenger against champion, as ``learn_batches`` judged them; log the numbers and the reason."""
    with np.load(folder / JUDGED, allow_pickle=False) as judged:
        holdout, fresh = judged["holdout"], judged["slice"]
    on_holdout = compare(holdout[0], holdout[1], deciding.margin, seed=0)
    on_slice = compare(fresh[0], fresh[1], deciding.margin, seed=0) if fresh.shape[1] else None
    log_gate(run_id, on_holdout)
    if on_slice:
        for correct, subject in zip(fresh, (Subject.CANDIDATE_FRESH, Subject.CHAMPION_FRESH), strict=True):
            tracking.log_evaluation(run_id, {str(Metric.ACCURACY): float(correct.mean())}, subject)
    return gate(on_holdout, on_slice)


def log_gate(run_id: str, on_holdout: Comparison) -> None:
    """Log the paired comparison on the holdout."""
    numbers = {
        Metric.GATE_DIFFERENCE: on_holdout.difference,
        Metric.GATE_LOWER: on_holdout.low,
        Metric.GATE_UPPER: on_holdout.high,
        Metric.GATE_MARGIN: on_holdout.margin,
    }
    tracking.log_metrics(run_id, {str(name): value for name, value in numbers.items()})


def _correct(
    model: "GreenLightningModel", X: "NDArray[np.generic]", y: "NDArray[np.generic]"
) -> "NDArray[np.bool_]":
    return np.asarray(model.predict(X) == y)
