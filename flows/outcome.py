"""What a flow run came to: the same for the state, the command line and ``--json``."""

from typing import Any

from prefect import State
from prefect.states import Completed
from pydantic import BaseModel, ConfigDict, Field

from tasks.publishing import Published
from tasks.spending import Spent


class SetAside(BaseModel):
    """A batch that failed validation, and why."""

    batch: str
    source: str
    reasons: tuple[str, ...]


class Outcome(BaseModel):
    """Result of a flow run; ``state`` names how it ended."""

    model_config = ConfigDict(frozen=True)

    state: str
    dataset: str
    reason: str
    version: int | None = None
    promoted: bool = False
    learnt: dict[str, int] = Field(default_factory=dict, description="batch to rows")
    quarantined: tuple[SetAside, ...] = ()
    scores: dict[str, float] = Field(default_factory=dict)
    spent: Spent | None = None
    avoided: Spent | None = None
    notes: tuple[str, ...] = ()
    run_id: str | None = None

    def completed(self) -> State[Any]:
        """The named Prefect state that carries this outcome."""
        aside = f"; {len(self.quarantined)} batch(es) quarantined" if self.quarantined else ""
        return Completed(name=self.state, message=f"{self.reason}{aside}", data=self)


def published(result: Published, **about: Any) -> Outcome:
    """The outcome of a run that registered a version."""
    state = "Promoted" if result.promoted else "Kept"
    return Outcome(state=state, reason=result.reason, version=result.version, promoted=result.promoted, **about)


def outcome_of(state: State[Any]) -> Outcome:
    """What a finished flow run came to; raises what it failed with."""
    outcome: Outcome = state.result()
    return outcome
