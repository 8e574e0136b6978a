"""Saved views of MLflow's experiment page."""

import json
import re
from typing import Any

import pytest

from tasks.core.constants import LEARNING, SERIES, Kind, Metric, SharedParam
from tasks.tracking.pages.saved_views import COMPARISON, RETRAININGS, TRAININGS, VIEW_TAG, saved_views


def state_of(key: str) -> Any:
    return json.loads(json.loads(saved_views()[f"{VIEW_TAG}{key}"])["state"])


def test_the_retrainings_have_a_row_each_with_decision_scores_joules_health_and_file() -> None:
    state = state_of(RETRAININGS)
    assert state["columnOrder"][-len(state["selectedColumns"]) :] == state["selectedColumns"]
    assert state["selectedColumns"] == [
        "tags.`version`",
        "tags.`decision`",
        "metrics.`accuracy`",
        "metrics.`macro_f1`",
        "metrics.`log_loss`",
        "metrics.`r2`",
        "metrics.`whole_run_joules`",
        "metrics.`joules`",
        "metrics.`joules_avoided`",
        "params.`rows`",
        "tags.`health`",
        "params.`settled_at`",
        "tags.`batch_files`",
    ]
    assert state["orderByKey"] == "attributes.start_time"


def test_every_column_of_the_retrainings_is_on_a_screen_of_1600_pixels() -> None:
    widths = state_of(RETRAININGS)["columnWidths"]
    table, check_box = 1346, 73
    assert sum(width for name, width in widths.items() if name != "metrics.`r2`") <= table - check_box


def test_runs_that_learn_nothing_are_no_rows_of_the_retrainings() -> None:
    left_out = set(re.findall("'([a-z]+)'", state_of(RETRAININGS)["searchFilter"]))
    assert left_out == {*Kind} - LEARNING - {Kind.REFERENCE}


@pytest.mark.parametrize("key", [RETRAININGS, TRAININGS])
def test_the_curves_of_several_trainings_lie_in_one_chart_for_each_metric(key: str) -> None:
    charts = state_of(key)["compareRunCharts"]
    curves = {chart["metricKey"]: chart["xAxisKey"] for chart in charts if chart["type"] == "LINE"}
    assert curves == dict.fromkeys(SERIES, "step")


def test_the_view_of_trainings_has_runs_with_epochs_and_a_version_and_nothing_but_curves() -> None:
    state = state_of(TRAININGS)
    assert state["searchFilter"] == "metrics.epochs > 0 AND tags.`version` LIKE '%'"
    assert {chart["type"] for chart in state["compareRunCharts"]} == {"LINE"}


def test_the_comparison_draws_methods_by_our_metrics_and_parameters() -> None:
    charts = {chart["uuid"]: chart for chart in state_of(COMPARISON)["compareRunCharts"]}
    assert charts["scatter"]["xaxis"]["key"] == Metric.JOULES
    assert SharedParam.METHOD in charts["parallel"]["selectedParams"]


@pytest.mark.parametrize("key", [RETRAININGS, TRAININGS, COMPARISON])
def test_the_charts_lie_in_our_sections_and_mlflows_own_are_folded(key: str) -> None:
    state = state_of(key)
    sections = {section["uuid"]: section["display"] for section in state["compareRunSections"]}
    assert {sections[chart["metricSectionId"]] for chart in state["compareRunCharts"]} == {True}
    assert (sections["epochs"], sections["all"], sections["system"]) == (False, False, False)
