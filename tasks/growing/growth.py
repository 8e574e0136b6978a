"""The grown model: new gates, their sums over every batch read once more, a new health reference."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from greenlightning.data.batch import Batch
from greenlightning.data.counted import counted
from greenlightning.energy.meter import EnergyMeter
from greenlightning.linear.statistics import Statistics
from tasks.core import progress
from tasks.core.constants import Part
from tasks.core.energy_cost import NO_COST, EnergyCost
from tasks.core.steps import task
from tasks.data.holdout import HeldBack
from tasks.growing.rows import Growth, LearntRows
from tasks.models import registry
from tasks.models.logged_models import attach_structures, log_structure, structures_of
from tasks.tracking.client import connect
from tasks.tracking.metrics import log_energy, log_metrics, log_settling
from tasks.tracking.runs import part_run
from tasks.training.health import log_reference
from tasks.training.retraining import save_row_terms
from tasks.training.structure import TrainingResult, joined_batches

if TYPE_CHECKING:
    from greenlightning.model import GreenLightningModel
    from greenlightning.paths import PathFeatures

STRUCTURE, GROWTH_FILE = "new structure", "growth.json"


@task(task_run_name="grow {growth.serving.dataset} version {growth.serving.version}", persist_result=False)
def grow_model(growth: Growth, learnt: TrainingResult | None, run_id: str, folder: Path) -> TrainingResult:
    """Join new gates to a model that has ``learnt`` the new batches, or to the champion where none is new.

    Saves the grown model, its health reference, and what ``decide`` compares. Every batch of the ledger is read.
    """
    from greenlightning.model import GreenLightningModel
    from greenlightning.model.growing import MOST_GROWTHS, GrowthOptions, rooted

    champion = registry.load_version(growth.serving).on(growth.device)
    model = GreenLightningModel.load(learnt.folder).on(growth.device) if learnt else champion
    about = {"red": list(growth.red), "options": asdict(GrowthOptions())}
    connect().log_dict(run_id, about, GROWTH_FILE)
    before = learnt or TrainingResult(folder, {}, model.statistics.n, NO_COST)
    full = len(model.paths.structures) > MOST_GROWTHS
    model = rooted(model) if full else model
    if not learnt:
        attach_structures.fn(run_id, structures_of(model), [])
    rows = LearntRows.read(growth, model)
    held = rows.held_back(growth)
    paths, spent = _new_gates(model, rows, held, run_id, folder)
    with part_run(run_id, Part.LINEAR) as part:
        with EnergyMeter(growth.device) as meter:
            grown = model.grow(paths, rows.batches.values())
            grown.save(folder / "model")
            candidate = _without(grown, [] if rows.learnable.slides else held)
            _log_reference(candidate, rows, held, run_id, folder)
        log_energy(part, EnergyCost.of(meter.energy))
    names = {ref.id for ref in growth.new}
    fresh = [one for one in held if one.kept.id in names]
    values, found = save_row_terms(
        (candidate, champion), rows.learnable, fresh or [_nothing(rows)], growth.deciding, folder
    )
    log_metrics(run_id, values)
    progress.report_progress("growing", 1, 1)
    return replace(
        before,
        folder=folder / "model",
        rows_known=grown.statistics.n,
        spent=before.spent + spent + EnergyCost.of(meter.energy),
        rows_reread=rows.rows - before.rows_learnt,
        notes=(*before.notes, _note(grown, paths, rows, full)),
        findings=found,
        windows=None,
    )


def _new_gates(
    model: "GreenLightningModel", rows: LearntRows, held: list[HeldBack], run_id: str, folder: Path
) -> "tuple[PathFeatures, EnergyCost]":
    """Train gates on the red rows and some earlier ones; log them and how they settled."""
    from greenlightning.model.growing import GrowthOptions, new_paths

    data, seen = rows.for_gates(held, GrowthOptions())
    with part_run(run_id, Part.STRUCTURE) as part:
        with EnergyMeter() as meter:
            paths = new_paths(model, data.X, data.y, seen=seen)
        spent = EnergyCost.of(meter.energy)
        paths.structure.save(folder / STRUCTURE)
        assert paths.structure.history is not None
        log_settling(part, paths.structure.history)
        log_settling(run_id, paths.structure.history)
        log_energy(part, spent)
        log_structure.fn(part, folder / STRUCTURE)
    return paths, spent


def _without(grown: "GreenLightningModel", held: list[HeldBack]) -> "GreenLightningModel":
    """The grown model without the rows held back, as if it had not learnt them."""
    empty = Statistics.empty(grown.paths, grown.targets)
    aside = sum((grown.collect(one.back.X, one.back.y) for one in held if one.back.rows), empty)
    return replace(grown, statistics=grown.statistics - aside)


def _log_reference(
    candidate: "GreenLightningModel", rows: LearntRows, held: list[HeldBack], run_id: str, folder: Path
) -> None:
    """Log a health reference of all that is learnt, by rows of the holdout and of the red batches held back."""
    from greenlightning.health.reference import HealthReference

    learnt = dict(rows.batches) | {one.kept.id: one.kept for one in held}
    known = joined_batches([batch for batch in learnt.values() if batch.rows])
    apart, origin = rows.apart(held)
    if candidate.targets.task == "regression" or np.isin(apart.y, known.y).any():
        reference = HealthReference.of(candidate, known.X, known.y, apart.X, apart.y, origin)
        log_reference(reference, run_id, folder)


def _nothing(rows: LearntRows) -> HeldBack:
    X, y = rows.learnable.X[:0], rows.learnable.y[:0]
    return HeldBack(Batch(X, y), Batch(X, y), y)


def _note(grown: "GreenLightningModel", paths: "PathFeatures", rows: LearntRows, full: bool) -> str:
    gates, shaped = "-".join(map(str, paths.structure.hidden_layer_sizes)), len(paths.structure.seen)
    read = f"{counted(rows.rows, 'row')} in {counted(len(rows.batches), 'batch')}"
    return (
        f"the structure has grown: {gates} new gates, shaped by {counted(shaped, 'batch')}, "
        f"stand beside the old ones, {grown.paths.n_features_out:,} features in all; {read} "
        f"were read for them{'; gates that were added before gave way to them' if full else ''}"
    )
