"""Postponement: a run that may wait schedules another run of its deployment at a greener hour, and ends.

No worker is occupied in between.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from httpx import HTTPError
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext
from prefect.exceptions import PrefectException
from prefect.states import Scheduled

from flows.engine.outcome import Outcome
from flows.inputs.start_limits import deadline_of, time_text
from greenlightning.errors import InputError
from tasks.scheduling.start_plan import (
    StartPlan,
    grams_avoided,
    intensity_at,
    last_retraining,
    log_waiting,
    plan_start,
)

TAG = "postponed"
ASKED, INTENSITY_ASKED, INTENSITY_PLANNED = "postponed.at", "postponed.intensity", "postponed.intensity.planned"


@dataclass(frozen=True)
class Start:
    """How a run starts: ``postponed`` to another run, or now; the reason, and the intensities (g CO2e per kWh)."""

    postponed: Outcome | None = None
    reason: str = ""
    requested_intensity: float | None = None
    start_intensity: float | None = None

    def explained_in(self, outcome: Outcome) -> Outcome:
        """The outcome with the reason for this start; logs the grams avoided by waiting if the run was logged."""
        reason, requested, at_start = self.reason, self.requested_intensity, self.start_intensity
        if requested is not None and at_start is not None and outcome.run_id and outcome.spent:
            avoided = log_waiting(outcome.run_id, requested, at_start, outcome.spent.joules)
            reason += f", {avoided:.3g} g CO2e avoided"
        return outcome.model_copy(update={"reason": f"{outcome.reason}; {reason}"}) if reason else outcome


def start_or_postpone(
    dataset: str, latest_start: datetime | timedelta | None, carbon_source: str, jitter: timedelta | None
) -> Start:
    """Start now, or at the greenest time before ``latest_start`` by a new run of the same deployment.

    A run that was postponed once starts at once, and so does one whose forecast cannot be read. Raises InputError
    for times that contradict each other, and where no deployment has a runner that could start it later.
    """
    if carbon_source == "none" and jitter is None and latest_start is None:
        return Start()
    context, now = FlowRunContext.get(), datetime.now(UTC)
    run = context.flow_run if context else None
    if run and ASKED in run.labels:
        return _start_after_waiting(dataset, run, carbon_source, now)
    deadline = deadline_of(latest_start, carbon_source, jitter, now)
    if carbon_source == "none" and jitter is None:
        return Start()
    if run is None or run.deployment_id is None:
        raise InputError("Only a deployment's run can wait: a runner starts it", "Run: greenlightning up")
    expected = last_retraining(dataset)
    plan = plan_start(carbon_source, now, deadline, jitter or timedelta(0), timedelta(seconds=expected.seconds))
    if plan.fault:
        return Start(reason=f"started at once: {plan.fault}")
    if plan.start <= now:
        reason = f"started at once: no time before {time_text(deadline)} is greener ({plan.asked:.0f} g CO2e/kWh)"
        return Start(reason=reason, requested_intensity=plan.asked, start_intensity=plan.asked)
    try:
        _schedule(run, run.deployment_id, plan, now)
    except (HTTPError, PrefectException) as error:
        return Start(reason=f"started at once: it could not be postponed: {error}")
    return Start(postponed=Outcome(state="Postponed", dataset=dataset, reason=_why(plan, expected.joules)))


def _start_after_waiting(dataset: str, run: FlowRun, carbon_source: str, now: datetime) -> Start:
    """The start of a run that was postponed until now."""
    reason = f"waited since {time_text(datetime.fromisoformat(str(run.labels[ASKED])))}"
    if INTENSITY_ASKED not in run.labels:
        return Start(reason=reason)
    asked, planned = float(run.labels[INTENSITY_ASKED]), float(run.labels[INTENSITY_PLANNED])
    measured = intensity_at(carbon_source, now, timedelta(seconds=last_retraining(dataset).seconds))
    at_start = planned if measured is None else measured
    reason = f"{reason} ({asked:.0f}, now {at_start:.0f} g CO2e/kWh)"
    return Start(reason=reason, requested_intensity=asked, start_intensity=at_start)


def _schedule(run: FlowRun, deployment: UUID, plan: StartPlan, asked_at: datetime) -> None:
    """Schedule a run with the parameters of ``run``; a second call for the same run changes nothing."""
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
    until = f"postponed to {time_text(plan.start)}"
    if plan.asked is None or plan.then is None:
        return f"{until}, a random delay"
    saving = grams_avoided(plan.asked, plan.then, joules)
    estimate = f"about {saving:.3g} g avoided if it spends {joules:.1f} J as the last one"
    change = f"{plan.then:.0f} g CO2e/kWh then, {plan.asked:.0f} now"
    return f"{until}: {change}; {estimate if joules else 'joules unknown'}"
