"""Evaluation on the holdout: scores, a figure of the errors, findings, and the champion beside it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from greenlightning.energy.meter import EnergyMeter
from greenlightning.evaluation.comparison import Decision, gate
from greenlightning.evaluation.findings import last_value_finding
from greenlightning.evaluation.score_text import score_text
from tasks.core import progress
from tasks.core.constants import Part, Subject, Tag
from tasks.core.energy_cost import EnergyCost
from tasks.core.moments import now_text
from tasks.core.settings import Deciding
from tasks.core.steps import task
from tasks.data.batch_files import read_content
from tasks.data.batch_index import BatchRef
from tasks.data.event_time import span_text
from tasks.data.sliding_holdout import parts_of
from tasks.data.versioning import checkout
from tasks.models import registry
from tasks.tracking.client import connect
from tasks.tracking.inputs import log_batch_input
from tasks.tracking.metrics import log_energy, log_metrics, of_subject
from tasks.tracking.runs import part_run
from tasks.training.deciding import with_rule
from tasks.training.scoring import (
    answers_from,
    answers_of,
    compared,
    evaluation_of,
    findings,
    gate_score,
    intervals,
    kept_outputs,
    log_gate,
    scores,
)

if TYPE_CHECKING:
    from greenlightning.evaluation.regression import RegressionEvaluation
    from greenlightning.evaluation.scores import Evaluation


@dataclass(frozen=True)
class EvaluationResult:
    """A model's scores on the holdout, what a reader should know, the energy spent, and the gate's decision.

    ``headline`` is the score that the gate compares, in words.
    """

    scores: dict[str, float]
    spent: EnergyCost
    decision: Decision | None = None
    findings: tuple[str, ...] = ()
    headline: str = ""


@task(task_run_name="evaluate {dataset}", persist_result=False)
def evaluate_model(
    dataset: str,
    model_dir: Path,
    holdout: BatchRef,
    run_id: str,
    deciding: Deciding,
    champion: registry.VersionInfo | None = None,
    with_gate: bool = False,
) -> EvaluationResult:
    """Score the saved model on the holdout, and the champion if given; log scores, findings and a figure.

    ``with_gate`` the two are compared. Retraining compares its candidate elsewhere, so this serves first training
    and federation.
    """
    from greenlightning.model import GreenLightningModel

    rows = read_content(checkout(holdout))
    with part_run(run_id, Part.EVALUATION) as part:
        with EnergyMeter() as meter:
            model = GreenLightningModel.load(model_dir)
            outputs = kept_outputs(model_dir.parent, model, holdout)
            if outputs is None:
                outputs = model.decision_function(rows.inputs(model.encoder))
            answers = answers_from(model, outputs, rows.y)
            answers, notes = with_rule(model, answers, deciding, model_dir)
            found = evaluation_of(answers)
        _log_figure(run_id, found)
        log_batch_input(run_id, holdout, role="holdout")
        values, decision = scores(found) | intervals(found), None
        if champion is not None:
            other = registry.load_version(champion)
            serving = answers_of(other, rows.inputs(other.encoder), rows.y)
            values |= of_subject(scores(evaluation_of(serving)), Subject.CHAMPION)
            if with_gate:
                comparison = compared(deciding, answers, serving)
                log_gate(run_id, comparison, {})
                decision = dated(gate(comparison, rows=f"the holdout{span_text(holdout)}"), champion.version)
        lines = (*notes, *findings(model, answers, deciding))
        if with_gate and parts_of(holdout):
            before, score = np.concatenate([rows.y[:1], rows.y[:-1]]), gate_score(deciding, answers)
            lines += tuple(
                filter(None, [last_value_finding(answers, before, score, "holdout rows in their order")])
            )
        log_metrics(run_id, values, {Tag.SCORED_AT: now_text()})
        spent = EnergyCost.of(meter.energy)
        log_energy(part, spent, metrics=scores(found))
    progress.report_progress("evaluation", 1, 1)
    score = gate_score(deciding, answers)
    value = score_text(getattr(found, score), ".4g")
    headline = f"{score.label} {value} on {found.n:,} holdout rows{span_text(holdout)}"
    return EvaluationResult(scores(found), spent, decision, lines, headline)


def dated(decision: Decision, champion: int) -> Decision:
    """The decision with the version that was compared, and when."""
    return Decision(decision.promote, f"{decision.reason}; against version {champion}, {now_text()}")


def _log_figure(run_id: str, found: "Evaluation | RegressionEvaluation") -> None:
    """Log the confusion matrix, or predictions and residuals of real targets."""
    from greenlightning.evaluation.regression import RegressionEvaluation
    from tasks.figures.residual_figure import residual_figure
    from tasks.figures.run_figures import confusion_figure

    if isinstance(found, RegressionEvaluation):
        picture = residual_figure(found.answers.truth[:, 0], found.answers.predicted[:, 0], found.r2)
        connect().log_text(run_id, picture, "residuals.svg")
    else:
        connect().log_text(run_id, confusion_figure(found.confusion, found.classes), "confusion.svg")
