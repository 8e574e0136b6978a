"""Scores of a model on labelled rows, alike for labels and for real targets: answers, metrics, findings."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from greenlightning.evaluation.answers import Answers, RealAnswers, terms_of
from greenlightning.evaluation.comparison import Comparison, compare
from greenlightning.evaluation.findings import class_findings, regression_findings
from greenlightning.evaluation.regression import RegressionEvaluation, evaluate_regression
from greenlightning.evaluation.score import Score
from greenlightning.evaluation.scores import evaluate_answers
from greenlightning.linear.probabilities import UNCALIBRATED, class_probabilities
from tasks.core.constants import SIDES, Metric, Tag
from tasks.core.settings import Deciding
from tasks.data.batch_index import BatchRef
from tasks.models.class_weights import is_balanced
from tasks.tracking.metrics import log_metrics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from greenlightning.evaluation.scores import Evaluation
    from greenlightning.model import GreenLightningModel

OUTPUTS = "holdout_outputs.npz"
CLASS_METRICS = (Metric.ACCURACY, Metric.BALANCED_ACCURACY, Metric.MACRO_F1, Metric.LOG_LOSS, Metric.ECE)
REAL_METRICS = (Metric.RMSE, Metric.MAE, Metric.R2)
WITH_INTERVAL = (Metric.ACCURACY, Metric.BALANCED_ACCURACY, Metric.MACRO_F1)


def answers_of(
    model: "GreenLightningModel", X: "NDArray[np.generic]", y: "NDArray[np.generic]"
) -> Answers | RealAnswers:
    """What ``model`` answers to inputs (n, d) with labels or real targets ``y``."""
    return answers_from(model, model.decision_function(X), y)


def uncalibrated(model: "GreenLightningModel") -> "GreenLightningModel":
    """The model as it was before its probabilities were calibrated."""
    return replace(model, calibration=UNCALIBRATED)


def answers_from(
    model: "GreenLightningModel", outputs: "NDArray[np.float64]", y: "NDArray[np.generic]"
) -> Answers | RealAnswers:
    """What ``model`` answers, from its linear outputs (n, k)."""
    if model.targets.task == "regression":
        return RealAnswers.of(y, model.targets.restored(outputs))
    proba = class_probabilities(outputs, model.calibrated)
    return replace(Answers.of(y, proba, model.classes, model.rule), balanced=is_balanced(model.targets))


def answers_of_all(
    models: "Sequence[GreenLightningModel]", X: "NDArray[np.generic]", y: "NDArray[np.generic]"
) -> list[Answers | RealAnswers]:
    """Answers of models; where all have one recipe, path features are computed once for all."""
    found = outputs_of_all(models, X)
    return [answers_from(model, outputs, y) for model, outputs in zip(models, found, strict=True)]


def outputs_of_all(
    models: "Sequence[GreenLightningModel]", X: "NDArray[np.generic]"
) -> "list[NDArray[np.float64]]":
    """Linear outputs (n, k) of models; where all have one recipe, path features are computed once for all."""
    if len({model.paths.digest for model in models}) > 1:
        return [model.decision_function(X) for model in models]
    found: list[list[NDArray[np.float64]]] = [[] for _ in models]
    for _, features in models[0].paths.blocks(X, memory_budget=models[0].memory_budget):
        for model, blocks in zip(models, found, strict=True):
            blocks.append(model.score(features))
    return [np.concatenate(blocks) for blocks in found]


def keep_outputs(
    folder: Path, model: "GreenLightningModel", holdout: BatchRef, outputs: "NDArray[np.float64]"
) -> None:
    """Keep in the scratch ``folder`` what ``model`` answers on the holdout, for its evaluation."""
    np.savez(folder / OUTPUTS, outputs=outputs, of=np.array(_named(model, holdout)))


def kept_outputs(folder: Path, model: "GreenLightningModel", holdout: BatchRef) -> "NDArray[np.float64] | None":
    """What ``keep_outputs`` kept of this very model and holdout, else None."""
    if not (folder / OUTPUTS).is_file():
        return None
    with np.load(folder / OUTPUTS, allow_pickle=False) as kept:
        return np.asarray(kept["outputs"]) if str(kept["of"]) == _named(model, holdout) else None


def _named(model: "GreenLightningModel", holdout: BatchRef) -> str:
    return f"{model.statistics.digest} {model.alpha!r} {holdout.md5}"


def evaluation_of(answers: Answers | RealAnswers) -> "Evaluation | RegressionEvaluation":
    """The scores of some answers."""
    if isinstance(answers, RealAnswers):
        return evaluate_regression(answers.truth, answers.predicted)
    return evaluate_answers(answers)


def scores(found: "Evaluation | RegressionEvaluation") -> dict[str, float]:
    """The scores that are logged to MLflow."""
    if isinstance(found, RegressionEvaluation):
        return {str(name): getattr(found, name) for name in REAL_METRICS}
    costs = (Metric.COST,) if found.answers.rule.costs else ()
    return {str(name): getattr(found, name) for name in (*CLASS_METRICS, *costs)}


def intervals(found: "Evaluation | RegressionEvaluation") -> dict[str, float]:
    """The ends of the 95 % intervals of the scores that are shown with one."""
    ends = {
        name: found.interval(name) if isinstance(found, RegressionEvaluation) else found.interval(Score(name))
        for name in (REAL_METRICS if isinstance(found, RegressionEvaluation) else WITH_INTERVAL)
    }
    return {f"{name}_{side}": end for name, pair in ends.items() for side, end in zip(SIDES, pair, strict=True)}


def gate_score(deciding: Deciding, answers: Answers | RealAnswers) -> Score:
    """The score that the gate compares: the one asked for, else accuracy for labels and RMSE for real targets.

    With balanced class weights it is balanced accuracy: accuracy would undo the weights.
    """
    if deciding.metric != "auto":
        return Score(deciding.metric)
    if isinstance(answers, RealAnswers):
        return Score.RMSE
    if deciding.costs or answers.rule.costs:
        return Score.COST
    return Score.BALANCED_ACCURACY if answers.balanced else Score.ACCURACY


def compared(deciding: Deciding, challenger: Answers | RealAnswers, champion: Answers | RealAnswers) -> Comparison:
    """The challenger's answers against the champion's, by the score that ``deciding`` asks for."""
    score = gate_score(deciding, challenger)
    return compare(terms_of(score, challenger, champion), deciding.margin, score=score)


def log_gate(run_id: str, on_holdout: Comparison, more: Mapping[str, float]) -> None:
    """Log the paired comparison on the holdout, and ``more`` metrics with it."""
    log_metrics(run_id, gate_metrics(on_holdout) | dict(more), {Tag.GATE_SCORE: str(on_holdout.score)})


def gate_metrics(on_holdout: Comparison) -> dict[str, float]:
    """The metrics of the paired comparison on the holdout."""
    return {
        Metric.GATE_DIFFERENCE: on_holdout.difference,
        Metric.GATE_LOWER: on_holdout.low,
        Metric.GATE_UPPER: on_holdout.high,
        Metric.GATE_MARGIN: on_holdout.margin,
    }


def findings(model: "GreenLightningModel", answers: Answers | RealAnswers, deciding: Deciding) -> tuple[str, ...]:
    """What a reader should know about the model before it serves, one line each."""
    score = gate_score(deciding, answers)
    if isinstance(answers, RealAnswers):
        return regression_findings(answers, score)
    return class_findings(answers, model.statistics.counts, score)
