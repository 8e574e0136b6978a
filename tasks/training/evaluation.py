"""Evaluation on the fixed holdout: scores, confusion matrix, and the comparison with the champion."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from prefect import task

from greenlightning.energy.meter import EnergyMeter
from greenlightning.evaluation.scores import Comparison, Decision, compare, evaluate, gate
from tasks.core import progress
from tasks.core.constants import Metric, Part, Subject
from tasks.core.energy_cost import EnergyCost
from tasks.data.batch_index import BatchRef
from tasks.data.ingestion import load_batch
from tasks.data.versioning import checkout
from tasks.models import registry
from tasks.tracking.client import connect
from tasks.tracking.inputs import log_batch_input
from tasks.tracking.metrics import log_energy, log_metrics, of_subject
from tasks.tracking.runs import part_run

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from greenlightning.data.labels import Label
    from greenlightning.evaluation.scores import Evaluation

SCORED = (Metric.ACCURACY, Metric.MACRO_F1, Metric.LOG_LOSS, Metric.ECE)


def scores(evaluation: "Evaluation") -> dict[str, float]:
    """The scores of an evaluation that are logged to MLflow."""
    return {str(name): getattr(evaluation, name) for name in SCORED}


@dataclass(frozen=True)
class EvaluationResult:
    """A model's scores on the holdout, the energy spent, and the gate's decision if there is a margin."""

    scores: dict[str, float]
    spent: EnergyCost
    decision: Decision | None = None


@task(task_run_name="evaluate {dataset}", persist_result=False)
def evaluate_model(
    dataset: str,
    model_dir: Path,
    holdout: BatchRef,
    run_id: str,
    champion: registry.VersionInfo | None = None,
    margin: float | None = None,
) -> EvaluationResult:
    """Score the saved model on the holdout, and the champion if given; log the scores and the confusion matrix.

    With a ``margin`` the gate compares the two. Retraining compares its candidate elsewhere, so this serves
    first training and federation.
    """
    from greenlightning.model import GreenLightningModel
    from tasks.figures.run_figures import confusion_figure

    X, y = load_batch(checkout(holdout))
    with part_run(run_id, Part.EVALUATION) as part:
        with EnergyMeter() as meter:
            model = GreenLightningModel.load(model_dir)
            proba = model.predict_proba(X)
            found = evaluate(y, proba, model.classes)
        connect().log_text(run_id, confusion_figure(found.confusion, found.classes), "confusion.svg")
        log_batch_input(run_id, holdout, role="holdout")
        values, decision = scores(found), None
        if champion is not None:
            serving = registry.load_version(champion)
            champion_proba = serving.predict_proba(X)
            values |= of_subject(scores(evaluate(y, champion_proba, serving.classes)), Subject.CHAMPION)
            if margin is not None:
                comparison = compare(
                    correct_rows(proba, model.classes, y),
                    correct_rows(champion_proba, serving.classes, y),
                    margin,
                    seed=0,
                )
                values, decision = values | gate_metrics(comparison), gate(comparison)
        log_metrics(run_id, values)
        spent = EnergyCost.of(meter.energy)
        log_energy(part, spent, metrics=scores(found))
    progress.report_progress("evaluation", 1, 1)
    return EvaluationResult(scores(found), spent, decision)


def correct_rows(
    proba: "NDArray[np.float64]", classes: "Sequence[Label]", y: "NDArray[np.generic]"
) -> "NDArray[np.bool_]":
    """Whether each row is classified correctly, from probabilities (n, k) of ``classes`` (k,) and labels (n,)."""
    return np.asarray(np.asarray(classes)[proba.argmax(axis=1)] == y)


def gate_metrics(on_holdout: Comparison) -> dict[str, float]:
    """The metrics of the paired comparison on the holdout."""
    return {
        Metric.GATE_DIFFERENCE: on_holdout.difference,
        Metric.GATE_LOWER: on_holdout.low,
        Metric.GATE_UPPER: on_holdout.high,
        Metric.GATE_MARGIN: on_holdout.margin,
    }
