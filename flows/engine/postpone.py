"""A run that may wait makes a run of its deployment at the greener hour and ends: no worker is held meanwhile."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from httpx import HTTPError
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext
from prefect.exceptions import PrefectException
from prefect.states import Scheduled
from pydantic import Field

from flows.engine.outcome import Outcome
from greenlightning.errors import InputError
from tasks.scheduling.start_plan import (
    StartPlan,
    grams_avoided,
    intensity_at,
    last_retraining,
    log_waiting,
    plan_start,
)

LatestStart = Annotated[
    datetime | timedelta | None,
    Field(description="start by then: a date-time (local unless it has an offset), or a duration such as PT6H"),
]
Jitter = Annotated[
    timedelta | None, Field(description="delay the start at random by up to this duration, such as PT10M")
]
FURTHEST = timedelta(days=30)
TAG = "postponed"
ASKED, INTENSITY_ASKED, INTENSITY_PLANNED = "postponed.at", "postponed.intensity", "postponed.intensity.planned"


@dataclass(frozen=True)
class Start:
    """How a run starts: ``postponed`` to another run, or now, at which intensities (g CO2e per kWh), and why."""

    postponed: Outcome | None = None
    said: str = ""
    asked: float | None = None
    at_start: float | None = None

    def told(self, outcome: Outcome) -> Outcome:
        """The outcome with what waiting came to; logs the grams avoided where a run was made."""
        said = self.said
        if self.asked is not None and self.at_start is not None and outcome.run_id and outcome.spent:
            avoided = log_waiting(outcome.run_id, self.asked, self.at_start, outcome.spent.joules)
            said += f", {avoided:.3g} g CO2e avoided"
        return outcome.model_copy(update={"reason": f"{outcome.reason}; {said}"}) if said else outcome


def start_or_postpone(
    dataset: str, latest_start: datetime | timedelta | None, carbon_source: str, jitter: timedelta | None
) -> Start:
    """Start now, or at the greenest time before ``latest_start`` by a new run of the same deployment.

    A run that was postponed once starts, and so does one whose forecast cannot be read. InputError where the wish
    makes no sense, or where there is no deployment whose runner could start it later.
    """
    if carbon_source == "none" and jitter is None and latest_start is None:
        return Start()
    context, now = FlowRunContext.get(), datetime.now(UTC)
    run = context.flow_run if context else None
    if run and ASKED in run.labels:
        return _waited(dataset, run, carbon_source, now)
    deadline = deadline_of(latest_start, carbon_source, jitter, now)
    if carbon_source == "none" and jitter is None:
        return Start()
    if run is None or run.deployment_id is None:
        raise InputError("Only a deployment's run can wait: a runner starts it", "Run: greenlightning up")
    expected = last_retraining(dataset)
    plan = plan_start(carbon_source, now, deadline, jitter or timedelta(0), timedelta(seconds=expected.seconds))
    if plan.fault:
        return Start(said=f"started at once: {plan.fault}")
    if plan.start <= now:
        said = f"started at once: no time before {_time(deadline)} is greener ({plan.asked:.0f} g CO2e/kWh)"
        return Start(said=said, asked=plan.asked, at_start=plan.asked)
    try:
        _again(run, run.deployment_id, plan, now)
    except (HTTPError, PrefectException) as error:
        return Start(said=f"started at once: it could not be postponed: {error}")
    return Start(postponed=Outcome(state="Postponed", dataset=dataset, reason=_why(plan, expected.joules)))


def _waited(dataset: str, run: FlowRun, carbon_source: str, now: datetime) -> Start:
    """The start of a run that was postponed to now."""
    since = datetime.fromisoformat(str(run.labels[ASKED]))
    said = f"waited since {_time(since)}"
    if INTENSITY_ASKED not in run.labels:
        return Start(said=said)
    asked, planned = float(run.labels[INTENSITY_ASKED]), float(run.labels[INTENSITY_PLANNED])
    at_start = intensity_at(carbon_source, now, timedelta(seconds=last_retraining(dataset).seconds))
    at_start = planned if at_start is None else at_start
    return Start(said=f"{said} ({asked:.0f}, now {at_start:.0f} g CO2e/kWh)", asked=asked, at_start=at_start)


def deadline_of(
    latest_start: datetime | timedelta | None, carbon_source: str, jitter: timedelta | None, now: datetime
) -> datetime:
    """When the run must have started; InputError where the wish names no time, or none that can be waited for."""
    if jitter is not None and not timedelta(0) < jitter <= FURTHEST:
        raise InputError("jitter is not a duration up to 30 days", "Write one such as PT10M")
    if latest_start is None and carbon_source != "none":
        raise InputError("carbon_source needs latest_start", "Say when it must start at the latest, such as PT6H")
    if latest_start is None:
        return now + (jitter or timedelta(0))
    ahead = latest_start if isinstance(latest_start, timedelta) else latest_start.astimezone(UTC) - now
    if not timedelta(0) < ahead <= FURTHEST:
        said = latest_start if isinstance(latest_start, timedelta) else _time(latest_start)
        raise InputError(
            f"latest_start ({said}) is not in the next 30 days", "Name a later time, or PT6H from now"
        )
    return now + ahead


def _again(run: FlowRun, deployment: UUID, plan: StartPlan, asked_at: datetime) -> None:
    """Schedule a run with the parameters of ``run``, once however often this is called for it."""
    labels: dict[str, str | float] = {ASKED: asked_at.isoformat()}
    if plan.asked is not None and plan.then is not None:
        labels |= {INTENSITY_ASKED: plan.asked, INTENSITY_PLANNED: plan.then}
    with get_client(sync_client=True) as client:
        client.create_flow_run_from_deployment(
            deployment,
            parameters=run.parameters,
            state=Scheduled(scheduled_time=plan.start),
            name=f"{run.name} (postponed)",
            tags=[*run.tags, TAG],
            idempotency_key=f"postponed-{run.id}",
            work_queue_name=run.work_queue_name,
            job_variables=run.job_variables,
            labels=labels,
        )


def _why(plan: StartPlan, joules: float) -> str:
    said = f"postponed to {_time(plan.start)}"
    if plan.asked is None or plan.then is None:
        return f"{said}, a random delay"
    saving = grams_avoided(plan.asked, plan.then, joules)
    guess = (
        f"about {saving:.3g} g avoided if it spends {joules:.1f} J as the last one" if joules else "joules unknown"
    )
    return f"{said}: {plan.then:.0f} g CO2e/kWh then, {plan.asked:.0f} now; {guess}"


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
