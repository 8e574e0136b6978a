"""Runs as Prefect's pages show them: how gates settle, what found nothing, failed, was skipped, or comes late."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.helpers.digits import FIRST, source
from tests.helpers.servers.browser import picture
from tests.helpers.servers.up import greenlightning

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.helpers.servers.up import Up

pytestmark = pytest.mark.browser
EPOCH = re.compile(
    r"^epoch 1 of \d+: flip rate 0\.\d{4}, weight change \d\.\d{4}, OUI 0\.\d{3}, "
    r"validation accuracy [01]\.\d{4}, .*\d J so far$"
)
ENDING = re.compile(r"(the gates settled|more epochs no longer help the solved model), epoch: (\d+) of \d+")
HOURLY = "retrain/retrain-hourly"


def run_page(up: "Up", page: "Page", run: str) -> None:
    page.goto(f"{up.prefect_url}/runs/flow-run/{run}")


def tab(page: "Page", name: str) -> None:
    page.locator(".p-tab-navigation, [role=tablist]").get_by_text(name, exact=True).first.click()


def test_a_training_shows_epoch_by_epoch_how_its_gates_settle(up: "Up", page: "Page") -> None:
    given = {"path": str(source("epochs", FIRST)), "dataset": "settling"}
    run = up.start("learn/learn", **given)
    assert up.ended(run)["state_name"] == "Promoted"
    run_page(up, page, run)
    page.get_by_text(EPOCH).first.wait_for()
    picture(page, "run-epochs")
    [artifact] = artifacts(up, run, "settling-settling-progress")
    said = ENDING.fullmatch(artifact["description"])
    assert said, artifact
    verdict, last = {"the gates settled": "settled"}.get(said[1], said[1]), int(said[2])
    tab(page, "Task Runs")
    page.get_by_text(f"settling, epoch {last}: {verdict}", exact=True).first.wait_for()
    page.get_by_text(verdict.capitalize(), exact=True).first.wait_for()
    page.get_by_text(f"settling, epoch {last - 1}: continue", exact=True).first.wait_for()
    assert page.get_by_text(f"settling, epoch {last + 1}: ").count() == 0
    picture(page, "run-checks")
    page.goto(f"{up.prefect_url}/artifacts/artifact/{artifact['id']}")
    page.get_by_text("Progress: 100%").wait_for()
    page.get_by_text(artifact["description"]).first.wait_for()
    picture(page, "artifact-settling")


def artifacts(up: "Up", run: str, key: str) -> list[dict[str, Any]]:
    """The artifacts of a run with that key."""
    wanted = {"artifacts": {"flow_run_id": {"any_": [run]}, "key": {"any_": [key]}}}
    found: list[dict[str, Any]] = up.call("POST", "/artifacts/filter", wanted)
    return found


def test_a_retraining_that_finds_nothing_ends_as_a_state_of_its_own(up: "Up", page: "Page") -> None:
    up.ended(up.start("learn/learn", path=str(source("first", FIRST)), dataset="nothing-new"))
    run = up.start("retrain/retrain", dataset="nothing-new")
    up.ended(run)
    run_page(up, page, run)
    page.get_by_text("Nothing to learn", exact=True).first.wait_for()
    page.get_by_text("Finished in state Nothing to learn('No new batches', type=COMPLETED)").wait_for()
    page.get_by_text("next: retrain-nightly at ").wait_for()
    picture(page, "run-nothing")


def test_a_foreseen_failure_is_one_line_of_the_log(up: "Up", page: "Page") -> None:
    run = up.start("learn/learn", path=str(up.home / "absent.csv"), dataset="absent")
    assert up.ended(run)["state_name"] == "Failed"
    run_page(up, page, run)
    page.get_by_text(f"{up.home}/absent.csv does not exist or is not a file. Check the path.").first.wait_for()
    assert page.get_by_text(re.compile("^error$", re.IGNORECASE)).count() == 1
    assert page.get_by_text("Traceback").count() == 0
    picture(page, "run-failed")
    [about] = artifacts(up, run, "learn-absent")
    page.goto(f"{up.prefect_url}/artifacts/artifact/{about['id']}")
    page.get_by_role("heading", name="failed").wait_for()
    picture(page, "artifact-failed")


@contextmanager
def taken(up: "Up", name: str) -> Iterator[None]:
    """Another run takes the one place of a deployment meanwhile."""
    [limit] = [one["name"] for one in up.limits() if one["name"].endswith(up.deployment(name)["id"])]
    place = {"names": [limit], "slots": 1, "mode": "concurrency"}
    up.call("POST", "/v2/concurrency_limits/increment", place)
    try:
        yield
    finally:
        up.call("POST", "/v2/concurrency_limits/decrement", place)


def test_a_run_that_comes_while_the_one_before_it_runs_is_skipped_with_the_reason(up: "Up", page: "Page") -> None:
    with taken(up, HOURLY):
        [run, *_] = up.skipped(HOURLY)
    run_page(up, page, run["id"])
    page.get_by_text("Cancelled", exact=True).first.wait_for()
    tab(page, "Details")
    page.get_by_text("Deployment concurrency limit reached.").wait_for()
    picture(page, "run-skipped")
    said = " ".join(greenlightning(up.home, "status").stdout.split())
    assert "skipped retrain-hourly " in said and "the run before it was under way" in said


def test_what_comes_next_stands_on_the_page_of_its_schedule(up: "Up", page: "Page") -> None:
    page.goto(f"{up.prefect_url}/deployments/deployment/{up.deployment('retrain/retrain-nightly')['id']}")
    page.get_by_text("Next Run", exact=True).wait_for()
    page.get_by_text(re.compile("Scheduled for .* 02:00:00 AM")).first.wait_for()
    picture(page, "deployment-nightly")


def test_the_pool_without_a_worker_is_told_and_so_is_the_run_that_waits_for_it(up: "Up", page: "Page") -> None:
    given = {"batches": [], "holdout": "0" * 16, "dataset": "nobody", "run_id": "0" * 32}
    late = up.start("fit/gpu", **given)
    try:
        up.wait_for(lambda: up.call("GET", f"/flow_runs/{late}")["state_name"] == "Late", "a late run")
        page.goto(f"{up.prefect_url}/deployments/deployment/{up.deployment('fit/gpu')['id']}")
        page.get_by_text("Not Ready", exact=True).wait_for()
        page.get_by_text("Late", exact=True).wait_for()
        picture(page, "deployment-gpu")
        tab(page, "Description")
        page.get_by_text("means that no worker polls the pool gpu").wait_for()
        picture(page, "deployment-gpu-why")
        said = " ".join(greenlightning(up.home, "status").stdout.split())
        assert "gpu (no worker polls its pool)" in said
    finally:
        up.call("DELETE", f"/flow_runs/{late}")


@pytest.fixture
def notified(up: "Up") -> Iterator[None]:
    """News go to a receiver meanwhile; there is none at its address."""
    assert greenlightning(up.home, "notify", "http://localhost:9/hook").returncode == 0
    yield
    for one in up.call("POST", "/automations/filter", {}):
        if one["name"] == "Notify localhost":
            up.call("DELETE", f"/automations/{one['id']}")


@pytest.mark.usefixtures("notified")
def test_automations_those_of_notifications_too_say_what_they_do(up: "Up", page: "Page") -> None:
    page.goto(f"{up.prefect_url}/automations")
    for name, does in (
        ("Retrain on a batch that landed", "Starts retrain-on-data for the dataset of a validated batch"),
        ("Retrain on a batch that drifted", "Starts retrain-on-drift for the dataset of a batch"),
        ("Notify localhost", "Sends promoted, quarantined, red, failed to the block greenlightning"),
    ):
        page.get_by_text(name, exact=True).first.wait_for()
        page.get_by_text(does).first.wait_for()
    picture(page, "automations")


def test_the_blocks_are_shown_without_the_pictures_of_other_servers(up: "Up", page: "Page") -> None:
    page.goto(f"{up.prefect_url}/blocks/catalog")
    page.get_by_text("Slack Webhook", exact=True).first.wait_for()
    page.wait_for_load_state("networkidle")
    picture(page, "blocks")
