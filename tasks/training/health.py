"""Structure health and input drift of new batches, compared with the base of the champion's structure.

The reference is made once, at first training, and every version under the same structure inherits it: no old
batch is opened (``docs/decisions/0016-structure-health.md``).
"""

import shlex
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from greenlightning.data.batch import Batch
from greenlightning.energy.meter import EnergyMeter
from greenlightning.errors import IntegrityError
from greenlightning.tables.encoder import ELAPSED
from tasks.core.constants import Metric, Tag
from tasks.core.energy_cost import NO_COST, EnergyCost
from tasks.core.steps import task
from tasks.data.batch_files import BatchContent, LandedBatch, joined, read_content
from tasks.data.batch_index import BatchRef
from tasks.data.holdout import Learnable
from tasks.data.versioning import checkout
from tasks.models import registry
from tasks.scheduling.growth_plan import plan_growth
from tasks.tracking.client import artifact_uri, connect
from tasks.tracking.metrics import log_metrics
from tasks.validation.row_numbers import numbers_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from greenlightning.health.assessment import StructureHealth
    from greenlightning.health.drift import InputDrift
    from greenlightning.health.reference import HealthReference

REFERENCE = "health_reference"
GREEN, AMBER, RED, UNKNOWN = "green", "amber", "red", "unknown"


