"""The outcome of a flow run, shown alike as Prefect state, on the command line and as ``--json``."""

from typing import Any

from prefect import State
from prefect.states import Completed
from pydantic import BaseModel, ConfigDict, Field

from greenlightning.evaluation.prequential import Prequential
from tasks.core.energy_cost import EnergyCost
from tasks.data.events import PROMOTED, QUARANTINED, RED, emit_news
from tasks.promotion.candidate import Candidate
from tasks.quarantine.records import QuarantinedBatch
from tasks.scheduling.cost_estimate import RetrainingPlan


class Outcome(BaseModel):
    """Result of a flow run; ``state`` names how it ended."""

    model_config = ConfigDict(frozen=True)

    state: str
    dataset: str
    reason: str
    version: int | None = None
    left: int | None = Field(None, description="the version that served before somebody chose another")
    promoted: bool = False
    learnt: dict[str, int] = Field(default_factory=dict, description="batch to rows")
    quarantined: tuple[QuarantinedBatch, ...] = ()
    scores: dict[str, float] = Field(default_factory=dict)
    predicted: Prequential | None = Field(None, description="the champion on the new rows before they were learnt")
    prequential: Prequential | None = Field(None, description="the same for the whole stream so far")
    spent: EnergyCost | None = None
    avoided: EnergyCost | None = None
    whole: EnergyCost | None = Field(None, description="of the whole process so far, learning or not")
    refused: tuple[str, ...] = Field((), description="files that cannot be used, with the cause")
    notes: tuple[str, ...] = ()
    plan: RetrainingPlan | None = None
    freed: dict[str, int] = Field(default_factory=dict, description="dataset to bytes")
    run_id: str | None = None
    health: str | None = Field(None, description="of the structure: green, amber, red or unknown")

    @property
    def ending(self) -> str:
        """The state, and the version if there is one, in a few words."""
        before = f" instead of version {self.left}" if self.left else ""
        return f"{self.state.lower()}, version {self.version}{before}" if self.version else self.state.lower()

    @property
    def work(self) -> str:
        """What the joules were spent on."""
        return "predicting" if self.state == "Scored" else "learning and evaluating"

    def completed(self) -> State[Any]:
        """The Prefect state that is named after ``state`` and carries this outcome."""
        quarantined = f"; {len(self.quarantined)} batch(es) quarantined" if self.quarantined else ""
        return Completed(name=self.state, message=f"{self.reason}{quarantined}", data=self)


def published_outcome(candidate: Candidate, version: int) -> Outcome:
    """The outcome of a run whose candidate became the version of that number."""
    promoted = candidate.decision.promote
    return Outcome(
        state="Promoted" if promoted else "Kept",
        dataset=candidate.dataset,
        reason=candidate.decision.reason,
        version=version,
        promoted=promoted,
        learnt=candidate.trained.rows,
        quarantined=candidate.quarantined,
        scores=candidate.evaluated.scores,
        predicted=Prequential.of(candidate.trained.predicted) if candidate.trained.predicted else None,
        prequential=candidate.prequential if candidate.prequential.rows else None,
        spent=candidate.spent,
        avoided=candidate.avoided,
        notes=candidate.notes,
        run_id=candidate.run_id,
        health=candidate.health.verdict if candidate.health else None,
    )


def tell(outcome: Outcome) -> None:
    """Emit what people are notified of: a version serves, batches are quarantined, health is red."""
    about = {
        PROMOTED: (outcome.promoted, f"version {outcome.version} serves", outcome.reason),
        QUARANTINED: (
            bool(outcome.quarantined),
            "quarantined",
            "; ".join(f"{one.source}: {'; '.join(one.reasons)}" for one in outcome.quarantined),
        ),
        RED: (outcome.health == "red", "structure health is red", "; ".join(outcome.notes) or outcome.reason),
    }
    for event, (happened, what, text) in about.items():
        if happened:
            emit_news(event, outcome.dataset, f"{outcome.dataset}: {what}", text)


def outcome_of(state: State[Any]) -> Outcome:
    """The outcome of a finished flow run; raises the error of a failed one."""
    outcome: Outcome = state.result()
    return outcome
