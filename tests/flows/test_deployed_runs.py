"""Deployed runs on a real server and real workers: schedules, triggers, runners, collisions."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect.exceptions import PrefectHTTPStatusError

from flows.learning.retrain import retrain
from flows.versions.rollback import rollback
from tasks.core.constants import Alias, Tag
from tasks.data.batch_index import batches
from tasks.models import registry
from tests.helpers.digits import DIGITS, FIRST, SECOND, THIRD, add, moved, outcome, source
from tests.helpers.servers.prefect_server import PrefectServer, prefect_server


@pytest.fixture(scope="module")
def server(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """Server, deployments and a worker on each pool, over a workspace where version 1 of the digits serves."""
    home = tmp_path_factory.mktemp("served")
    moved(trained, home)
    with prefect_server(home) as running:
        yield running


@pytest.fixture
def served(server: PrefectServer, monkeypatch: pytest.MonkeyPatch) -> PrefectServer:
    """The server, with its workspace as this test's."""
    monkeypatch.setenv("GREENLIGHTNING_HOME", str(server.home))
    return server


def known() -> set[str]:
    """The batches that the champion has learnt."""
    return set(registry.version(DIGITS, Alias.CHAMPION).batches)


def triggered(served: PrefectServer, name: str, number: int) -> dict[str, Any]:
    """The last run of a deployment, over, once there are ``number`` of them."""
    runs = served.wait_for(
        lambda: (found := served.runs_of(name))[number - 1 :] and found, f"run {number} of {name}"
    )
    newest, *_ = [served.ended(run["id"]) for run in runs]
    return newest


def test_a_batch_that_lands_and_differs_triggers_one_retrain_that_learns_it(served: PrefectServer) -> None:
    run = served.ended(served.start("ingest/ingest", path=str(source("first", FIRST)), dataset=DIGITS))
    assert run["state_name"] == "Versioned"
    retrained = triggered(served, "retrain/retrain-on-drift", 1)
    assert (retrained["parameters"], retrained["state_name"]) == ({"dataset": DIGITS}, "Promoted")
    assert batches(DIGITS)[-1].id in known() and not served.runs_of("retrain/retrain-on-data")


def test_a_batch_that_drifted_triggers_a_retrain_that_learns_it(served: PrefectServer) -> None:
    drifted = add("drifted", slice(1500, 1700))
    served.python(
        f"from tasks.data.events import emit_drift; emit_drift('{DIGITS}', '{drifted}', 'red', reason='-')"
    )
    assert triggered(served, "retrain/retrain-on-drift", 2)["state_name"] == "Promoted"
    assert drifted in known()


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("retrain/retrain", {"dataset": "../digits"}),
        ("retrain/retrain", {"dataset": DIGITS, "runner": "cloud"}),
        ("train/train", {}),
        ("promote/promote", {"dataset": DIGITS, "version": 0, "reason": "better"}),
        ("rollback/rollback", {"dataset": DIGITS, "reason": ""}),
        ("maintenance/maintenance", {"keep": 0}),
    ],
)
def test_a_form_with_a_wrong_value_starts_nothing(
    served: PrefectServer, name: str, parameters: dict[str, Any]
) -> None:
    with pytest.raises(PrefectHTTPStatusError, match="Validation failed"):
        served.start(name, **parameters)


def test_two_retrains_at_once_both_end_in_the_champion(served: PrefectServer) -> None:
    second, third = add("second", SECOND), add("third", THIRD)
    runs = [
        served.start("retrain/retrain", dataset=DIGITS, batches=[second]),
        served.start("retrain/retrain-hourly", dataset=DIGITS, batches=[third]),
    ]
    assert [served.ended(run)["state_name"] for run in runs] == ["Promoted", "Promoted"]
    assert {second, third} <= known()
    [limit] = [each for each in served.limits() if each["name"] == "model-digits"]
    assert (limit["limit"], limit["active_slots"]) == (1, 0)


def test_the_linear_part_runs_on_a_worker_of_another_pool_to_the_same_bits(served: PrefectServer) -> None:
    before, elsewhere = registry.version(DIGITS, Alias.CHAMPION), add("elsewhere", slice(1300, 1500))
    run = served.ended(served.start("retrain/retrain", dataset=DIGITS, runner="gpu"))
    assert run["state_name"] == "Promoted"
    [fitted] = served.runs_of("fit/gpu")
    assert (fitted["state_name"], fitted["work_pool_name"]) == ("Learnt", "gpu")
    assert fitted["parameters"]["batches"] == [elsewhere] and fitted["parent_task_run_id"]
    there = registry.version(DIGITS, Alias.CHAMPION)
    outcome(rollback, dataset=DIGITS, to=before.version, reason="compare")
    assert outcome(retrain, dataset=DIGITS, batches=[elsewhere]).promoted
    here = registry.version(DIGITS, Alias.CHAMPION)
    assert here.version > there.version and elsewhere in there.batches
    assert here.tags[Tag.STATISTICS_DIGEST] == there.tags[Tag.STATISTICS_DIGEST]


def test_a_schedule_fires_by_itself_and_learns_what_arrived_meanwhile(served: PrefectServer) -> None:
    arrived = add("arrived", slice(1100, 1300))
    runs = served.scheduled("retrain/retrain-hourly")
    assert "Promoted" in {run["state_name"] for run in runs}
    assert arrived in known()