class BatchHealth(BaseModel):
    """The structure health of new batches: verdict, reason and remedy; the input drift, and the energy it took."""

    model_config = ConfigDict(frozen=True)

    verdict: str
    reason: str
    remedy: str = ""
    drift: str = ""
    spent: EnergyCost = NO_COST

    @property
    def is_red(self) -> bool:
        """Whether a new structure is recommended."""
        return self.verdict == RED

    @property
    def is_off(self) -> bool:
        """Whether an event is due: amber or red, or a column that drifted."""
        return self.verdict in (AMBER, RED) or bool(self.drift)

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for the reader; none where the structure is green and no column drifted."""
        health = f"structure health {self.reason}" + (f"; {self.remedy}" if self.remedy else "")
        return tuple(note for note in (health if self.verdict != GREEN else "", self.drift) if note)


def save_health_reference(run_id: str, folder: Path, base: Batch, learnable: Learnable) -> EnergyCost:
    """Make the health reference of the model in ``folder/model`` and log it with the run; the energy it took.

    The base is compared with the holdout's rows, which neither structure, recipe nor coefficients ever saw.
    There is no reference if the holdout shares no label with the base.
    """
    from greenlightning.health.reference import HealthReference
    from greenlightning.model import GreenLightningModel

    if learnable.content.task == "classification" and not np.isin(learnable.y, base.y).any():
        return NO_COST
    with EnergyMeter() as meter:
        model = GreenLightningModel.load(folder / "model")
        reference = HealthReference.of(model, base.X, base.y, learnable.X, learnable.y)
        log_reference(reference, run_id, folder)
    return EnergyCost.of(meter.energy)


def log_reference(reference: "HealthReference", run_id: str, folder: Path) -> None:
    """Save a health reference in ``folder`` and log it with the run."""
    reference.save(folder / REFERENCE)
    connect().log_artifacts(run_id, str(folder / REFERENCE), REFERENCE)


def health_reference_of(version: registry.VersionInfo) -> "HealthReference | None":
    """The health reference of a version; None where it has none, or one of another structure.

    Raises IntegrityError where it is corrupt, or missing though the version's tag names it.
    """
    from mlflow.artifacts import download_artifacts, list_artifacts
    from mlflow.exceptions import MlflowException

    from greenlightning.health.observation import gates_digest
    from greenlightning.health.reference import HealthReference

    where = artifact_uri(version.run_id, REFERENCE)
    try:
        if Tag.HEALTH_REFERENCE not in version.tags and not list_artifacts(where):
            return None
        with TemporaryDirectory() as place:
            found = HealthReference.load(Path(download_artifacts(where, dst_path=place)))
        if version.tags.get(Tag.HEALTH_REFERENCE, found.digest) != found.digest:
            raise OSError("it is not the one that was registered")
    except (IntegrityError, MlflowException, OSError) as error:
        raise IntegrityError(
            f"The health reference of {version.dataset} version {version.version} is corrupt",
            f"Restore mlruns/artifacts, or run: greenlightning train --dataset {version.dataset}",
        ) from error
    return found if found.structure == gates_digest(version.structures) else None


def inherit_health_reference(parent: registry.VersionInfo, run_id: str, structures: "Sequence[str]") -> None:
    """Log the health reference of version ``parent`` with the run too, if the ``structures`` are the same.

    A run that has made a reference of its own keeps it.
    """
    from mlflow.artifacts import list_artifacts

    reference, own = health_reference_of(parent), list_artifacts(artifact_uri(run_id, REFERENCE))
    if reference is None or parent.structures != tuple(structures) or own:
        return
    with TemporaryDirectory() as place:
        reference.save(Path(place))
        connect().log_artifacts(run_id, place, REFERENCE)


def health_reference_tag(run_id: str) -> dict[str, str]:
    """The tag that seals the health reference which a run has logged; none where it has none."""
    from mlflow.artifacts import download_artifacts, list_artifacts

    from greenlightning.health.reference import HealthReference

    where = artifact_uri(run_id, REFERENCE)
    if not list_artifacts(where):
        return {}
    with TemporaryDirectory() as place:
        found = HealthReference.load(Path(download_artifacts(where, dst_path=place)))
    return {Tag.HEALTH_REFERENCE: found.digest}


@task(task_run_name="structure health of {serving.dataset} version {serving.version}", persist_result=False)
def assess_batches(serving: registry.VersionInfo, new: list[BatchRef], run_id: str) -> BatchHealth:
    """Compare the ``new`` batches, taken together, with the health reference of ``serving``; log it to the run.

    Opens the new batches only. Unknown where the version was made without a reference.
    """
    reference = health_reference_of(serving)
    if reference is None:
        found = _unknown(serving)
        log_metrics(run_id, {}, {Tag.HEALTH: found.verdict, Tag.HEALTH_REASON: found.reason})
        return found
    content = joined([read_content(checkout(ref)) for ref in new])
    health, drift, names, spent = _compared(serving, reference, content)
    note = drift_note(drift, names, serving.dataset, content)
    found = _verdict(serving, health, note, spent, {ref.id: ref.rows for ref in new})
    values = _log_health(run_id, health, drift, names)
    log_metrics(run_id, values, {Tag.HEALTH: found.verdict, Tag.HEALTH_REASON: found.reason})
    return found


@task(task_run_name="structure health of {serving.dataset} version {serving.version}", persist_result=False)
def assess_landed(serving: registry.VersionInfo, landed: LandedBatch) -> BatchHealth:
    """Compare one batch that has just landed with the health reference of ``serving``; nothing is logged."""
    reference = health_reference_of(serving)
    if reference is None:
        return _unknown(serving)
    health, drift, names, spent = _compared(serving, reference, landed.content)
    note = drift_note(drift, names, serving.dataset, landed.content)
    return _verdict(serving, health, note, spent, {landed.id: landed.rows})


def _compared(
    serving: registry.VersionInfo, reference: "HealthReference", content: BatchContent
) -> "tuple[StructureHealth, InputDrift, Sequence[str], EnergyCost]":
    """Structure health and input drift of some rows, the names of the inputs, and the energy it took."""
    from greenlightning.health.assessment import assess

    with EnergyMeter() as meter:
        model = registry.load_version(serving)
        X = content.inputs(model.encoder)
        health = assess(reference, model, X, content.y)
        drift = reference.bins.drift(X)
    names = model.encoder.feature_names_out if model.encoder else content.features
    return health, drift, names, EnergyCost.of(meter.energy)


def _verdict(
    serving: registry.VersionInfo, health: "StructureHealth", drift: str, spent: EnergyCost, new: Mapping[str, int]
) -> BatchHealth:
    """The verdict on ``new`` batches, given with their rows; where it is red, with what helps and its cost."""
    remedy, dataset = "", serving.dataset
    if health.verdict == RED:
        remedy = (
            f"extract a new structure with: greenlightning train --dataset {dataset}, or grow the old one with: "
            f"greenlightning retrain --dataset {dataset} --on-red grow ({plan_growth.fn(serving, list(new), new)})"
        )
    return BatchHealth(verdict=str(health.verdict), reason=health.reason, remedy=remedy, drift=drift, spent=spent)


def _unknown(serving: registry.VersionInfo) -> BatchHealth:
    return BatchHealth(
        verdict=UNKNOWN,
        reason=f"unknown: version {serving.version} has no reference of its base",
        remedy=f"greenlightning train --dataset {serving.dataset} makes one",
    )


def _log_health(
    run_id: str, health: "StructureHealth", drift: "InputDrift", names: "Sequence[str]"
) -> dict[str, float]:
    """Log the figure and the numbers as artifacts; return the metrics that go with them."""
    from tasks.figures.health_figure import health_figure

    client = connect()
    values = {found.name: found.value for found in health.statistics}
    values |= {str(Metric.INPUT_DRIFT): drift.largest, str(Metric.DRIFTED_FEATURES): drift.share}
    if health.deciding:
        values[str(Metric.HEALTH)] = (GREEN, AMBER, RED).index(health.verdict)
        client.log_text(run_id, health_figure(health), "health.svg")
    client.log_dict(run_id, health.to_dict() | {"input_drift": drift.to_dict(names)}, "health.json")
    client.log_dict(run_id, drift.table(names), "input_drift.json")
    return values


def drift_note(drift: "InputDrift", names: "Sequence[str]", dataset: str, content: BatchContent) -> str:
    """One line about the columns of some rows that drifted; empty where none did."""
    worst = drift.worst(names)
    if not worst:
        return ""
    shown = ", ".join(f"{name} (PSI {psi:.2f})" for name, psi in worst.items())
    dates = [name.removesuffix(f" {ELAPSED}") for name in worst if name.endswith(f" {ELAPSED}")]
    remedies = [("says when a row happened", "--time", name) for name in dates]
    remedies += [("names a row", "--id", name) for name in worst if _numbers_rows(content, name)]
    return (
        f"input drift: {int(drift.drifted.sum())} of {len(names)} encoded columns moved, most {shown}"
        + "".join(
            f"; if {name!r} only {what}, declare that for the next train: "
            f"greenlightning schema --dataset {dataset} {option} {shlex.quote(name)}"
            for what, option, name in remedies
        )
    )


def _numbers_rows(content: BatchContent, name: str) -> bool:
    frame = content.frame
    return name in frame and frame[name].dtype.kind == "f" and numbers_rows(name, frame[name].to_numpy())
