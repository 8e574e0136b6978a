"""A retraining plan on the terminal."""

from io import StringIO

from rich.console import Console

from flows.console.plan_text import print_plan
from tasks.core.energy_cost import EnergyCost
from tasks.scheduling.cost_estimate import PlannedBatch, RetrainingPlan


def printed(plan: RetrainingPlan) -> str:
    file = StringIO()
    console = Console(width=200, file=file)
    print_plan(plan, console)
    return file.getvalue()


def test_a_plan_has_its_batches_and_its_estimated_costs() -> None:
    batch = PlannedBatch(
        batch="ab" * 8, rows=1200, landed_at="2026-01-31T12:34:56+00:00", source="a.csv", waiting=True
    )
    cost = EnergyCost(1.5, 2.25, 0.1, "estimated:rows")
    text = printed(RetrainingPlan(batches=(batch,), rows=1200, rows_known=0, estimated=cost))
    assert "1,200" in text and "2026-01-31 12:34" in text and "waiting, not validated yet" in text
    assert "would cost about 1.50 s, 2.2 J, 0.1000 g CO2e (estimated:rows)" in text


def test_an_empty_plan_prints_nothing() -> None:
    assert printed(RetrainingPlan(batches=(), rows=0, rows_known=0)) == ""
