"""The energy that a run logged: what it spent, what its whole process spent, and what it avoided."""

from typing import TYPE_CHECKING

from tasks.core.constants import Metric, Tag
from tasks.core.energy_cost import EnergyCost
from tasks.tracking.whole_run import SOURCE

if TYPE_CHECKING:
    from mlflow.entities import Run

BY_STRUCTURE = "estimated:structure-phase-energy*rows"
"""The source of what runs of earlier releases avoided: about twice what a network trained beside them cost."""


def spent_by(run: "Run") -> EnergyCost | None:
    """What a run spent on learning, and the source of that figure; None where it logged none."""
    return _cost(run, (Metric.SECONDS, Metric.JOULES, Metric.GCO2E), run.data.tags.get(Tag.ENERGY_SOURCE))


def whole_cost(run: "Run") -> EnergyCost | None:
    """What the whole process of a run spent; None where it logged none."""
    return _cost(run, (Metric.WHOLE_RUN_SECONDS, Metric.WHOLE_RUN_JOULES, Metric.WHOLE_RUN_GCO2E), SOURCE)


def avoided_by(run: "Run") -> EnergyCost | None:
    """What a run avoided, the range and the source of that figure; None where it logged none."""
    names = (Metric.SECONDS_AVOIDED, Metric.JOULES_AVOIDED, Metric.GCO2E_AVOIDED)
    found = _cost(run, names, run.data.tags.get(Tag.ENERGY_AVOIDED_SOURCE))
    if found is None or found.source == BY_STRUCTURE:
        return None
    least, most = (
        run.data.metrics.get(name, found.joules)
        for name in (Metric.JOULES_AVOIDED_LEAST, Metric.JOULES_AVOIDED_MOST)
    )
    within = (least, most) if least < most else None
    return EnergyCost(found.seconds, found.joules, found.gco2e, found.source, within)


def _cost(run: "Run", names: tuple[Metric, Metric, Metric], source: str | None) -> EnergyCost | None:
    if any(name not in run.data.metrics for name in names):
        return None
    seconds, joules, gco2e = (run.data.metrics[name] for name in names)
    return EnergyCost(seconds, joules, gco2e, source or "unknown")
