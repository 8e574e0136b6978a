"""The cost of a retraining, estimated from measured retrainings of the same recipe."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from tasks.core.constants import Kind, Metric, Params, Tag
from tasks.core.energy_cost import NO_COST, EnergyCost
from tasks.core.steps import task
from tasks.energy.from_scratch import from_scratch
from tasks.models import registry
from tasks.tracking.client import connect, experiment_id
from tasks.tracking.run_energy import spent_by

if TYPE_CHECKING:
    from mlflow.entities import Run

RECENT = 50
QUANTITIES = ("seconds", "joules", "gco2e")


class PlannedBatch(BaseModel):
    """A batch that a retraining would learn; a waiting one has not been validated yet."""

    model_config = ConfigDict(frozen=True)

    batch: str
    source: str
    rows: int
    landed_at: str
    waiting: bool = False


class RetrainingPlan(BaseModel):
    """The batches that a retraining would learn, and the estimated cost of it and of training from scratch.

    ``rows`` are those of the batches, before the holdout's are left out; ``avoided`` is scratch less estimated.
    All three are None if there is nothing to learn, or no measurement to estimate them from.
    """

    model_config = ConfigDict(frozen=True)

    batches: tuple[PlannedBatch, ...]
    rows: int
    rows_known: int
    estimated: EnergyCost | None = None
    from_scratch: EnergyCost | None = None
    avoided: EnergyCost | None = None

    @property
    def costs(self) -> dict[str, EnergyCost]:
        """The known estimates, by the words that name them."""
        found = {"would cost": self.estimated, "from scratch": self.from_scratch, "would avoid": self.avoided}
        return {name: cost for name, cost in found.items() if cost}


def combined_plan(plans: Sequence[RetrainingPlan]) -> RetrainingPlan:
    """The plans of several datasets as one; a cost is known if it is known for each dataset with batches."""
    busy = [plan for plan in plans if plan.batches]

    def total(costs: list[EnergyCost | None]) -> EnergyCost | None:
        known = [cost for cost in costs if cost]
        return sum(known, NO_COST) if known and len(known) == len(costs) else None

    return RetrainingPlan(
        batches=tuple(batch for plan in busy for batch in plan.batches),
        rows=sum(plan.rows for plan in busy),
        rows_known=sum(plan.rows_known for plan in busy),
        estimated=total([plan.estimated for plan in busy]),
        from_scratch=total([plan.from_scratch for plan in busy]),
        avoided=total([plan.avoided for plan in busy]),
    )


@dataclass(frozen=True)
class RunCost:
    """Rows that a run touched, and what it spent."""

    rows: int
    spent: EnergyCost


def estimate(history: Sequence[RunCost], rows: int) -> EnergyCost:
    """What touching ``rows`` would cost by a non-empty ``history``, under ``cost = fixed + rate * rows``.

    With two sizes or more: the line by repeated medians (Siegel 1982), neither part negative. With one size alone
    the parts cannot be separated; the median, times ``rows`` over that size where that is above 1, is then the
    most that it can be.
    """
    sources = " + ".join(dict.fromkeys(run.spent.source for run in history))
    sizes = [run.rows for run in history]
    costs = [[getattr(run.spent, name) for run in history] for name in QUANTITIES]
    if len(set(sizes)) == 1:
        seconds, joules, gco2e = (_at_most(values, rows / sizes[0]) for values in costs)
        source = f"estimated:at-most-by-{len(history)}-retraining(s)({sources})"
    else:
        seconds, joules, gco2e = (_on_line(sizes, values, rows) for values in costs)
        source = f"estimated:line-through-{len(history)}-retrainings({sources})"
    return EnergyCost(seconds, joules, gco2e, source)


def _at_most(costs: Sequence[float], growth: float) -> float:
    from statistics import median

    return median(costs) * max(1.0, growth)


def _on_line(sizes: Sequence[int], costs: Sequence[float], rows: int) -> float:
    import numpy as np
    from scipy.stats import siegelslopes

    rate = max(0.0, float(siegelslopes(costs, sizes).slope))
    fixed = max(0.0, float(np.median(np.asarray(costs) - rate * np.asarray(sizes))))
    return fixed + rate * rows


@task(task_run_name="estimate retraining {dataset}", persist_result=False)
def plan_retraining(dataset: str, number: int, batches: Sequence[PlannedBatch], device: str) -> RetrainingPlan:
    """The plan of learning ``batches`` on version ``number``; reads MLflow and opens no data."""
    serving = registry.version(dataset, number)
    rows = sum(batch.rows for batch in batches)
    plan = RetrainingPlan(batches=tuple(batches), rows=rows, rows_known=int(serving.tags[Tag.ROWS]))
    if not batches:
        return plan
    history = measured_runs(dataset, Kind.RETRAIN, serving.tags[Tag.RECIPE_DIGEST], device)
    estimated = estimate(history, rows) if history else None
    scratch = from_scratch(serving.tags, plan.rows_known + rows)
    avoided = scratch.less(estimated) if scratch and estimated else None
    return plan.model_copy(update={"estimated": estimated, "from_scratch": scratch, "avoided": avoided})


def measured_runs(dataset: str, kind: Kind, recipe: str = "", device: str = "cpu") -> list[RunCost]:
    """The newest runs of a kind on a device; where a ``recipe`` is given, under it, and so of the same size."""
    under = f" AND params.`{Params.MODEL}recipe_digest` = '{recipe}'" if recipe else ""
    runs = connect().search_runs(
        [experiment_id(dataset)],
        f"tags.`{Tag.KIND}` = '{kind}' AND attributes.status = 'FINISHED'{under}",
        max_results=RECENT,
        order_by=["attributes.start_time DESC"],
    )
    return [_read(run) for run in runs if _counts(run, device)]


def _counts(run: "Run", device: str) -> bool:
    metrics: dict[str, Any] = run.data.metrics
    on = run.data.params.get(f"{Params.FLOW}device", "cpu")
    return on == device and bool(metrics.get(Metric.ROWS_TOUCHED)) and Metric.JOULES in metrics


def _read(run: "Run") -> RunCost:
    spent = spent_by(run)
    assert spent
    return RunCost(int(run.data.metrics[Metric.ROWS_TOUCHED]), spent)
