"""Decision rules: thresholds and expected costs, by hand."""

import numpy as np
import pytest

from greenlightning.errors import InputError
from greenlightning.evaluation.rules import DecisionRule

TWO = np.array([[0.7, 0.3], [0.4, 0.6]])


def test_without_a_rule_the_most_probable_class_is_taken() -> None:
    assert DecisionRule().decide(TWO, ["a", "b"]).tolist() == [0, 1]
    assert not DecisionRule()


@pytest.mark.parametrize(("threshold", "answers"), [(0.3, [1, 1]), (0.31, [0, 1]), (0.7, [0, 0])])
def test_the_second_class_is_answered_from_the_threshold_on(threshold: float, answers: list[int]) -> None:
    assert DecisionRule(threshold).decide(TWO, ["a", "b"]).tolist() == answers


def test_a_threshold_leaves_three_classes_alone() -> None:
    assert DecisionRule(0.01).decide(np.array([[0.5, 0.3, 0.2]]), [0, 1, 2]).tolist() == [0]


def test_the_least_expected_cost_decides() -> None:
    rule = DecisionRule(costs={"2": {"0": 10.0, "1": 10.0}, "0": {"1": 0.5}})
    assert rule.cost_matrix([0, 1, 2], [0, 1, 2]).tolist() == [[0, 0.5, 1], [1, 0, 1], [10, 10, 0]]
    expected = [0.6 * 0 + 0.3 + 0.1 * 10, 0.6 * 0.5 + 0.1 * 10, 0.6 + 0.3]
    assert expected == pytest.approx([1.3, 1.3, 0.9])
    assert rule.decide(np.array([[0.6, 0.3, 0.1]]), [0, 1, 2]).tolist() == [2]


@pytest.mark.parametrize("wrong", [{"threshold": 0.0}, {"threshold": 1.5}, {"costs": {"a": {"b": -1.0}}}])
def test_what_is_no_probability_and_no_cost_is_refused(wrong: dict) -> None:
    with pytest.raises(InputError):
        DecisionRule(**wrong)
