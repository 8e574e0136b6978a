"""Saved views of MLflow's experiment page: columns, charts and axes."""

import json
from collections.abc import Mapping
from typing import Any

from tasks.core.constants import Metric, SharedParam, Tag

VIEW_TAG = "mlflow.sharedViewState."
COMPARISON = "compare-methods"
"""Key of the view that compares GreenLightning with the baselines."""

COLUMNS = (Metric.ACCURACY, Metric.R2, Metric.JOULES, Metric.SECONDS, Metric.JOULES_AVOIDED)
AXES = (SharedParam.METHOD, SharedParam.ROWS, SharedParam.EPOCHS, SharedParam.FEATURES)


def saved_views() -> dict[str, str]:
    """Experiment tags of the saved views; MLflow 3.17 reads the state of its page, as JSON, from such a tag."""
    envelope = {"name": "GreenLightning and baselines", "createdAt": 0, "state": json.dumps(_comparison())}
    return {f"{VIEW_TAG}{COMPARISON}": json.dumps(envelope)}


def _comparison() -> dict[str, Any]:
    columns = [
        "attributes.`Models`",
        *(f"metrics.`{name}`" for name in COLUMNS),
        f"params.`{SharedParam.METHOD}`",
        f"params.`{SharedParam.ROWS}`",
        f"tags.`{Tag.DECISION}`",
    ]
    axes = {"selectedParams": [*AXES], "selectedMetrics": [Metric.JOULES, Metric.ACCURACY], "showAllRuns": True}
    charts = [
        _chart("parallel", "PARALLEL", "how") | axes,
        _chart("scatter", "SCATTER", "what") | {"xaxis": _axis(Metric.JOULES), "yaxis": _axis(Metric.ACCURACY)},
        _chart("accuracy", "BAR", "what") | {"metricKey": Metric.ACCURACY},
        _chart("r2", "BAR", "what") | {"metricKey": Metric.R2},
        _chart("joules", "BAR", "what") | {"metricKey": Metric.JOULES},
    ]
    sections = [
        _section("how", "How each run made its model, and its results") | {"columns": 1, "cardHeight": 420},
        _section("what", "Accuracy against joules"),
        _section("all", "Model metrics", display=False, isGenerated=True),
        _section("system", "System metrics", display=False, isGenerated=True),
    ]
    return {
        "orderByKey": "attributes.start_time",
        "orderByAsc": False,
        "selectedColumns": columns,
        "runsHiddenMode": "SHOWALL",
        "compareRunCharts": charts,
        "compareRunSections": sections,
        "isAccordionReordered": True,
        "hideEmptyCharts": True,
    }


def _chart(key: str, kind: str, section: str) -> dict[str, Any]:
    place = {"uuid": key, "type": kind, "metricSectionId": section}
    return place | {"runsCountToCompare": 100, "deleted": False, "isGenerated": False}


def _axis(name: Metric) -> Mapping[str, str]:
    return {"key": name, "type": "METRIC"}


def _section(key: str, title: str, *, display: bool = True, isGenerated: bool = False) -> dict[str, Any]:
    shown = {"display": display, "isGenerated": isGenerated}
    return {"uuid": key, "name": title, "isReordered": False, "deleted": False, **shown}
