"""The cost of a retraining before it runs: a line through measured retrainings of the same recipe and device."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenlightning.model import GreenLightningModel
from tasks.core.constants import Kind, Metric, Params, Tag
from tasks.core.energy_cost import EnergyCost
from tasks.energy.from_scratch import NetworkRate
from tasks.scheduling.cost_estimate import (
    PlannedBatch,
    RetrainingPlan,
    RunCost,
    combined_plan,
    estimate,
    plan_retraining,
)
from tasks.tracking.metrics import log_metrics, log_params
from tasks.tracking.runs import flow_run
from tests.helpers.versions import register_in_a_run


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


def plan(rows: int, joules: float | None) -> RetrainingPlan:
    batch = PlannedBatch(batch="b", source="s", rows=rows, landed_at="2026-11-25")
    estimated = None if joules is None else EnergyCost(1.0, joules, 0.0, "estimated:test")
    return RetrainingPlan(batches=(batch,) if rows else (), rows=rows, rows_known=1000, estimated=estimated)


def test_several_plans_add_up_and_what_is_unknown_of_one_is_unknown_of_all() -> None:
    both = combined_plan([plan(100, 2.0), plan(50, 0.5), plan(0, None)])
    assert (both.rows, len(both.batches), both.rows_known) == (150, 2, 2000)
    assert both.estimated == EnergyCost(2.0, 2.5, 0.0, "estimated:test")
    assert combined_plan([plan(100, 2.0), plan(50, None)]).estimated is None


def retrained(rows: int, joules: float, recipe: str, device: str = "cpu") -> None:
    """A tracked retraining that touched ``rows`` and spent ``joules`` in a tenth of as many seconds."""
    with flow_run("digits", Kind.RETRAIN) as run_id:
        log_params(run_id, {"recipe_digest": recipe}, Params.MODEL)
        log_params(run_id, {"device": device}, Params.FLOW)
        spent = {Metric.JOULES: joules, Metric.SECONDS: joules / 10, Metric.GCO2E: 0.0}
        log_metrics(run_id, {Metric.ROWS_TOUCHED: rows, **spent}, {Tag.ENERGY_SOURCE: "rapl"})


def planned(*batches: PlannedBatch) -> RetrainingPlan:
    return plan_retraining.fn("digits", 1, batches, "cpu")


RATE = NetworkRate(EnergyCost(0.1 / 46, 2 / 46), "classification")
"""Of 21 to 100 epochs, 46 by the geometric mean, at 0.1 s and 2 J a row."""
BATCH = PlannedBatch(batch="b", source="s", rows=300, landed_at="2026-11-25")


@pytest.mark.usefixtures("mlflow_home")
def test_a_plan_compares_measured_retrainings_with_training_from_scratch(
    tiny_model: GreenLightningModel, tmp_path: Path
) -> None:
    register_in_a_run(tiny_model, tmp_path / "model", **RATE.tags)
    recipe = tiny_model.paths.digest
    for rows in (100, 200):
        retrained(rows, rows / 10, recipe)
        retrained(rows, 5000.0, "another recipe")
        retrained(rows, 5000.0, recipe, device="cuda")
    plan = planned(BATCH)
    assert (plan.rows, plan.rows_known) == (300, 30)
    assert plan.estimated and plan.from_scratch and plan.avoided
    assert plan.estimated.joules == pytest.approx(30)  # 0.1 J a row
    assert plan.from_scratch.joules == pytest.approx(660)  # 2 J for each of 30 + 300 rows
    assert plan.from_scratch.within == pytest.approx((660 * 21 / 46, 660 * 100 / 46))
    assert plan.avoided.joules == pytest.approx(630)
    assert plan.estimated.source == "estimated:line-through-2-retrainings(rapl)"
    assert (plan.from_scratch.seconds, plan.avoided.seconds) == pytest.approx((33, 30))


@pytest.mark.usefixtures("mlflow_home")
def test_a_plan_without_batches_or_measurements_has_no_cost(
    tiny_model: GreenLightningModel, tmp_path: Path
) -> None:
    register_in_a_run(tiny_model, tmp_path / "model")
    assert planned() == RetrainingPlan(batches=(), rows=0, rows_known=30)
    assert planned(BATCH) == RetrainingPlan(batches=(BATCH,), rows=300, rows_known=30)


def test_the_costs_of_a_plan_are_those_that_are_known() -> None:
    assert plan(100, None).costs == {}
    assert plan(100, 2.0).costs == {"would cost": EnergyCost(1.0, 2.0, 0.0, "estimated:test")}
