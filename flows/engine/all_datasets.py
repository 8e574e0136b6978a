"""A flow for every dataset of the workspace that has a champion: each in turn, one joined outcome."""

from typing import Any

from prefect import Flow, State
from prefect.context import FlowRunContext

from flows.engine.error_messages import is_foreseen
from flows.engine.outcome import Outcome, outcome_of
from greenlightning.errors import InputError
from tasks.core.energy_cost import NO_COST
from tasks.data.batch_index import datasets
from tasks.models import registry
from tasks.scheduling.cost_estimate import combined_plan

WORST = ("red", "amber", "unknown", "green")
FIRST_OF = ("Promoted", "Kept", "Quarantined", "Planned", "Postponed", "Nothing to learn")


def for_each_served(flow: Flow[..., Any]) -> State[Any]:
    """Run the body of ``flow`` with its own parameters for each dataset that has a champion.

    Where some fail, the others are run first, and a failure that a retry may mend is raised before one that it may
    not. Once one is postponed, the rest is left to the later run. InputError for batches without their dataset.
    """
    context = FlowRunContext.get()
    assert context is not None
    given = context.parameters or {}
    served = [dataset for dataset in datasets() if registry.champion(dataset)]
    if given.get("batches") and len(served) > 1:
        raise InputError("Batches are named without their dataset", "Name it with --dataset")
    outcomes: list[Outcome] = []
    failures = []
    for dataset in served:
        try:
            outcomes.append(outcome_of(flow.fn(**{**given, "dataset": dataset})))
        except Exception as error:
            failures.append(error)
        if outcomes and outcomes[-1].state == "Postponed":
            break
    if failures:
        raise min(failures, key=is_foreseen)
    return joined_outcome(outcomes).completed()


def joined_outcome(outcomes: list[Outcome]) -> Outcome:
    """One outcome of several: the state of the most eventful, and what was said of each dataset."""
    if len(outcomes) == 1:
        return outcomes[0]
    if not outcomes:
        reason = "no dataset of this workspace has a champion"
        return Outcome(state="Nothing to learn", dataset="none", reason=reason)
    spent = [one.spent for one in outcomes if one.spent]
    avoided = [one.avoided for one in outcomes if one.avoided]
    return Outcome(
        state=min((one.state for one in outcomes), key=FIRST_OF.index),
        dataset=", ".join(one.dataset for one in outcomes),
        reason="; ".join(f"{one.dataset}: {one.reason}" for one in outcomes),
        promoted=any(one.promoted for one in outcomes),
        learnt={batch: rows for one in outcomes for batch, rows in one.learnt.items()},
        quarantined=tuple(aside for one in outcomes for aside in one.quarantined),
        spent=sum(spent, NO_COST) if spent else None,
        avoided=sum(avoided, NO_COST) if avoided else None,
        notes=tuple(f"{one.dataset}: {note}" for one in outcomes for note in one.notes),
        plan=combined_plan(plans) if (plans := [one.plan for one in outcomes if one.plan]) else None,
        health=min(health, key=WORST.index)
        if (health := [one.health for one in outcomes if one.health])
        else None,
    )
