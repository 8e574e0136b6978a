"""When to start: the greenest hour up to a deadline, now without a forecast, and the grams that waiting avoids."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from greenlightning.model import GreenLightningModel
from tasks.core.constants import Kind, Metric
from tasks.core.energy_cost import NO_COST
from tasks.scheduling import start_plan
from tasks.scheduling.start_plan import (
    StartPlan,
    grams_avoided,
    intensity_at,
    last_retraining,
    log_waiting,
    plan_start,
)
from tasks.tracking.client import connect
from tasks.tracking.metrics import log_metrics
from tasks.tracking.runs import flow_run
from tests.helpers.versions import register_version

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NO_DELAY = AT_ONCE = timedelta(0)


def grid(home: Path, *intensities: float) -> str:
    """A CSV source with these intensities (g CO2e per kWh), an hour each from noon on."""
    rows = [f"{(NOON + hour * HOUR).isoformat()},{value}" for hour, value in enumerate(intensities)]
    (home / "grid.csv").write_text("\n".join(["time,intensity", *rows]))
    return "csv:grid.csv"


def test_the_greenest_hour_before_the_deadline_is_chosen(home: Path) -> None:
    source = grid(home, 400, 300, 100, 50)
    assert plan_start(source, NOON, NOON + 2 * HOUR, NO_DELAY, AT_ONCE) == StartPlan(NOON + 2 * HOUR, 400, 100)
    assert plan_start(source, NOON, NOON + 3 * HOUR, NO_DELAY, AT_ONCE) == StartPlan(NOON + 3 * HOUR, 400, 50)


def test_an_intensity_is_the_mean_over_as_long_as_the_run_takes(home: Path) -> None:
    source = grid(home, 400, 100, 200, 300)
    assert plan_start(source, NOON, NOON + HOUR, NO_DELAY, 2 * HOUR) == StartPlan(NOON + HOUR, 250, 150)
    assert plan_start(source, NOON + 30 * MINUTE, NOON + HOUR, NO_DELAY, AT_ONCE).asked == 250
    assert intensity_at(source, NOON + 30 * MINUTE, AT_ONCE) == 250
    assert intensity_at(source, NOON, 2 * HOUR) == 250


def test_without_a_source_there_is_only_the_random_delay_and_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start_plan.random, "random", lambda: 0.5)
    assert plan_start("none", NOON, NOON + HOUR, 40 * MINUTE, AT_ONCE) == StartPlan(NOON + 20 * MINUTE)
    assert plan_start("none", NOON, NOON + 5 * MINUTE, 40 * MINUTE, AT_ONCE) == StartPlan(NOON + 5 * MINUTE)


@pytest.mark.parametrize(
    ("jitter", "latest", "start", "intensity"),
    [
        (0, 3, 1, 100),
        (1, 3, 1.5, 100),
        (3, 3, 2.5, 150),
        (3, 2, 2, 100),
        (9, 9, 1, 100),
    ],
)
def test_jitter_moves_the_greenest_start_as_far_as_the_forecast_and_the_deadline_go(
    jitter: float, latest: float, start: float, intensity: float, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start_plan.random, "random", lambda: 0.5)
    found = plan_start(grid(home, 400, 100, 100, 200), NOON, NOON + latest * HOUR, jitter * HOUR, AT_ONCE)
    assert (found.start, found.then) == (NOON + start * HOUR, intensity)


def test_a_forecast_that_cannot_be_used_means_now_and_says_why(home: Path) -> None:
    missing = plan_start("csv:missing.csv", NOON, NOON + HOUR, NO_DELAY, AT_ONCE)
    assert missing.start == NOON
    assert missing.fault and missing.fault.startswith("The csv forecast cannot be used: ")
    assert intensity_at("csv:missing.csv", NOON, AT_ONCE) is None
    source, tomorrow = grid(home, 400, 100), NOON + 24 * HOUR
    stale = plan_start(source, tomorrow, tomorrow + HOUR, NO_DELAY, AT_ONCE)
    assert stale == StartPlan(tomorrow, fault="The forecast does not cover the present")
    assert intensity_at(source, tomorrow, AT_ONCE) is None


@pytest.mark.usefixtures("mlflow_home")
def test_the_last_retraining_is_the_newest_that_made_a_version(
    tiny_model: GreenLightningModel, tmp_path: Path
) -> None:
    assert last_retraining("digits") == NO_COST
    for number, (kind, joules) in enumerate([(Kind.RETRAIN, 5.0), (Kind.RETRAIN, 7.0), (Kind.FORGET, 9.0)], 1):
        with flow_run("digits", kind) as run_id:
            log_metrics(run_id, {Metric.SECONDS: 2.0, Metric.JOULES: joules})
            register_version(tiny_model, tmp_path / str(number), run_id)
    found = last_retraining("digits")
    assert (found.seconds, found.joules, found.source) == (2.0, 7.0, "version 2")


@pytest.mark.usefixtures("mlflow_home")
def test_the_grams_avoided_by_waiting_are_logged_with_both_intensities() -> None:
    assert grams_avoided(asked=400, then=100, joules=3.6e6) == 300  # one kWh
    with flow_run("digits", Kind.RETRAIN) as run_id:
        assert log_waiting.fn(run_id, 400, 150, 36_000) == pytest.approx(2.5)  # 250 g/kWh over 0.01 kWh
    logged = connect().get_run(run_id).data.metrics
    assert {name: logged[name] for name in logged if not name.startswith(("whole_run_", "joules"))} == {
        Metric.INTENSITY_ASKED: 400,
        Metric.INTENSITY_START: 150,
        Metric.GCO2E_AVOIDED_BY_WAITING: pytest.approx(2.5),
    }
