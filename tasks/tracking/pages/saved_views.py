"""Saved views of MLflow's experiment page: columns, charts and axes."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tasks.core.constants import CURVES, SERIES, Kind, Metric, SharedParam, Tag

VIEW_TAG = "mlflow.sharedViewState."
RETRAININGS = "retrainings"
"""Key of the view that lists the retrainings, a row each; the references and the parts of each are below it."""
TRAININGS = "trainings"
"""Key of the view that overlays the curves of the runs that trained a structure, and draws nothing else."""
COMPARISON = "compare-methods"
"""Key of the view that compares GreenLightning with the baselines."""

BEFORE = {"attributes.`Run Name`": 148, "runDateAndNestInfo": 88}
"""MLflow's own columns before the row, name and age; its check box takes 73 pixels."""
ROW = (
    ("tags", Tag.VERSION, 72),
    ("tags", Tag.DECISION, 84),
    ("metrics", Metric.ACCURACY, 82),
    ("metrics", Metric.MACRO_F1, 84),
    ("metrics", Metric.LOG_LOSS, 82),
    ("metrics", Metric.R2, 80),
    ("metrics", Metric.WHOLE_RUN_JOULES, 134),
    ("metrics", Metric.JOULES, 74),
    ("metrics", Metric.JOULES_AVOIDED, 118),
    ("params", SharedParam.ROWS, 58),
    ("tags", Tag.HEALTH, 68),
    ("params", SharedParam.SETTLED_AT, 88),
    ("tags", Tag.BATCH_FILES, 88),
)
"""The columns of the retrainings: what MLflow keeps each as, its name, its width in pixels.

All of them are on a screen of 1,600 pixels; a run has either the scores of classes or R².
"""
ELSEWHERE = (
    Kind.ROLLBACK,
    Kind.REPRODUCE,
    Kind.PROMOTE,
    Kind.MAINTENANCE,
    Kind.SCORE,
    Kind.ACCEPT,
    Kind.DISCARD,
    Kind.RELEARN,
)
"""Runs that learn nothing: they are no rows of the retrainings."""
AXES = (SharedParam.METHOD, SharedParam.ROWS, SharedParam.EPOCHS, SharedParam.FEATURES)
UNSMOOTHED = {"xAxisKey": "step", "lineSmoothness": 0, "useGlobalLineSmoothing": False}
RESULTS = (Metric.ACCURACY, Metric.R2, Metric.LOG_LOSS, Metric.JOULES, Metric.WHOLE_RUN_JOULES)


def saved_views() -> dict[str, str]:
    """Experiment tags of the saved views; MLflow 3.17 reads the state of its page, as JSON, from such a tag."""
    views = {
        RETRAININGS: ("Retrainings", _retrainings()),
        TRAININGS: ("Trainings, epoch by epoch", _trainings()),
        COMPARISON: ("GreenLightning and baselines", _comparison()),
    }
    return {
        f"{VIEW_TAG}{key}": json.dumps({"name": name, "createdAt": 0, "state": json.dumps(state)})
        for key, (name, state) in views.items()
    }


def _retrainings() -> dict[str, Any]:
    """The newest first, which is the one order in which MLflow puts nested runs below their parents."""
    columns = [_column(kind, name) for kind, name, _ in ROW]
    sections = [_section("curves", "Trainings, epoch by epoch"), _section("results", "Results of each run")]
    return _view(columns, [*_curves("curves"), *_bars("results")], sections) | {
        "searchFilter": " AND ".join(f"tags.`{Tag.KIND}` != '{kind}'" for kind in ELSEWHERE),
        "columnOrder": [*BEFORE, *columns],
        "columnWidths": BEFORE | {_column(kind, name): width for kind, name, width in ROW},
        "runsHiddenMode": "FIRST_20_RUNS",
    }


def _trainings() -> dict[str, Any]:
    columns = [_column("tags", Tag.VERSION), _column("params", SharedParam.SETTLED_AT)]
    sections = [_section("curves", "Trainings, epoch by epoch")]
    return _view(columns, [*_curves("curves")], sections) | {
        "searchFilter": f"metrics.{Metric.EPOCHS} > 0 AND tags.`{Tag.VERSION}` LIKE '%'",
        "runsHiddenMode": "FIRST_20_RUNS",
    }


def _comparison() -> dict[str, Any]:
    columns = [
        "attributes.`Models`",
        *(_column("metrics", name) for name in (*RESULTS, Metric.SECONDS, Metric.JOULES_AVOIDED)),
        _column("params", SharedParam.METHOD),
        _column("params", SharedParam.ROWS),
        _column("tags", Tag.DECISION),
    ]
    axes = {"selectedParams": [*AXES], "selectedMetrics": [Metric.JOULES, Metric.ACCURACY], "showAllRuns": True}
    charts = [
        _chart("parallel", "PARALLEL", "how") | axes,
        _chart("scatter", "SCATTER", "what") | {"xaxis": _axis(Metric.JOULES), "yaxis": _axis(Metric.ACCURACY)},
        *_bars("what"),
    ]
    sections = [
        _section("how", "How each run made its model, and its results") | {"columns": 1, "cardHeight": 420},
        _section("what", "Accuracy against joules"),
    ]
    return _view(columns, charts, sections) | {
        "searchFilter": f"params.{SharedParam.METHOD} LIKE '%'",
        "runsHiddenMode": "SHOW_ALL",
    }


def _view(columns: list[str], charts: list[dict[str, Any]], sections: list[dict[str, Any]]) -> dict[str, Any]:
    """A view of those columns and charts; what MLflow would draw by itself, a bar for each number, is folded."""
    return {
        "orderByKey": "attributes.start_time",
        "orderByAsc": False,
        "selectedColumns": columns,
        "compareRunCharts": charts,
        "compareRunSections": [
            *sections,
            _section("epochs", CURVES.removesuffix("/"), display=False, isGenerated=True),
            _section("all", "Model metrics", display=False, isGenerated=True),
            _section("system", "System metrics", display=False, isGenerated=True),
        ],
        "isAccordionReordered": True,
        "hideEmptyCharts": True,
    }


def _column(kind: str, name: str) -> str:
    return f"{kind}.`{name}`"


def _curves(section: str) -> Iterable[dict[str, Any]]:
    return (_chart(f"curve-{name}", "LINE", section) | UNSMOOTHED | {"metricKey": name} for name in SERIES)


def _bars(section: str) -> Iterable[dict[str, Any]]:
    return (_chart(f"bar-{name}", "BAR", section) | {"metricKey": name} for name in RESULTS)


def _chart(key: str, kind: str, section: str) -> dict[str, Any]:
    place = {"uuid": key, "type": kind, "metricSectionId": section}
    return place | {"runsCountToCompare": 100, "deleted": False, "isGenerated": False}


def _axis(name: Metric) -> Mapping[str, str]:
    return {"key": name, "type": "METRIC"}


def _section(key: str, title: str, *, display: bool = True, isGenerated: bool = False) -> dict[str, Any]:
    shown = {"display": display, "isGenerated": isGenerated}
    return {"uuid": key, "name": title, "isReordered": False, "deleted": False, **shown}
