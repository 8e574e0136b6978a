"""Backfill and plans: which batches a window selects, and what a dry run says without changing anything."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import tasks.data.ingestion
from flows.cli import learning
from flows.engine.all_datasets import joined_outcome
from flows.engine.batch_selection import UNKNOWN, Selection, moment
from flows.engine.outcome import Outcome
from flows.learning.retrain import retrain
from greenlightning.errors import InputError
from tasks.core.constants import Alias, Metric
from tasks.core.energy_cost import EnergyCost
from tasks.core.workspace import Workspace
from tasks.models import registry
from tasks.scheduling.cost_estimate import PlannedBatch, RetrainingPlan, RunCost, combined_plan, estimate
from tasks.tracking.client import connect, experiment_id
from tests.helpers.digits import DIGITS, FIRST, SECOND, THIRD, add, drop, outcome

# --- windows ----------------------------------------------------------------------------------------------------


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


def test_the_command_line_hands_window_names_and_dry_run_on(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, object] = {}
    monkeypatch.setattr(learning, "run", lambda flow, as_json, **parameters: given.update(parameters))
    window = ["--from", "2026-11-03", "--to", "2026-11-04T06:30", "--dry-run"]
    assert CliRunner().invoke(learning.commands, ["retrain", "-d", DIGITS, *window]).exit_code == 0
    asked = {name: given[name] for name in ("landed_from", "landed_to", "dry_run", "batches")}
    assert list(asked.values()) == ["2026-11-03", "2026-11-04T06:30", True, None]
    names = ["--batches", "a,b, c", "--batch", "d"]
    assert CliRunner().invoke(learning.commands, ["retrain", "-d", DIGITS, *names]).exit_code == 0
    assert (given["batches"], given["dry_run"]) == (["a", "b", "c", "d"], False)


# --- estimates --------------------------------------------------------------------------------------------------


def measured(rows: int, seconds: float, joules: float) -> RunCost:
    return RunCost(rows, EnergyCost(seconds, joules, joules / 100, "rapl"))


def test_an_estimate_is_the_line_through_what_was_measured() -> None:
    history = [measured(rows, 2 + rows / 100, 10 + rows / 10) for rows in (100, 200, 400)]
    found = estimate(history, 1000)
    assert (found.seconds, found.joules) == pytest.approx((12, 110))
    assert found.source == "estimated:line-through-3-retrainings(rapl)"


def test_one_run_that_was_slow_for_another_reason_does_not_bend_the_line() -> None:
    history = [measured(rows, rows / 100, rows / 10) for rows in (100, 200, 300, 400, 500)]
    slow = [*history[:-1], measured(500, 90, 9000)]
    assert estimate(slow, 1000).joules == pytest.approx(estimate(history, 1000).joules) == pytest.approx(100)


def test_from_one_size_alone_the_estimate_is_the_most_that_it_can_be() -> None:
    history = [measured(200, seconds, 40) for seconds in (3, 4, 8)]
    assert (estimate(history, 100).seconds, estimate(history, 100).joules) == (4, 40)
    assert (estimate(history, 600).seconds, estimate(history, 600).joules) == (12, 120)
    assert estimate(history, 600).source == "estimated:at-most-by-3-retraining(s)(rapl)"


SIZES = st.lists(st.tuples(st.integers(1, 10**6), st.floats(0, 1e6)), min_size=1, max_size=6)


@given(SIZES, st.integers(1, 10**6))
def test_an_estimate_is_never_negative_and_never_falls_with_rows(runs: list[tuple[int, float]], rows: int) -> None:
    history = [measured(size, cost, cost) for size, cost in runs]
    assert 0 <= estimate(history, rows).joules <= estimate(history, 2 * rows).joules


def test_several_plans_are_told_as_one() -> None:
    plans = [Outcome(state="Planned", dataset=name, reason="2 batches") for name in ("digits", "letters")]
    rest = Outcome(state="Nothing to learn", dataset="shapes", reason="No new batches")
    assert joined_outcome([rest, *plans]).state == "Planned"


# --- the flow ---------------------------------------------------------------------------------------------------


def plan(rows: int, joules: float | None) -> RetrainingPlan:
    batch = PlannedBatch(batch="b", source="s", rows=rows, landed_at="2026-11-25")
    estimated = None if joules is None else EnergyCost(1.0, joules, 0.0, "estimated:test")
    return RetrainingPlan(batches=(batch,) if rows else (), rows=rows, rows_known=1000, estimated=estimated)


def test_several_plans_add_up_and_what_is_unknown_of_one_is_unknown_of_all() -> None:
    both = combined_plan([plan(100, 2.0), plan(50, 0.5), plan(0, None)])
    assert (both.rows, len(both.batches), both.rows_known) == (150, 2, 2000)
    assert both.estimated == EnergyCost(2.0, 2.5, 0.0, "estimated:test")
    assert combined_plan([plan(100, 2.0), plan(50, None)]).estimated is None
    ends = [
        Outcome(state="Planned", dataset=name, reason="-", health=h) for name, h in (("a", "green"), ("b", "red"))
    ]
    assert joined_outcome(ends).health == "red"


def landed_on(day: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lands next lands at noon of ``day``."""
    monkeypatch.setattr(tasks.data.ingestion, "_iso", lambda _: f"{day}T12:00:00+00:00")


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
