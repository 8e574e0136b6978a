"""Every dataset that has a champion, and one joined outcome of a run that covers several."""

from flows.engine.outcome import Outcome
from tasks.core.energy_cost import NO_COST
from tasks.data.batch_index import datasets
from tasks.models import registry
from tasks.scheduling.cost_estimate import combined_plan

WORST_FIRST = ("red", "amber", "unknown", "green")
MOST_EVENTFUL_FIRST = ("Promoted", "Kept", "Quarantined", "Planned", "Postponed", "Waiting", "Nothing to learn")


def served_datasets() -> list[str]:
    """The datasets of the workspace that have a champion."""
    return [dataset for dataset in datasets() if registry.champion(dataset)]


def joined_outcome(outcomes: list[Outcome]) -> Outcome:
    """One outcome of several: the most eventful state, the worst health, all reasons, sums of rows and energy."""
    if len(outcomes) == 1:
        return outcomes[0]
    if not outcomes:
        reason = "no dataset of this workspace has a champion"
        return Outcome(state="Nothing to learn", dataset="none", reason=reason)
    spent = [one.spent for one in outcomes if one.spent]
    avoided = [one.avoided for one in outcomes if one.avoided]
    plans = [one.plan for one in outcomes if one.plan]
    health = [one.health for one in outcomes if one.health]
    return Outcome(
        state=min((one.state for one in outcomes), key=MOST_EVENTFUL_FIRST.index),
        dataset=", ".join(one.dataset for one in outcomes),
        reason="; ".join(f"{one.dataset}: {one.reason}" for one in outcomes),
        promoted=any(one.promoted for one in outcomes),
        learnt={batch: rows for one in outcomes for batch, rows in one.learnt.items()},
        quarantined=tuple(batch for one in outcomes for batch in one.quarantined),
        spent=sum(spent, NO_COST) if spent else None,
        avoided=sum(avoided, NO_COST) if avoided else None,
        notes=tuple(f"{one.dataset}: {note}" for one in outcomes for note in one.notes),
        plan=combined_plan(plans) if plans else None,
        health=min(health, key=WORST_FIRST.index) if health else None,
    )
