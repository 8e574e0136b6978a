"""What serves now: each question of a reader has its answer."""

from pathlib import Path

import pytest

from tasks.core.constants import Alias, Tag
from tasks.models import registry
from tasks.models.champion import promote
from tasks.reporting.serving_now import describe_serving, first_due, serving_now
from tasks.tracking.client import connect
from tests.helpers.digits import DIGITS

NAMES = {"1": "maintenance", "2": "retrain-nightly"}


def due(deployment: str, hour: int, dataset: str | None = None) -> dict[str, object]:
    """A scheduled run."""
    start = f"2026-11-30T0{hour}:00:00Z"
    return {
        "deployment_id": deployment,
        "parameters": {"dataset": dataset} if dataset else {},
        "next_scheduled_start_time": start,
    }


def test_version_reason_data_score_energy_and_what_is_next(champion: Path) -> None:
    found = serving_now(DIGITS)
    assert list(found) == ["serves", "why", "from", "how well", "for", "next"]
    assert found["serves"].startswith("version 1 since 20") and found["serves"].endswith(" UTC")
    rows = int(registry.champion_of(DIGITS).tags["rows"])
    assert found["from"] == f"{rows} rows: base.parquet"
    assert "accuracy 0." in found["how well"] and "J for learning" in found["for"]


def test_the_page_of_the_model_in_mlflow_says_so_until_another_version_serves(champion: Path) -> None:
    def described() -> str:
        return str(connect().get_registered_model(DIGITS).description)

    describe_serving(DIGITS, serving_now(DIGITS))
    set_aside = registry.champion_of(DIGITS)
    tags = connect().get_run(set_aside.run_id).data.tags
    assert "version 1 since" in described()
    assert tags[Tag.NEXT_RUN].startswith("nothing was scheduled when this was written, since no server ran")
    assert tags[Tag.SERVING].startswith("version 1 serves")
    connect().delete_registered_model_alias(DIGITS, Alias.CHAMPION)
    promote.fn(DIGITS, set_aside.version, None, "again")
    assert "version 1 since" not in described() and "models:/digits@champion" in described()


@pytest.mark.usefixtures("mlflow_home")
def test_without_a_champion_nothing_is_told() -> None:
    assert serving_now(DIGITS) == {}


def test_the_next_run_is_one_that_learns_this_dataset_or_every_one() -> None:
    runs = [due("1", 1), due("2", 2, "other"), due("2", 3), due("2", 4, DIGITS)]
    assert first_due(DIGITS, NAMES, runs) == "retrain-nightly at 2026-11-30 03:00 UTC"
    assert first_due(DIGITS, NAMES, runs[:2]) == "the next batch that lands starts a retraining; none is scheduled"
