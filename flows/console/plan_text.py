"""A retraining plan on the terminal."""

from rich.console import Console
from rich.table import Table

from tasks.scheduling.cost_estimate import RetrainingPlan


def print_plan(plan: RetrainingPlan, out: Console) -> None:
    """Print the batches of a plan, and the estimated costs of learning them and of training from scratch."""
    if not plan.batches:
        return
    table = Table("batch", "rows", "landed", "source", "", box=None)
    for batch in plan.batches:
        waits = "waiting, not validated yet" if batch.waiting else ""
        table.add_row(batch.batch, f"{batch.rows:,}", batch.landed_at[:16].replace("T", " "), batch.source, waits)
    out.print(table)
    for name, spent in plan.costs.items():
        about = f"{spent.seconds:.2f} s, {spent.joules:.1f} J, {spent.gco2e:.4f} g CO2e ({spent.known})"
        out.print(f"  {name} about {about}", highlight=False, soft_wrap=True)
