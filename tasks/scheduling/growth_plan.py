"""What growing a structure would read and cost, before it begins."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from greenlightning.data.counted import counted
from tasks.core.constants import Kind, Tag
from tasks.core.energy_cost import EnergyCost
from tasks.core.steps import task
from tasks.data.batch_index import batches
from tasks.models.version_info import VersionInfo
from tasks.scheduling.cost_estimate import estimate, measured_runs
from tasks.scheduling.training_rate import training_rate

PRIOR = "estimated:at-most-by-structure-phase-energy*rows"


class GrowthPlan(BaseModel):
    """The rows that growing would read and those that would train new gates, and an estimate of its cost."""

    model_config = ConfigDict(frozen=True)

    rows: int
    rows_for_gates: int
    batches: int
    estimated: EnergyCost | None = None

    def __str__(self) -> str:
        """One line: what is read, what trains the gates, and what both cost."""
        what = (
            f"{counted(self.rows, 'row')} in {counted(self.batches, 'batch')} would be read again, "
            f"{self.rows_for_gates:,} of them to train new gates"
        )
        if self.estimated is None:
            return f"{what}; the cost is unknown"
        cost = self.estimated
        return f"{what}; about {_rounded(cost.seconds)} s, {_rounded(cost.joules)} J ({cost.known})"


def _rounded(number: float) -> str:
    """Two digits, without an exponent."""
    digits = float(f"{number:.2g}")
    return f"{digits:,.0f}" if abs(digits) >= 10 else f"{digits:g}"


@task(task_run_name="plan the growth of {serving.dataset}", persist_result=False)
def plan_growth(serving: VersionInfo, red: Sequence[str], new: Mapping[str, int]) -> GrowthPlan:
    """The plan of growing the structure of ``serving`` for ``red`` batches, with the rows of ``new`` ones.

    Estimated by the dataset's own growths where there are some, else by what the structure phase spent on a row:
    to read a row costs less. No data is opened.
    """
    from greenlightning.model.growing import GrowthOptions

    sizes = {ref.id: ref.rows for ref in batches(serving.dataset)} | dict(new)
    asking = sum(sizes.get(name, 0) for name in red)
    total = int(serving.tags[Tag.ROWS]) + sum(rows for name, rows in new.items() if name not in serving.batches)
    for_gates = asking + GrowthOptions().earlier_rows(asking, max(total - asking, 0))
    history, a_row = measured_runs(serving.dataset, Kind.GROW), training_rate(serving.tags)
    estimated = estimate(history, total) if history else None
    if not history and a_row.seconds:
        most = a_row * (total + for_gates)
        estimated = EnergyCost(most.seconds, most.joules, most.gco2e, PRIOR)
    count = len({*serving.batches, *new})
    return GrowthPlan(rows=total, rows_for_gates=for_gates, batches=count, estimated=estimated)
