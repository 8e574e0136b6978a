"""The energy that a run logged: what it spent, and what it avoided."""

from typing import TYPE_CHECKING

from tasks.core.constants import Metric, Tag
from tasks.core.energy_cost import EnergyCost

if TYPE_CHECKING:
    from mlflow.entities import Run


def spent_by(run: "Run") -> EnergyCost | None:
    """What a run spent, and the source of that figure; None where it logged none."""
    return _cost(run, (Metric.SECONDS, Metric.JOULES, Metric.GCO2E), Tag.ENERGY_SOURCE)


def avoided_by(run: "Run") -> EnergyCost | None:
    """What a run avoided, and the source of that figure; None where it logged none."""
    names = (Metric.SECONDS_AVOIDED, Metric.JOULES_AVOIDED, Metric.GCO2E_AVOIDED)
    return _cost(run, names, Tag.ENERGY_AVOIDED_SOURCE)


def _cost(run: "Run", names: tuple[Metric, Metric, Metric], source: Tag) -> EnergyCost | None:
    if any(name not in run.data.metrics for name in names):
        return None
    seconds, joules, gco2e = (run.data.metrics[name] for name in names)
    return EnergyCost(seconds, joules, gco2e, run.data.tags.get(source, "unknown"))
