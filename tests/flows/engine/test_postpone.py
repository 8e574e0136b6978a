"""A retraining that may wait: a run at the greener hour instead of a held worker, and never a lost retraining."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from httpx import ConnectError
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun
from prefect.flow_engine import run_flow
from prefect.settings import PREFECT_API_URL, get_current_settings
from prefect.states import Pending

from flows.engine.outcome import Outcome, outcome_of
from flows.engine.postpone import ASKED, INTENSITY_ASKED, INTENSITY_PLANNED, TAG
from flows.engine.submit import submit
from flows.learning.retrain import retrain
from greenlightning.errors import InputError
from tasks.core.constants import Metric
from tasks.scheduling import start_plan
from tasks.tracking.client import connect
from tests.helpers.digits import DIGITS, FIRST, SECOND, add, outcome

pytestmark = pytest.mark.usefixtures("prefect")
HOUR = timedelta(hours=1)
Run = Callable[..., tuple[Outcome, FlowRun]]


def the_hour() -> datetime:
    """The start of an hour that lasts for the whole test."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)


def grid(home: Path, *intensities: float, since: datetime | None = None) -> str:
    """A CSV source of hourly values from the present hour on."""
    start = since or the_hour()
    rows = [f"{(start + hour * HOUR).isoformat()},{value}" for hour, value in enumerate(intensities)]
    (home / "grid.csv").write_text("\n".join(["time,intensity", *rows]))
    return "csv:grid.csv"


@pytest.fixture(scope="session")
def deployment(prefect: None) -> UUID:
    """A deployment of ``retrain`` without a runner: what is scheduled stays scheduled."""
    with get_client(sync_client=True) as client:
        flow = client.create_flow(retrain)
        return client.create_deployment(flow, "retrain", parameters={"dataset": DIGITS}, tags=["nightly"])


@pytest.fixture
def run(deployment: UUID) -> Run:
    """Make a run of the deployment and run it here, as a worker would."""

    def now(**parameters: Any) -> tuple[Outcome, FlowRun]:
        with get_client(sync_client=True) as client:
            asked = client.create_flow_run_from_deployment(deployment, parameters=parameters)
            return execute(client, asked), client.read_flow_run(asked.id)

    return now


def execute(client: SyncPrefectClient, flow_run: FlowRun) -> Outcome:
    parameters = retrain.validate_parameters(flow_run.parameters)
    return outcome_of(run_flow(retrain, flow_run=flow_run, parameters=parameters, return_type="state"))


def when_due(flow_run: FlowRun) -> Outcome:
    """Run a scheduled run as a worker does at its time: the worker says that it is pending, and starts it."""
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(flow_run.id, Pending(), force=True)
        return execute(client, client.read_flow_run(flow_run.id))


def scheduled_by(flow_run: FlowRun) -> list[FlowRun]:
    """The runs that ``flow_run`` made."""
    with get_client(sync_client=True) as client:
        found = client.read_flow_runs(
            flow_run_filter=FlowRunFilter.model_validate(
                {"idempotency_key": {"any_": [f"postponed-{flow_run.id}"]}}
            )
        )
    return list(found)


def metrics(run_id: str) -> dict[str, float]:
    return dict(connect().get_run(run_id).data.metrics)


