"""When to start a run that may wait for a greener hour, and the grams of CO2e that waiting avoided."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from greenlightning.energy.meter import JOULES_PER_KWH
from greenlightning.errors import InputError
from tasks.core.constants import Kind, Metric, Tag
from tasks.core.energy_cost import NO_COST, EnergyCost
from tasks.core.steps import task
from tasks.models import registry
from tasks.scheduling.carbon import fetch_forecast
from tasks.scheduling.greenest_start import greenest_start
from tasks.tracking.client import connect
from tasks.tracking.metrics import log_metrics


@dataclass(frozen=True)
class StartPlan:
    """When to start, the intensities (g CO2e per kWh) now and at the start, and why there was no choice."""

    start: datetime
    asked: float | None = None
    then: float | None = None
    fault: str | None = None


def plan_start(
    source: str, now: datetime, latest_start: datetime, jitter: timedelta, duration: timedelta
) -> StartPlan:
    """The greenest start up to ``latest_start``, delayed by up to ``jitter``; now if there is no forecast."""
    delay = jitter * random.random()
    if source == "none":
        return StartPlan(min(now + delay, latest_start))
    try:
        forecast = fetch_forecast(source, now)
    except InputError as error:
        return StartPlan(now, fault=error.cause)
    best = greenest_start(forecast, now, latest_start, duration)
    if best is None:
        return StartPlan(now, fault="The forecast does not cover the present")
    length = max(duration, forecast.step)
    start = min(best + delay, latest_start)
    if forecast.intensity(start, length) is None:
        start = best
    return StartPlan(start, forecast.intensity(now, length), forecast.intensity(start, length))


def intensity_at(source: str, moment: datetime, duration: timedelta) -> float | None:
    """The forecast intensity of a start at ``moment`` (g CO2e per kWh); None if the forecast cannot be used."""
    try:
        forecast = fetch_forecast(source, moment)
    except InputError:
        return None
    return forecast.intensity(moment, max(duration, forecast.step))


def last_retraining(dataset: str) -> EnergyCost:
    """Seconds and joules of the dataset's newest retraining, zero before the first."""
    for info in registry.versions(dataset):
        if info.tags.get(Tag.KIND) == Kind.RETRAIN:
            metrics = connect().get_run(info.run_id).data.metrics
            return EnergyCost(metrics[Metric.SECONDS], metrics[Metric.JOULES], source=f"version {info.version}")
    return NO_COST


def grams_avoided(asked: float, then: float, joules: float) -> float:
    """``(asked - then) * joules / 3.6e6``: g CO2e that starting at another intensity (g per kWh) avoids."""
    return (asked - then) * joules / JOULES_PER_KWH


@task(task_run_name="avoided by waiting", persist_result=False)
def log_waiting(run_id: str, asked: float, at_start: float, joules: float) -> float:
    """Log both intensities (g CO2e per kWh) and return the grams that the run avoided by starting when it did."""
    avoided = grams_avoided(asked, at_start, joules)
    values: dict[str, float] = {
        Metric.INTENSITY_ASKED: asked,
        Metric.INTENSITY_START: at_start,
        Metric.GCO2E_AVOIDED_BY_WAITING: avoided,
    }
    log_metrics(run_id, values)
    return avoided
