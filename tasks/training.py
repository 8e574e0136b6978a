"""The two steps of first training: extract the structure, then learn the base's statistics under it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from prefect import task

from greenlightning.batch import Batch
from greenlightning.defaults import structure_defaults, unless_auto
from greenlightning.energy import EnergyMeter
from greenlightning.ledger import Ledger, LedgerEntry
from greenlightning.settling import EpochRecord
from tasks import progress, tracking
from tasks.health import remember_base
from tasks.holdout import Learnable
from tasks.logged_models import log_structure
from tasks.names import Part
from tasks.pointers import BatchRef
from tasks.settings import Learning
from tasks.spending import Spent

if TYPE_CHECKING:
    from greenlightning.structure import Structure


@dataclass(frozen=True)
class Extracted:
    """A structure on disk, how it settled, and what it took."""

    folder: Path
    digest: str
    epochs: int
    settled: bool
    rows: int
    spent: Spent


@dataclass(frozen=True)
class Learnt:
    """A model on disk, the batches it learnt this time with their rows, and what it took."""

    folder: Path
    rows: dict[str, int]
    rows_known: int
    spent: Spent
    notes: tuple[str, ...] = ()

    @property
    def rows_learnt(self) -> int:
        """Samples learnt this time."""
        return sum(self.rows.values())


@task(task_run_name="extract structure {dataset}", persist_result=False)
def extract_structure(
    dataset: str, base: list[BatchRef], holdout: BatchRef, settings: Learning, run_id: str, folder: Path
) -> Extracted:
    """Train a network on the base until its gates settle, watch it epoch by epoch, keep the gates."""
    from tasks.plots import settling_figure

    whole = joined([Learnable(holdout).open(ref) for ref in base])
    with tracking.part_run(run_id, Part.STRUCTURE) as part:
        structure, spent = settled(whole, settings, tuple(ref.id for ref in base))
        structure.save(folder / "structure")
        assert structure.history is not None
        tracking.log_settling(part, structure.history)
        tracking.log_settling(run_id, structure.history)
        tracking.log_energy(part, **spent.logged())
        for run in (part, run_id):
            tracking.connect().log_figure(run, settling_figure(structure.history), "settling.png")
        log_structure.fn(part, folder / "structure")
    history = structure.history
    return Extracted(folder / "structure", structure.digest, history.epochs, history.settled, whole.rows, spent)


@task(task_run_name="learn base {dataset}", persist_result=False)
def learn_base(
    dataset: str,
    base: list[BatchRef],
    holdout: BatchRef,
    settings: Learning,
    structure: Path,
    run_id: str,
    folder: Path,
) -> Learnt:
    """Freeze a recipe on the base, learn its statistics and choose the ridge strength; save the model."""
    from greenlightning.structure import Structure

    learnable = Learnable(holdout)
    parts = [learnable.open(ref) for ref in base]
    whole = joined(parts)
    entries = {ref.id: LedgerEntry(batch.rows, ref.md5) for batch, ref in zip(parts, base, strict=True)}
    with tracking.part_run(run_id, Part.LINEAR) as part:
        spent = learnt_under(Structure.load(structure), whole, settings, Ledger(entries), folder / "model")
        spent = spent + remember_base(run_id, folder, whole, learnable)
        tracking.log_energy(part, **spent.logged())
    progress.tell("linear training", 1, 1)
    return Learnt(folder / "model", {batch.id: batch.rows for batch in parts}, whole.rows, spent)


def settled(data: Batch, settings: Learning, seen: tuple[str, ...]) -> tuple["Structure", Spent]:
    """Train a network on ``data``, rows of the batches ``seen``, until its gates settle; the gates, the cost."""
    from greenlightning.estimators import GreenLightningClassifier

    epochs = unless_auto("max_epochs", settings.max_epochs, structure_defaults(data.X.shape[1]).max_epochs)

    def on_epoch(record: EpochRecord) -> None:
        progress.tell(f"settling, flip rate {record.flip_rate:.3f}", record.epoch, epochs)

    with EnergyMeter(settings.device) as meter:
        estimator = GreenLightningClassifier(**settings.model_dump())
        structure = estimator.extract_structure(data.X, data.y, seen=seen, on_epoch=on_epoch)
    progress.tell("structure", epochs, epochs)
    return structure, Spent.of(meter.energy)


def learnt_under(structure: "Structure", data: Batch, settings: Learning, ledger: Ledger, folder: Path) -> Spent:
    """Learn ``data``, the rows of ``ledger``, under ``structure`` and save the model into ``folder``; the cost."""
    from greenlightning.estimators import GreenLightningClassifier

    with EnergyMeter(settings.device) as meter:
        estimator = GreenLightningClassifier(**settings.model_dump())
        estimator.fit_structure(structure, data.X, data.y, seen=tuple(ledger.entries))
        replace(estimator.model_, ledger=ledger).save(folder)
    return Spent.of(meter.energy)


def joined(parts: list[Batch]) -> Batch:
    """The rows of several batches as one, in their order."""
    if len(parts) == 1:
        return parts[0]
    return Batch(np.concatenate([part.X for part in parts]), np.concatenate([part.y for part in parts]))
