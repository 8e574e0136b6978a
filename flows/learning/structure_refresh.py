"""What a red structure leads to: a recommendation, or first a new structure that competes with the old one."""

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import Field

from flows.engine.outcome import Outcome, outcome_of
from flows.engine.runners import Runner
from flows.learning.train import train
from tasks.core.energy_cost import NO_COST
from tasks.core.settings import Deciding, Learning
from tasks.training.health import BatchHealth

OnRed = Annotated[
    Literal["recommend", "train"],
    Field(description="where structure health is red: recommend a new structure, or extract it first"),
]
Anew = Callable[[BatchHealth], tuple[Outcome | None, BatchHealth]]


def refresh_structure(
    dataset: str,
    base: list[str],
    learning: Learning,
    deciding: Deciding,
    allow_new_labels: bool,
    runner: Runner,
    health: BatchHealth,
) -> tuple[Outcome | None, BatchHealth]:
    """Extract a new structure from the batches ``base``; the gate holds it against the old champion.

    The outcome where the new one serves, None where the old one was kept, and the health that says which.
    """
    state = train(dataset, base, learning, deciding, allow_new_labels, runner, return_state=True)
    trained = outcome_of(state)
    if not trained.promoted:
        lost = f"a new structure was extracted, and lost: {trained.reason}"
        return None, health.model_copy(update={"remedy": lost})
    told = health.model_copy(update={"remedy": "a new structure was extracted and serves"})
    spent = (trained.spent or NO_COST) + health.spent
    about = {"notes": (*told.notes, *trained.notes), "health": told.verdict, "spent": spent}
    return trained.model_copy(update=about), told
