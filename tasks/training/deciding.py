"""How a version turns probabilities into labels: costs, a given threshold, or one chosen on the holdout."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from greenlightning.evaluation.answers import Answers, RealAnswers
from greenlightning.evaluation.rules import DecisionRule
from greenlightning.evaluation.thresholds import choose_threshold
from greenlightning.model.storage import save_rule
from tasks.core.settings import Deciding
from tasks.training.scoring import gate_score

if TYPE_CHECKING:
    from greenlightning.model import GreenLightningModel


def with_rule(
    model: "GreenLightningModel", answers: Answers | RealAnswers, deciding: Deciding, folder: Path
) -> tuple[Answers | RealAnswers, tuple[str, ...]]:
    """Save the model's rule in ``folder``; the answers by it, and a note where the holdout chose a threshold.

    A threshold is chosen only where it is surely better than the more probable class. The answers are then
    cross-fitted: no row is scored by a threshold that it helped to choose.
    """
    if isinstance(answers, RealAnswers):
        return answers, ()
    rule = _asked(model, deciding)
    notes: tuple[str, ...] = ()
    answers = replace(answers, rule=rule)
    if deciding.threshold == "auto" and not rule.costs:
        score = gate_score(deciding, answers)
        if (found := choose_threshold(answers, score)) is not None:
            rule, answers = found.rule, found.answers
            gain = found.gain.on("the holdout, cross-fitted")
            notes = (f"decision threshold {rule.threshold:.3g} for {model.classes[1]!r} instead of 0.5: {gain}",)
    if rule != model.rule:
        save_rule(folder, rule)
    return answers, notes


def _asked(model: "GreenLightningModel", deciding: Deciding) -> DecisionRule:
    """The rule that ``deciding`` asks for; costs and a kept threshold are those of the model it was made from."""
    costs = deciding.costs or model.rule.costs
    if not costs and deciding.threshold == "keep":
        return model.rule
    given = None if costs or isinstance(deciding.threshold, str) else deciding.threshold
    rule = DecisionRule(given, costs)
    rule.check(model.classes)
    return rule
