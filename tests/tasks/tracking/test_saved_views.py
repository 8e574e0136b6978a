"""Saved views of MLflow's experiment page."""

import json

from tasks.core.constants import Metric, SharedParam
from tasks.tracking.saved_views import COMPARISON, VIEW_TAG, saved_views


def test_the_saved_view_draws_methods_by_our_metrics_and_parameters() -> None:
    [(tag, value)] = saved_views().items()
    assert tag == f"{VIEW_TAG}{COMPARISON}"
    state = json.loads(json.loads(value)["state"])
    charts = {chart["uuid"]: chart for chart in state["compareRunCharts"]}
    assert charts["scatter"]["xaxis"]["key"] == Metric.JOULES
    assert SharedParam.METHOD in charts["parallel"]["selectedParams"]
    sections = {section["uuid"] for section in state["compareRunSections"]}
    assert {chart["metricSectionId"] for chart in charts.values()} <= sections
