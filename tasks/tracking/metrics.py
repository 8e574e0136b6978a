"""Metrics, parameters and tags of runs, logged in as few requests as MLflow allows."""

import math
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeGuard

from greenlightning.errors import InputError
from tasks.core.constants import CURVES, DOCUMENTED, SERIES, Metric, Params, Subject, Tag
from tasks.core.energy_cost import EnergyCost
from tasks.tracking.client import connect
from tasks.tracking.whole_run import next_share

if TYPE_CHECKING:
    from greenlightning.structure.settling import SettlingHistory


METRICS_PER_REQUEST = 1000
DIGITS = 5
"""Of a logged number: MLflow's tables show every digit of it."""


def log_metrics(run_id: str, values: Mapping[str, float], tags: Mapping[str, str] | None = None) -> None:
    """Log final metrics and tags; InputError for a name that ``docs/metrics.md`` does not document."""
    if unknown := sorted(set(values) - DOCUMENTED):
        raise InputError(f"No metric is called {', '.join(unknown)}", "Use the names of tasks/core/constants.py")
    _log(run_id, [(name, value, 0) for name, value in values.items()], tags)


def log_steps(run_id: str, steps: Sequence[Mapping[str, float]], first: int) -> None:
    """Log the values of successive steps, which are counted from ``first``."""
    _log(run_id, [(name, value, first + at) for at, one in enumerate(steps) for name, value in one.items()])


def log_settling(run_id: str, history: "SettlingHistory") -> None:
    """Log the settling series (``step`` = epoch) and their summary, without what was not measured.

    The series are there twice, as curves with the prefix too.
    """
    names = (*SERIES, Metric.SOLVED_ERROR)
    series = [
        (f"{prefix}{name}", getattr(record, name), record.epoch)
        for record in history.records
        for name in names
        for prefix in ("", CURVES)
    ]
    summary = {
        Metric.EPOCHS: history.epochs,
        Metric.SETTLED: history.settled,
        Metric.SETTLING_RATIO: history.settling_ratio,
    }
    _log(run_id, series + [(name, value, 0) for name, value in summary.items()])


def _log(
    run_id: str, points: Sequence[tuple[str, float | None, int]], tags: Mapping[str, str] | None = None
) -> None:
    """Log (name, value, step) triples, without None and NaN, and tags."""
    from mlflow.entities import Metric as Point
    from mlflow.entities import RunTag

    now = int(time.time() * 1000)
    measured = [Point(name, rounded(value), now, step) for name, value, step in points if _is_measured(value)]
    labels = [RunTag(name, value) for name, value in (tags or {}).items()]
    client = connect()
    for start in range(0, max(len(measured), 1), METRICS_PER_REQUEST):
        client.log_batch(run_id, measured[start : start + METRICS_PER_REQUEST], tags=() if start else labels)


def rounded(value: float) -> float:
    """A number as MLflow shows it, in full: to five digits, or all of a whole number."""
    return float(value) if float(value).is_integer() else float(f"{value:.{DIGITS}g}")


def _is_measured(value: float | None) -> TypeGuard[float]:
    return value is not None and not math.isnan(value)


def of_subject(scores: Mapping[str, float], of: Subject) -> dict[str, float]:
    """The scores under the names of their metrics, such as ``champion_accuracy``."""
    return {f"{of}{name}": value for name, value in scores.items()}


def log_evaluation(run_id: str, scores: Mapping[str, float], of: Subject = Subject.CANDIDATE) -> None:
    """Log the scores of one model on one set of rows."""
    log_metrics(run_id, of_subject(scores, of))


def log_energy(
    run_id: str,
    spent: EnergyCost,
    *,
    avoided: EnergyCost | None = None,
    metrics: Mapping[str, float] | None = None,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Log what a run spent (s, J, g CO2e), with the source of the joules as tag ``energy.source``.

    The same request holds what conventional retraining would have spent beyond it (``avoided``), and further
    ``metrics`` and ``tags``.
    """
    values: dict[str, float] = {
        **(metrics or {}),
        Metric.SECONDS: spent.seconds,
        Metric.JOULES: spent.joules,
        Metric.GCO2E: spent.gco2e,
    }
    labels: dict[str, str] = {**(tags or {}), Tag.ENERGY_SOURCE: spent.source}
    if avoided:
        values |= _avoided(avoided)
        labels[Tag.ENERGY_AVOIDED_SOURCE] = avoided.source
    log_metrics(run_id, values, labels)


def log_avoided(run_id: str, avoided: EnergyCost) -> None:
    """Log what a run avoided, in place of an earlier figure; the range of a measured one is that figure."""
    log_metrics(run_id, _avoided(avoided), {Tag.ENERGY_AVOIDED_SOURCE: avoided.source})


def log_energy_picture(run_id: str, spent: EnergyCost, avoided: EnergyCost) -> None:
    """Draw what a run spent beside a training from scratch (``energy.svg``), in place of an earlier picture."""
    from tasks.figures.run_figures import energy_figure

    scratch = "a network from scratch" + (", estimated" if avoided.within else "")
    joules = {"this run": spent.joules, scratch: spent.joules + avoided.joules}
    picture = energy_figure(joules, f"this run {spent.known}; from scratch {avoided.known}")
    connect().log_text(run_id, picture, "energy.svg")


def _avoided(avoided: EnergyCost) -> dict[str, float]:
    least, most = avoided.bounds
    return {
        Metric.SECONDS_AVOIDED: avoided.seconds,
        Metric.JOULES_AVOIDED: avoided.joules,
        Metric.JOULES_AVOIDED_LEAST: least,
        Metric.JOULES_AVOIDED_MOST: most,
        Metric.GCO2E_AVOIDED: avoided.gco2e,
    }


def log_whole_run(run_id: str) -> None:
    """Log what the run's process has spent on it in all, learning or not."""
    whole = next_share()
    values: dict[str, float] = {
        Metric.WHOLE_RUN_SECONDS: whole.seconds,
        Metric.WHOLE_RUN_JOULES: whole.joules,
        Metric.WHOLE_RUN_GCO2E: whole.gco2e,
    }
    log_metrics(run_id, values)


def log_params(run_id: str, values: Mapping[str, object], of: Params) -> None:
    """Log a flow's parameters or a model's facts under their prefix (``flow.alpha``, ``model.recipe``)."""
    from mlflow.entities import Param

    connect().log_batch(run_id, params=[Param(f"{of}{name}", str(value)) for name, value in values.items()])


def set_tags(run_id: str, tags: Mapping[str, str]) -> None:
    """Tag a run."""
    _log(run_id, [], tags)


def rows_metrics(learnt: dict[str, int], touched: int, quarantined: int) -> dict[str, float]:
    """Metrics of the rows and batches that a run learnt, read and quarantined."""
    return {
        str(Metric.ROWS_LEARNT): sum(learnt.values()),
        str(Metric.ROWS_TOUCHED): touched,
        str(Metric.BATCHES_LEARNT): len(learnt),
        str(Metric.BATCHES_QUARANTINED): quarantined,
    }