def test_a_run_postpones_itself_once_and_the_later_one_logs_the_grams_avoided(champion: Path, run: Run) -> None:
    add("first", FIRST)
    hour = the_hour()
    source = grid(champion, 400, 400, 100, 100, 300, since=hour)
    early, asked = run(latest_start="PT4H", carbon_source=source, deciding={"margin": 0.5})
    assert (early.state, early.version) == ("Postponed", None)
    assert asked.state is not None and asked.state.name == "Postponed"
    assert early.reason == asked.state.message
    assert f"{hour + 2 * HOUR:%Y-%m-%d %H:%M} UTC: 100 g CO2e/kWh then, 400 now" in early.reason

    [later] = scheduled_by(asked)
    assert later.state is not None and later.state.is_scheduled()
    assert later.state.state_details.scheduled_time == hour + 2 * HOUR
    assert later.deployment_id == asked.deployment_id
    assert later.parameters == asked.parameters
    assert {TAG, "nightly"} <= set(later.tags)
    assert (later.labels[INTENSITY_ASKED], later.labels[INTENSITY_PLANNED]) == (400, 100)
    assert abs(datetime.fromisoformat(str(later.labels[ASKED])) - datetime.now(UTC)) < HOUR

    grid(champion, 150, 150, since=hour)  # what the grid turns out to be when it starts
    done = when_due(later)
    assert (done.state, done.version) == ("Promoted", 2)
    assert done.run_id is not None and done.spent is not None
    logged = metrics(done.run_id)
    assert (logged[Metric.INTENSITY_ASKED], logged[Metric.INTENSITY_START]) == (400, 150)
    expected = 250 * done.spent.joules / 3.6e6
    assert logged[Metric.GCO2E_AVOIDED_BY_WAITING] == pytest.approx(expected, rel=1e-4)
    assert f"(400, now 150 g CO2e/kWh), {expected:.3g} g CO2e avoided" in done.reason
    assert not scheduled_by(later)

    add("second", SECOND)
    expecting, asked = run(latest_start="PT4H", carbon_source=grid(champion, 400, 400, 100, 100, since=hour))
    saving = 300 * done.spent.joules / 3.6e6
    assert (
        f"about {saving:.3g} g avoided if it spends {done.spent.joules:.1f} J as the last one" in expecting.reason
    )


def test_a_postponed_run_falls_back_on_the_forecast_that_it_was_postponed_by(
    champion: Path, run: Run, deployment: UUID
) -> None:
    add("first", FIRST)
    _, asked = run(latest_start="PT4H", carbon_source=grid(champion, 400, 400, 100, 100))
    [later] = scheduled_by(asked)
    (champion / "grid.csv").unlink()
    done = when_due(later)
    assert done.run_id is not None
    assert metrics(done.run_id)[Metric.INTENSITY_START] == 100


def test_asking_twice_for_the_same_run_makes_one(champion: Path, run: Run) -> None:
    source = grid(champion, 400, 400, 100, 100)
    _, asked = run(latest_start="PT4H", carbon_source=source)
    assert when_due(asked).state == "Postponed"
    assert len(scheduled_by(asked)) == 1


def test_jitter_delays_at_random_up_to_the_deadline(
    champion: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start_plan.random, "random", lambda: 0.5)
    early, asked = run(jitter="PT20M")
    [later] = scheduled_by(asked)
    assert early.reason.endswith("UTC, a random delay")
    assert set(later.labels) & {ASKED, INTENSITY_ASKED} == {ASKED}
    assert later.state is not None
    wait = later.state.state_details.scheduled_time - datetime.fromisoformat(str(later.labels[ASKED]))
    assert wait == timedelta(minutes=10)
    _, asked = run(jitter="PT20M", latest_start="PT3M")
    [later] = scheduled_by(asked)
    assert later.state is not None
    wait = later.state.state_details.scheduled_time - datetime.fromisoformat(str(later.labels[ASKED]))
    assert wait == timedelta(minutes=3)


def test_where_now_is_greenest_it_starts_at_once_and_logs_it(champion: Path, run: Run) -> None:
    add("first", FIRST)
    done, asked = run(latest_start="PT3H", carbon_source=grid(champion, 100, 100, 200, 300))
    assert (done.state, scheduled_by(asked)) == ("Promoted", [])
    assert "started at once: no time before" in done.reason
    assert done.run_id is not None
    logged = metrics(done.run_id)
    assert logged[Metric.INTENSITY_ASKED] == logged[Metric.INTENSITY_START] == 100
    assert logged[Metric.GCO2E_AVOIDED_BY_WAITING] == 0


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("csv:missing.csv", "The csv forecast cannot be used: "),
        ("uk:http://127.0.0.1:1", "The uk forecast cannot be used: "),
        ("stale", "The forecast does not cover the present"),
    ],
)
def test_without_a_usable_forecast_the_retraining_starts_at_once_and_says_so(
    source: str, fault: str, champion: Path, run: Run
) -> None:
    add("first", FIRST)
    stale = grid(champion, 1, 2, since=the_hour() - 9 * HOUR)
    done, asked = run(latest_start="PT3H", carbon_source=stale if source == "stale" else source)
    assert (done.state, scheduled_by(asked)) == ("Promoted", [])
    assert f"; started at once: {fault}" in done.reason


