"""Metrics have the documented names, energy its source, and a settling series one value an epoch."""

import pytest

from greenlightning.errors import InputError
from greenlightning.structure.settling import EpochRecord, SettlingHistory, SettlingRule
from tasks.core.constants import CURVES, SERIES, Kind, Metric, Params, Subject, Tag
from tasks.core.energy_cost import EnergyCost
from tasks.tracking.client import connect
from tasks.tracking.metrics import (
    log_energy,
    log_evaluation,
    log_metrics,
    log_params,
    log_settling,
    rounded,
)
from tasks.tracking.runs import flow_run

pytestmark = pytest.mark.usefixtures("mlflow_home")


def record(epoch: int, flips: float, weights: float) -> EpochRecord:
    return EpochRecord(epoch, flips, weights, 0.7, 0.4, 0.3, 0.9, 1.0 / epoch)


def test_settling_is_a_series_with_one_value_an_epoch() -> None:
    records = [record(1, 1.0, 1.0), record(2, 0.05, 0.5), record(3, 0.01, 0.09)]
    history = SettlingHistory(SettlingRule(tolerance=0.02, patience=1), records)
    with flow_run("digits", Kind.TRAIN) as run_id:
        log_settling(run_id, history)
    client = connect()
    series = {name: client.get_metric_history(run_id, name) for name in SERIES}
    assert all([point.step for point in points] == [1, 2, 3] for points in series.values())
    assert [point.value for point in series[Metric.FLIP_RATE]] == [1.0, 0.05, 0.01]
    assert [point.value for point in series[Metric.WEIGHT_CHANGE]] == [1.0, 0.5, 0.09]
    curve = client.get_metric_history(run_id, f"{CURVES}{Metric.FLIP_RATE}")
    assert [(point.step, point.value) for point in curve] == [(1, 1.0), (2, 0.05), (3, 0.01)]
    final = client.get_run(run_id).data.metrics
    assert (final["epochs"], final["settled"], final["settling_ratio"]) == (3, 1, 1.5)


def test_a_settling_series_longer_than_one_request_is_logged_whole() -> None:
    history = SettlingHistory(SettlingRule(), [record(n, 0.5, 0.5) for n in range(1, 201)])
    with flow_run("digits", Kind.TRAIN) as run_id:
        log_settling(run_id, history)
    points = connect().get_metric_history(run_id, Metric.TRAIN_LOSS)
    assert [point.value for point in points] == [rounded(1.0 / n) for n in range(1, 201)]
    assert Metric.SETTLING_RATIO not in connect().get_run(run_id).data.metrics


def test_scores_and_energy_have_the_documented_names_and_energy_its_source() -> None:
    with flow_run("digits", Kind.RETRAIN) as run_id:
        log_evaluation(run_id, {"accuracy": 0.9, "log_loss": 0.3})
        log_evaluation(run_id, {"accuracy": 0.8}, Subject.CHAMPION_FRESH)
        avoided = EnergyCost(8.0, 70.0, 0.02, "estimated:cpu-tdp", (30.0, 90.0))
        log_energy(run_id, EnergyCost(2.0, 30.0, 0.01, "measured:rapl"), avoided=avoided)
        log_params(run_id, {"alpha": "auto", "seed": 0}, Params.FLOW)
        log_metrics(run_id, {Metric.ROWS_TOUCHED: 120})
    data = connect().get_run(run_id).data
    scores = {"accuracy": 0.9, "log_loss": 0.3, "champion_fresh_accuracy": 0.8, "rows_touched": 120}
    energy = {"seconds": 2.0, "joules": 30.0, "gco2e": 0.01}
    saved = {
        "seconds_avoided": 8.0,
        "joules_avoided": 70.0,
        "joules_avoided_least": 30.0,
        "joules_avoided_most": 90.0,
        "gco2e_avoided": 0.02,
    }
    own = {name: value for name, value in data.metrics.items() if not name.startswith("whole_run_")}
    assert own == scores | energy | saved
    assert data.tags[Tag.ENERGY_SOURCE] == "measured:rapl"
    assert data.tags[Tag.ENERGY_AVOIDED_SOURCE] == "estimated:cpu-tdp"
    assert data.params == {"flow.alpha": "auto", "flow.seed": "0"}


def test_an_undocumented_metric_is_refused() -> None:
    with flow_run("digits", Kind.TRAIN) as run_id, pytest.raises(InputError, match="acuracy"):
        log_metrics(run_id, {"acuracy": 0.9})


def test_numbers_have_five_digits_as_mlflow_shows_all_and_counts_have_every_one() -> None:
    assert (rounded(0.9777777), rounded(134.1984), rounded(-0.00012345678)) == (0.97778, 134.2, -0.00012346)
    assert (rounded(1234567), rounded(0)) == (1234567, 0)
