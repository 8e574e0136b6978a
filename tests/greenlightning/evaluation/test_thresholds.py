"""The decision threshold: chosen where it surely helps, and scored on rows that did not choose it."""

import numpy as np
import pytest

from greenlightning.evaluation.answers import Answers
from greenlightning.evaluation.score import Score
from greenlightning.evaluation.thresholds import choose_threshold


def skewed(n: int, low: float, high: float, seed: int = 0) -> Answers:
    """One row in ten is of the second class: its probability is about ``high``, of the others ``low``."""
    rng = np.random.default_rng(seed)
    truth = (np.arange(n) % 10 == 0).astype(int)
    second = (np.where(truth, high, low) + rng.normal(scale=0.03, size=n)).clip(0.001, 0.999)
    return Answers.of(truth, np.stack([1 - second, second], axis=1), [0, 1])


@pytest.mark.parametrize("score", [Score.MACRO_F1, Score.BALANCED_ACCURACY, Score.ACCURACY])
def test_a_minority_that_is_known_but_never_answered_gets_a_lower_threshold(score: Score) -> None:
    found = choose_threshold(skewed(400, low=0.1, high=0.35), score)
    assert found is not None
    assert found.rule.threshold is not None and 0.15 < found.rule.threshold < 0.35
    assert (found.answers.labels == found.answers.truth).mean() > 0.97
    assert found.gain.challenger > found.gain.champion and found.gain.n == 400


def test_each_half_is_answered_by_the_threshold_of_the_other() -> None:
    answers = skewed(400, low=0.1, high=0.35)
    found = choose_threshold(answers, Score.BALANCED_ACCURACY)
    assert found is not None and found.answers.decided is not None
    whole = found.rule.decide(answers.proba, answers.classes)
    assert (whole != found.answers.decided).mean() < 0.03


def test_probabilities_without_information_choose_no_threshold() -> None:
    for seed in range(10):
        rng = np.random.default_rng(seed)
        second = rng.random(300)
        chance = Answers.of(rng.integers(2, size=300), np.stack([1 - second, second], axis=1), [0, 1])
        assert choose_threshold(chance, Score.ACCURACY) is None


def test_a_model_that_is_right_at_a_half_keeps_it() -> None:
    assert choose_threshold(skewed(400, low=0.2, high=0.8), Score.MACRO_F1) is None


def test_few_rows_of_a_class_three_classes_and_log_loss_choose_none() -> None:
    assert choose_threshold(skewed(90, low=0.1, high=0.35), Score.MACRO_F1) is None
    three = Answers.of([0, 1, 2] * 20, np.full((60, 3), 1 / 3), [0, 1, 2])
    assert choose_threshold(three, Score.MACRO_F1) is None
    assert choose_threshold(skewed(400, low=0.1, high=0.35), Score.LOG_LOSS) is None