def test_where_prefect_takes_no_new_run_the_retraining_starts_at_once(
    champion: Path, deployment: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise ConnectError("Prefect is away")

    add("first", FIRST)
    wish = {"latest_start": "PT4H", "carbon_source": grid(champion, 400, 400, 100, 100)}
    with get_client(sync_client=True) as client:
        asked = client.create_flow_run_from_deployment(deployment, parameters=wish)
        monkeypatch.setattr(SyncPrefectClient, "create_flow_run_from_deployment", away)
        done = execute(client, asked)
    assert done.state == "Promoted"
    assert done.reason.endswith("; started at once: it could not be postponed: Prefect is away")


@pytest.mark.parametrize(
    ("wish", "cause"),
    [
        ({"latest_start": "2020-01-01T00:00Z"}, "latest_start (2020-01-01 00:00 UTC) is not in the next 30 days"),
        ({"latest_start": "PT0S"}, "is not in the next 30 days"),
        ({"latest_start": "P400D"}, "is not in the next 30 days"),
        ({"carbon_source": "csv:grid.csv"}, "carbon_source needs latest_start"),
        ({"jitter": "-PT1M"}, "jitter is not a duration up to 30 days"),
        ({"jitter": "PT1M"}, "Only a deployment's run can wait: a runner starts it. Run: greenlightning up."),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused_with_its_remedy(
    wish: dict[str, str], cause: str, champion: Path
) -> None:
    with pytest.raises(InputError) as refused:
        retrain(DIGITS, **wish)  # type: ignore[arg-type]
    assert cause in str(refused.value)


def test_a_deadline_alone_waits_for_nothing(champion: Path) -> None:
    assert outcome(retrain, dataset=DIGITS, latest_start=timedelta(hours=1)).state == "Nothing to learn"


def test_a_time_without_offset_is_the_machine_s_own(champion: Path) -> None:
    soon = (datetime.now() + HOUR).isoformat()
    assert outcome(retrain, dataset=DIGITS, latest_start=soon).state == "Nothing to learn"


# --- the command line -------------------------------------------------------------------------------------------


def test_the_command_line_hands_a_run_that_waits_to_the_runner(
    champion: Path, deployment: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = get_current_settings().api.url
    assert api is not None
    monkeypatch.setenv("PREFECT_API_URL", api)
    wish = {"dataset": DIGITS, "latest_start": "PT4H", "carbon_source": "csv:grid.csv", "jitter": None}
    given = submit(retrain, wish)
    run_id = given.reason.rpartition("/")[2]
    assert (given.state, given.dataset) == ("Handed over", DIGITS)
    with get_client(sync_client=True) as client:
        found = client.read_flow_run(UUID(run_id))
    assert found.deployment_id == deployment
    assert (found.parameters["latest_start"], found.parameters["carbon_source"]) == ("PT4H", "csv:grid.csv")
    assert retrain.validate_parameters(found.parameters)["latest_start"] == timedelta(hours=4)


def test_without_a_runner_that_answers_the_command_line_names_the_remedy(
    champion: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish = {"dataset": DIGITS, "latest_start": None, "carbon_source": "none", "jitter": "PT1M"}
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with pytest.raises(InputError, match="none is running"):
        submit(retrain, wish)
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")
    with pytest.raises(InputError, match=r"Prefect at http://127\.0\.0\.1:1 does not answer"):
        submit(retrain, wish)
    assert PREFECT_API_URL.value() != "http://127.0.0.1:1/api"
