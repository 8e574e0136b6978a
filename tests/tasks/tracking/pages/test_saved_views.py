"""Saved views of MLflow's experiment page."""

import json
from typing import Any

import pytest

from tasks.core.constants import SERIES, Metric, SharedParam
from tasks.tracking.pages.saved_views import COMPARISON, RETRAININGS, VIEW_TAG, saved_views


def state_of(key: str) -> Any:
    return json.loads(json.loads(saved_views()[f"{VIEW_TAG}{key}"])["state"])


def test_the_retrainings_have_a_row_each_with_decision_scores_joules_health_and_file() -> None:
    state = state_of(RETRAININGS)
    assert (
        state["selectedColumns"]
        == state["columnOrder"]
        == [
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
    )
    assert (state["orderByKey"], state.get("searchFilter")) == ("attributes.start_time", None)


def test_the_curves_of_several_trainings_lie_in_one_chart_for_each_metric() -> None:
    charts = state_of(RETRAININGS)["compareRunCharts"]
    curves = {chart["metricKey"]: chart["xAxisKey"] for chart in charts if chart["type"] == "LINE"}
    assert curves == dict.fromkeys(SERIES, "step")


def test_the_comparison_draws_methods_by_our_metrics_and_parameters() -> None:
    charts = {chart["uuid"]: chart for chart in state_of(COMPARISON)["compareRunCharts"]}
    assert charts["scatter"]["xaxis"]["key"] == Metric.JOULES
    assert SharedParam.METHOD in charts["parallel"]["selectedParams"]


@pytest.mark.parametrize("key", [RETRAININGS, COMPARISON])
def test_the_charts_lie_in_our_sections_and_mlflows_own_are_folded(key: str) -> None:
    state = state_of(key)
    sections = {section["uuid"]: section["display"] for section in state["compareRunSections"]}
    assert {sections[chart["metricSectionId"]] for chart in state["compareRunCharts"]} == {True}
    assert (sections["all"], sections["system"]) == (False, False)
