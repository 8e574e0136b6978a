"""Structure health and input drift of new batches, held against the base that the champion's structure comes from.

The reference is made once, at first training, and handed on with every version under the same structure: no old
batch is opened (``docs/decisions/0016-structure-health.md``).
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from prefect import task
from pydantic import BaseModel, ConfigDict

from greenlightning.data.batch import Batch
from greenlightning.energy.meter import EnergyMeter
from greenlightning.errors import IntegrityError
from tasks.core.constants import Metric, Tag
from tasks.core.energy_cost import NO_COST, EnergyCost
from tasks.data.batch_index import BatchRef
from tasks.data.holdout import Learnable
from tasks.data.ingestion import feature_names, load_batch
from tasks.data.versioning import checkout
from tasks.models import registry
from tasks.tracking.client import artifact_uri, connect
from tasks.tracking.metrics import log_metrics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from greenlightning.health.assessment import StructureHealth
    from greenlightning.health.drift import InputDrift
    from greenlightning.health.reference import HealthReference

REFERENCE = "health_reference"
GREEN, AMBER, RED, UNKNOWN = "green", "amber", "red", "unknown"


class BatchHealth(BaseModel):
    """What structure health says of new batches: the verdict, why, the input drift beside it, what it took."""

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
        """Whether there is something to tell the world: amber or red, or a column that drifted."""
        return self.verdict in (AMBER, RED) or bool(self.drift)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must be told: nothing where all is green and no column drifted."""
        said = f"structure health {self.reason}" + (f"; {self.remedy}" if self.remedy else "")
        return tuple(note for note in (said if self.verdict != GREEN else "", self.drift) if note)


def save_health_reference(run_id: str, folder: Path, base: Batch, learnable: Learnable) -> EnergyCost:
    """Make the health reference of the model in ``folder/model`` and keep it with the run; what it took.

    The base is held against the holdout's rows, which neither structure, recipe nor coefficients ever saw. A
    holdout that shares no label with the base gives no reference.
    """
    from greenlightning.health.reference import HealthReference
    from greenlightning.model import GreenLightningModel

    if not np.isin(learnable.y, base.y).any():
        return NO_COST
    with EnergyMeter() as meter:
        model = GreenLightningModel.load(folder / "model")
        reference = HealthReference.of(model, base.X, base.y, learnable.X, learnable.y)
        reference.save(folder / REFERENCE)
    connect().log_artifacts(run_id, str(folder / REFERENCE), REFERENCE)
    return EnergyCost.of(meter.energy)


def health_reference_of(version: registry.VersionInfo) -> "HealthReference | None":
    """The health reference that a version was given; None where it has none, or one of another structure.

    Raises IntegrityError where it is torn.
    """
    from mlflow.artifacts import download_artifacts, list_artifacts
    from mlflow.exceptions import MlflowException

    from greenlightning.health.reference import HealthReference

    where = artifact_uri(version.run_id, REFERENCE)
    try:
        if not list_artifacts(where):
            return None
        with TemporaryDirectory() as place:
            found = HealthReference.load(Path(download_artifacts(where, dst_path=place)))
    except (IntegrityError, MlflowException, OSError) as error:
        raise IntegrityError(
            f"The health reference of {version.dataset} version {version.version} is torn",
            f"Restore mlruns/artifacts, or run: greenlightning train --dataset {version.dataset}",
        ) from error
    return found if found.structure == version.tags.get(Tag.STRUCTURE_DIGEST) else None


def inherit_health_reference(parent: registry.VersionInfo, run_id: str, structure: str) -> None:
    """Give the run ``run_id`` the reference of version ``parent``, if its model has the same ``structure``."""
    reference = health_reference_of(parent)
    if reference is None or reference.structure != structure:
        return
    with TemporaryDirectory() as place:
        reference.save(Path(place))
        connect().log_artifacts(run_id, place, REFERENCE)


@task(task_run_name="structure health of {serving.dataset} version {serving.version}", persist_result=False)
def assess_batches(serving: registry.VersionInfo, new: list[BatchRef], run_id: str | None = None) -> BatchHealth:
    """Hold the ``new`` batches, taken together, against the reference of ``serving``; log it to the run if given.

    Opens the new batches only. Unknown where the version was made without a reference.
    """
    from greenlightning.health.assessment import assess

    reference, anew = health_reference_of(serving), f"greenlightning train --dataset {serving.dataset}"
    if reference is None:
        reason = f"unknown: version {serving.version} has no reference of its base"
        remedy = f"{anew} makes one"
        found = BatchHealth(verdict=UNKNOWN, reason=reason, remedy=remedy)
    else:
        paths = [checkout(ref) for ref in new]
        inputs, labels = zip(*(load_batch(path) for path in paths), strict=True)
        X, y, names = np.concatenate(inputs), np.concatenate(labels), feature_names(paths[0])
        with EnergyMeter() as meter:
            health = assess(reference, registry.load_version(serving), X, y)
            drift = reference.bins.drift(X)
        found = BatchHealth(
            verdict=str(health.verdict),
            reason=health.reason,
            remedy=f"extract a new structure with: {anew}" if health.verdict == RED else "",
            drift=_told(drift, names),
            spent=EnergyCost.of(meter.energy),
        )
    if run_id:
        values = _shown(run_id, health, drift, names) if reference else {}
        log_metrics(run_id, values, {Tag.HEALTH: found.verdict, Tag.HEALTH_REASON: found.reason})
    return found


def _shown(
    run_id: str, health: "StructureHealth", drift: "InputDrift", names: "Sequence[str]"
) -> dict[str, float]:
    """Log picture and numbers as artifacts; the metrics that go with them."""
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


def _told(drift: "InputDrift", names: "Sequence[str]") -> str:
    """One line on the columns that drifted; empty where none did."""
    worst = drift.worst(names)
    if not worst:
        return ""
    shown = ", ".join(f"{name} (PSI {psi:.2f})" for name, psi in worst.items())
    return f"input drift: {int(drift.drifted.sum())} of {len(names)} columns moved, most {shown}"
