"""The batches that a retraining learns: named ones, those landed in a window, or all new ones; and its plan."""

from flows.engine.admission import chosen_batches
from flows.engine.outcome import Outcome
from flows.inputs.selection import Selection
from greenlightning.data.counted import counted
from tasks.data.batch_files import LandedBatch, waiting
from tasks.data.batch_index import BatchRef
from tasks.growing.red_batches import red_batches
from tasks.models.version_info import VersionInfo
from tasks.promotion.publishing import kept_out
from tasks.scheduling.cost_estimate import PlannedBatch, plan_retraining
from tasks.scheduling.growth_plan import plan_growth

UNKNOWN = "the cost is unknown: no retraining with this recipe was measured on this device yet"


def selected_batches(serving: VersionInfo, requested: Selection) -> list[BatchRef]:
    """The requested batches that ``serving`` has not learnt, in the order of event time.

    Batches that were forgotten, left the window, were held back by a rollback or kept out by the gate are included
    only by name.
    """
    fresh = [ref for ref in chosen_batches(serving.dataset, requested.batches) if ref.id not in serving.batches]
    refused = set() if requested.batches else kept_out(serving)
    found = [ref for ref in fresh if ref.id not in refused and requested.includes(ref.landed_at)]
    return sorted(found, key=lambda ref: (ref.happened, ref.id))


def planned_outcome(serving: VersionInfo, requested: Selection, device: str, *, growing: bool = False) -> Outcome:
    """The plan of a retraining as an outcome, and of ``growing``; nothing is validated, registered or logged."""
    versioned = selected_batches(serving, requested)
    known = {*serving.batches, *serving.forgotten, *serving.held_back, *serving.aged}
    found = [] if requested.batches else waiting(serving.dataset)
    waits = [one for one in found if one.id not in known and requested.includes(one.landed_at)]
    batches = [_planned(ref, False) for ref in versioned] + [_planned(one, True) for one in waits]
    plan = plan_retraining(serving.dataset, serving.version, batches, device)
    count = counted(len(batches), "batch")
    reason = f"{count} of {counted(plan.rows, 'row')} would be learnt on version {serving.version}"
    unknown: tuple[str, ...] = (UNKNOWN,) if batches and not plan.estimated else ()
    unknown += _growth_note(serving, batches) if growing else ()
    return Outcome(
        state="Planned",
        dataset=serving.dataset,
        reason=reason if batches else "there is nothing to learn",
        plan=plan,
        notes=unknown if requested.batches else (*unknown, *left_out(serving)),
    )


def _growth_note(serving: VersionInfo, new: list[PlannedBatch]) -> tuple[str, ...]:
    """What growing would read and cost, if the ``new`` batches turn health red or earlier ones have."""
    sizes = {one.batch: one.rows for one in new}
    red = red_batches(serving, list(sizes))
    return (f"where health is red the structure grows: {plan_growth(serving, red, sizes)}",) if red else ()


def _planned(one: BatchRef | LandedBatch, waits: bool) -> PlannedBatch:
    return PlannedBatch(batch=one.id, source=one.source, rows=one.rows, landed_at=one.landed_at, waiting=waits)


def left_out(serving: VersionInfo) -> tuple[str, ...]:
    """A note on each batch that a rollback holds back."""
    return tuple(
        f"batch {batch} is held back since a rollback left version {left}; "
        f"learn it with: greenlightning retrain --dataset {serving.dataset} --batch {batch}"
        for batch, left in sorted(serving.held_back.items())
    )
