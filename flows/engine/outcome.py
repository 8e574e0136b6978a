"""What a flow run came to: the same for the state, the command line and ``--json``."""

from typing import Any

from prefect import State
from prefect.exceptions import ParameterTypeError
from prefect.states import Completed
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from greenlightning.errors import InputError
from tasks.core.energy_cost import EnergyCost
from tasks.promotion.publishing import Published
from tasks.scheduling.cost_estimate import RetrainingPlan


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
    spent: EnergyCost | None = None
    avoided: EnergyCost | None = None
    notes: tuple[str, ...] = ()
    plan: RetrainingPlan | None = None
    freed: dict[str, int] = Field(default_factory=dict, description="dataset to bytes")
    run_id: str | None = None
    health: str | None = Field(None, description="of the structure: green, amber, red or unknown")

    @property
    def ending(self) -> str:
        """How it ended in a few words: the state, and the version if there is one."""
        return f"{self.state.lower()}, version {self.version}" if self.version else self.state.lower()

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


def as_input_error(error: Exception) -> Exception:
    """What pydantic or Prefect says of a parameter as an InputError; any other error as it is."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return _refused(str(first["loc"][0]), first["msg"])
    if isinstance(error, ParameterTypeError):
        name, _, fault = str(error).splitlines()[1].removeprefix(" - ").partition(": ")
        return _refused(name, fault)
    return error


def _refused(parameter: str, fault: str) -> InputError:
    """``fault`` is pydantic's own message, or "Value error, " before one of ours."""
    cause, _, remedy = fault.removeprefix("Value error, ").partition(". ")
    if cause == fault:
        cause, remedy = f"Parameter {parameter}: {fault}", "See --help for what it takes"
    return InputError(cause, remedy.rstrip("."))
