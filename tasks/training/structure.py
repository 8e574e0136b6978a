"""The two steps of first training: extract the structure, then learn the base's statistics under it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from greenlightning.data.batch import Batch
from greenlightning.data.ledger import Ledger
from greenlightning.energy.meter import EnergyMeter
from greenlightning.errors import InputError
from greenlightning.evaluation.prequential import BatchScore
from greenlightning.structure.defaults import structure_defaults, unless_auto
from greenlightning.structure.settling import SettlingRule
from greenlightning.tables import TableEncoder, TableSchema, in_form_of
from tasks.core import progress
from tasks.core.constants import Part
from tasks.core.energy_cost import EnergyCost
from tasks.core.settings import Learning
from tasks.core.steps import task
from tasks.data.batch_files import joined, read_content
from tasks.data.batch_index import BatchRef
from tasks.data.holdout import Learnable, left_out_note
from tasks.data.schemas import agreed_encoder, schema_of
from tasks.data.versioning import checkout
from tasks.energy.from_scratch import NetworkRate
from tasks.energy.network_rate import import_training, measure_network
from tasks.models.class_weights import of_labels
from tasks.models.logged_models import log_structure
from tasks.orchestration.schema_artifact import publish_schema
from tasks.orchestration.settling_watch import SettlingWatch, settling_artifact
from tasks.tracking.client import connect
from tasks.tracking.metrics import log_energy, log_settling
from tasks.tracking.runs import part_run
from tasks.training.health import save_health_reference

if TYPE_CHECKING:
    from greenlightning.estimators import GreenLightningClassifier, GreenLightningRegressor
    from greenlightning.structure.gates import Structure

VALIDATED = {"classification": "accuracy", "regression": "R²"}
"""What the validation rows measure after each epoch."""


@dataclass(frozen=True)
class ExtractedStructure:
    """A saved structure, its rows, its cost, and what a conventional network spends on a row in an epoch."""

    folder: Path
    rows: int
    network: NetworkRate
    spent: EnergyCost


@dataclass(frozen=True)
class TrainingResult:
    """A saved model, the rows of each batch that this run added or subtracted, and the energy it took.

    ``predicted`` holds the champion's scores on each new batch before it was learnt, and ``released`` the batches
    that left the window, each with the window; ``windows`` is the folder of the windows kept side by side.
    """

    folder: Path
    rows: dict[str, int]
    rows_known: int
    spent: EnergyCost
    notes: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    rows_forgotten: int = 0
    rows_reread: int = 0
    predicted: tuple[BatchScore, ...] = ()
    released: dict[str, str] = field(default_factory=dict)
    windows: Path | None = None

    @property
    def rows_learnt(self) -> int:
        """Rows that this run added to the model."""
        return sum(self.rows.values())

    @property
    def rows_touched(self) -> int:
        """Rows that this run read, to learn or to forget them, or to grow."""
        return self.rows_learnt + self.rows_forgotten + self.rows_reread


@task(task_run_name="extract structure {dataset}", persist_result=False)
def extract_structure(
    dataset: str, base: list[BatchRef], holdout: BatchRef, settings: Learning, run_id: str, folder: Path
) -> ExtractedStructure:
    """Train a network on the base until its gates settle; log each epoch and save the gates."""
    from tasks.figures.training_figures import settling_figure

    schema = schema_of(dataset)
    encoder, parts = read_base(Learnable(holdout, schema=schema), base, schema)
    assert encoder is not None
    publish_schema(dataset, schema, run_id)
    whole = joined_batches(parts)
    with part_run(run_id, Part.STRUCTURE) as part:
        with settling_artifact(dataset):
            structure, spent = train_structure(whole, settings, tuple(ref.id for ref in base), encoder)
        structure.save(folder / "structure")
        encoder.save(folder / "structure")
        assert structure.history is not None
        log_settling(part, structure.history)
        log_settling(run_id, structure.history)
        log_energy(part, spent)
        for run in (part, run_id):
            connect().log_figure(run, settling_figure(structure.history), "settling.png")
        log_structure.fn(part, folder / "structure")
    network = measure_network(whole.X, whole.y, structure.hidden_layer_sizes, encoder.schema.task)
    return ExtractedStructure(folder / "structure", whole.rows, network, spent)


@task(task_run_name="learn base {dataset}", persist_result=False)
def learn_base(
    dataset: str,
    base: list[BatchRef],
    holdout: BatchRef,
    settings: Learning,
    structure: Path,
    run_id: str,
    folder: Path,
) -> TrainingResult:
    """Freeze a recipe on the base, learn its statistics and choose the ridge strength; save the model."""
    from greenlightning.structure.gates import Structure

    encoder = TableEncoder.load(structure)
    learnable = Learnable(holdout, encoder)
    parts = [learnable.open(ref) for ref in base]
    whole = joined_batches(parts)
    entries = {ref.id: learnable.entry(ref, batch.rows) for batch, ref in zip(parts, base, strict=True)}
    with part_run(run_id, Part.LINEAR) as part:
        frozen = (Structure.load(structure), encoder)
        spent = train_linear(frozen, whole, settings, Ledger(entries), folder / "model")
        spent = spent + save_health_reference(run_id, folder, whole, learnable)
        log_energy(part, spent)
    progress.report_progress("linear training", 1, 1)
    notes = left_out_note(sum(ref.rows for ref in base) - whole.rows - holdout.rows)
    return TrainingResult(folder / "model", {batch.id: batch.rows for batch in parts}, whole.rows, spent, notes)


def read_base(
    learnable: Learnable, base: list[BatchRef], schema: TableSchema | None
) -> tuple[TableEncoder | None, list[Batch]]:
    """Read the base once: the encoder of a schema frozen on the rows that may be learnt, and these rows encoded.

    Where sites agreed on an encoder, it is that one. Without a schema, as in version 0.1, there is none.
    """
    contents, encoder = [learnable.free(read_content(checkout(ref)), ref.id) for ref in base], None
    if schema:
        frame = in_form_of(joined(contents).frame, schema)
        agreed = agreed_encoder(base[0].dataset, schema)
        encoder = agreed or TableEncoder.fit(frame, schema, seen=tuple(ref.id for ref in base))
    return encoder, [Batch(one.inputs(encoder), one.y, ref.id) for one, ref in zip(contents, base, strict=True)]


def train_structure(
    data: Batch, settings: Learning, seen: tuple[str, ...], encoder: TableEncoder | None
) -> tuple["Structure", EnergyCost]:
    """Train a network on ``data``, rows of the batches ``seen``, until its gates settle; return gates and cost."""
    from greenlightning.structure.extraction import share_unit

    defaults = structure_defaults(data.X.shape[1], data.rows, one_unit=share_unit(data.X))
    epochs = unless_auto("max_epochs", settings.max_epochs, defaults.max_epochs)
    rule = SettlingRule(settings.settle_tolerance, settings.patience)
    estimator = estimator_for(encoder, settings)
    import_training()
    with EnergyMeter(settings.device) as meter:
        watch = SettlingWatch(rule, epochs, lambda: meter.energy.joules, VALIDATED[estimator.task])
        structure = estimator.extract_structure(data.X, data.y, seen=seen, encoder=encoder, on_epoch=watch.look)
    return structure, EnergyCost.of(meter.energy)


def train_linear(
    frozen: "tuple[Structure, TableEncoder | None]", data: Batch, settings: Learning, ledger: Ledger, folder: Path
) -> EnergyCost:
    """Learn ``data``, the rows of ``ledger``, under structure and encoder; save the model, and return the cost."""
    structure, encoder = frozen
    with EnergyMeter(settings.device) as meter:
        estimator = estimator_for(encoder, settings, np.unique(data.y).tolist())
        estimator.fit_structure(structure, data.X, data.y, seen=tuple(ledger.entries), encoder=encoder)
        replace(estimator.model_, ledger=ledger).save(folder)
    return EnergyCost.of(meter.energy)


def estimator_for(
    encoder: TableEncoder | None, settings: Learning, labels: Sequence[Any] = ()
) -> "GreenLightningClassifier | GreenLightningRegressor":
    """The estimator of the task that an encoder's schema names; without one, as in version 0.1, a classifier.

    It weighs the classes where their ``labels`` are given.
    """
    from greenlightning.estimators import GreenLightningClassifier, GreenLightningRegressor

    parameters, asked = settings.model_dump(exclude={"class_weight"}), settings.class_weight
    if encoder and encoder.schema.task == "regression":
        if asked not in ("keep", "none"):
            raise InputError("Class weights for real targets", "Leave --class-weight out")
        return GreenLightningRegressor(**parameters)
    weights: Any = of_labels(asked, labels) if labels else None
    return GreenLightningClassifier(**parameters, class_weight=weights)


def joined_batches(parts: list[Batch]) -> Batch:
    """The rows of several batches as one, in their order."""
    if len(parts) == 1:
        return parts[0]
    return Batch(np.concatenate([part.X for part in parts]), np.concatenate([part.y for part in parts]))
