"""The batches that a retraining learns: a window selects by landing time, and a dry run changes nothing."""

import json
from datetime import datetime, tzinfo
from pathlib import Path

import pytest

import tasks.data.ingestion
from flows.engine.batch_selection import UNKNOWN
from flows.inputs.selection import Selection
from flows.learning.retrain import retrain
from greenlightning.errors import InputError
from tasks.core.constants import Alias, Metric
from tasks.core.moments import moment
from tasks.core.workspace import Workspace
from tasks.models import registry
from tasks.tracking.client import connect, experiment_id
from tests.helpers.digits import DIGITS, FIRST, SECOND, THIRD, add, drop, outcome


def test_a_date_is_its_whole_day_in_utc_and_both_ends_belong_to_a_window() -> None:
    one_day = Selection(landed_from="2026-11-03", landed_to="2026-11-03")
    assert one_day.includes("2026-11-03T00:00:00+00:00")
    assert one_day.includes("2026-11-03T23:59:59.999999+00:00")
    assert not one_day.includes("2026-11-04T00:00:00+00:00")
    assert not one_day.includes("2026-11-02T23:59:59+00:00")
    assert moment("2026-11-03T06:30+02:00") == moment("2026-11-03T04:30")
    assert Selection(landed_from="2026-11-03").includes("2099-01-01T00:00:00+00:00")
    assert Selection(landed_to="2026-11-03").includes("2001-01-01T00:00:00+00:00")


def test_windows_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InputError, match="'tomorrow' is neither a date"):
        moment("tomorrow")
    with pytest.raises(InputError, match="The window from 2026-11-04 to 2026-11-03 is empty"):
        Selection(landed_from="2026-11-04", landed_to="2026-11-03")
    with pytest.raises(InputError, match="Batches are named and a window is given"):
        Selection(batches=["0" * 16], landed_to="2026-11-03")


def landed_on(day: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lands next lands at noon of ``day``."""

    class Noon(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Noon":
            return cls.fromisoformat(f"{day}T12:00:00+00:00")

    monkeypatch.setattr(tasks.data.ingestion, "datetime", Noon)


def everything(root: Path) -> dict[str, int]:
    """Size of each file of data and MLflow's artifacts."""
    folders = [Workspace.current().root / "data", root / "mlruns"]
    return {str(path): path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("prefect")
def test_a_dry_run_tells_batches_rows_and_cost_and_a_window_learns_what_landed_in_it(
    champion: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landed_on("2026-11-03", monkeypatch)
    third = add("first", FIRST)
    landed_on("2026-11-04", monkeypatch)
    fourth = drop("second", SECOND).id
    landed_on("2026-11-05", monkeypatch)
    fifth = add("third", THIRD)
    runs, before = len(runs_of_digits()), everything(champion)

    plan = outcome(retrain, dataset=DIGITS, landed_to="2026-11-04", dry_run=True)
    assert (plan.state, plan.plan.rows, plan.plan.rows_known) == ("Planned", 400, rows_known())
    assert [(one.batch, one.rows, one.waiting) for one in plan.plan.batches] == [
        (third, 200, False),
        (fourth, 200, True),
    ]
    assert plan.reason == "2 batches of 400 rows would be learnt on version 1"
    assert (plan.plan.estimated, plan.plan.avoided, plan.notes) == (None, None, (UNKNOWN,))
    assert (len(runs_of_digits()), everything(champion)) == (runs, before)
    assert registry.version(DIGITS, Alias.CHAMPION).version == 1

    learnt = outcome(retrain, dataset=DIGITS, landed_from="2026-11-03", landed_to="2026-11-04")
    assert set(learnt.learnt) == {third, fourth}
    nothing = outcome(retrain, dataset=DIGITS, landed_to="2026-11-04")
    assert nothing.reason == "No new batches landed in that time"

    again = outcome(retrain, dataset=DIGITS, batches=[fifth], dry_run=True)
    found = connect().get_run(learnt.run_id).data.metrics
    growth = max(1, 200 / found[Metric.ROWS_TOUCHED])
    assert (growth, again.plan.estimated.joules) == (1, pytest.approx(found[Metric.JOULES]))
    assert again.plan.estimated.seconds == pytest.approx(found[Metric.SECONDS])
    assert again.plan.estimated.source.startswith("estimated:at-most-by-1-retraining(s)")
    assert again.plan.from_scratch.joules == pytest.approx(again.plan.estimated.joules + again.plan.avoided.joules)
    assert json.loads(again.model_dump_json())["plan"]["batches"][0]["batch"] == fifth


def rows_known() -> int:
    return registry.load(DIGITS).statistics.n


def runs_of_digits() -> list[object]:
    return list(connect().search_runs([experiment_id(DIGITS)]))
