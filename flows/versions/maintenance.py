"""Maintenance: prune the statistics of old versions that can be rebuilt, and end the runs of dead processes."""

from collections.abc import Mapping
from typing import Annotated, Any

from prefect import State
from pydantic import Field

from flows.engine.flow_decorator import flow
from flows.engine.outcome import Outcome
from flows.engine.session import session
from flows.inputs.parameters import DatasetName
from tasks.core.constants import Kind, Metric, Params
from tasks.data.batch_index import datasets
from tasks.integrity.growth import bound_growth
from tasks.models.retention import Retained, prune, retained
from tasks.tracking.cleanup import end_dead_runs, sweep_scratch
from tasks.tracking.metrics import log_metrics, log_params


@flow(name="maintenance", flow_run_name="maintenance", persist_result=False)
def maintenance(
    dataset: Annotated[DatasetName | None, Field(description="dataset to clean up; all by default")] = None,
    keep: Annotated[int, Field(ge=1, description="number of newest versions to keep complete")] = 10,
    older_than_days: Annotated[int, Field(ge=0, description="days for which every version is kept complete")] = 7,
    dry_run: Annotated[bool, Field(description="only show what would be pruned")] = False,
) -> State[Any]:
    """Prune the statistics of old versions, end orphaned runs, bound logs and events.

    Champion, previous, challenger and pinned versions are never pruned, nor are those that could not be rebuilt.
    No data is deleted: batches, quarantine and DVC's cache stay.
    """
    chosen = [dataset] if dataset else datasets()
    plans = {name: retained(name, keep, older_than_days) for name in chosen}
    if dry_run:
        return _outcome("Planned", plans, {name: plan.bytes for name, plan in plans.items()}, []).completed()
    notes = [note for name in chosen for note in end_dead_runs(name)] + sweep_scratch() + bound_growth()
    settings = {"keep": keep, "older_than_days": older_than_days}
    freed = {name: _prune(name, plan, settings) for name, plan in plans.items() if plan.prune}
    return _outcome("Maintained" if freed or notes else "Nothing to maintain", plans, freed, notes).completed()


def _prune(dataset: str, plan: Retained, settings: Mapping[str, int]) -> int:
    """Prune in a run of its own; return the number of bytes freed."""
    with session(dataset, Kind.MAINTENANCE, f"maintain {dataset}, {len(plan.prune)} versions") as run:
        log_params(run.run_id, settings, Params.FLOW)
        freed = [prune(dataset, number) for number in plan.prune]
        count = sum(1 for size in freed if size)
        log_metrics(run.run_id, {str(Metric.VERSIONS_PRUNED): count, str(Metric.BYTES_FREED): sum(freed)})
    return sum(freed)


def _outcome(state: str, plans: Mapping[str, Retained], freed: Mapping[str, int], notes: list[str]) -> Outcome:
    verb = "would be pruned" if state == "Planned" else "pruned"
    found = [
        f"{name}: versions {', '.join(map(str, plan.prune))} {verb}" for name, plan in plans.items() if plan.prune
    ]
    held = [
        f"{name} version {number} is kept: {why}"
        for name, plan in plans.items()
        for number, why in plan.kept.items()
    ]
    megabytes = sum(freed.values()) / 1e6
    return Outcome(
        state=state,
        dataset=", ".join(plans) or "none",
        reason=f"{'; '.join(found) or 'no version is old enough to prune'}: {megabytes:.1f} MB",
        notes=(*held, *notes),
        freed=dict(freed),
    )
