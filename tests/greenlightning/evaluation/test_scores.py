"""Scores, the paired comparison and the gate, with numbers that can be checked by hand."""

import numpy as np
import pytest
from scipy.stats import bootstrap

from greenlightning.errors import InputError
from greenlightning.evaluation.calibration import reliability
from greenlightning.evaluation.scores import Comparison, Decision, compare, evaluate, gate

HOLDOUT_WON = Comparison(0.01, 0.002, 0.018, not_worse=True, margin=0.005, n=1000)
HOLDOUT_LOST = Comparison(-0.02, -0.03, -0.01, not_worse=False, margin=0.005, n=1000)


def test_four_rows_by_hand() -> None:
    scores = evaluate(
        y_true=["a", "a", "b", "b"],
        proba=[[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7]],
        classes=("a", "b"),
    )
    assert (scores.n, scores.classes) == (4, ("a", "b"))
    assert scores.accuracy == 0.75
    assert scores.confusion.tolist() == [[1, 1], [0, 2]]
    assert scores.macro_f1 == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert scores.log_loss == pytest.approx(-np.log([0.9, 0.4, 0.8, 0.7]).mean())
    assert scores.ece == pytest.approx((0.1 + 0.6 + 0.2 + 0.3) / 4)


def test_a_calibrated_model_has_no_calibration_error() -> None:
    scores = evaluate([0] * 3 + [1], [[0.75, 0.25]] * 4, classes=(0, 1))
    assert scores.ece == pytest.approx(0.0)


def test_reliability_by_hand() -> None:
    found = reliability(np.array([0.91, 0.92, 0.99, 0.5, 1.0]), np.array([True, False, True, True, True]))
    assert found.rows.tolist() == [1, 2, 2]
    assert found.confidence.tolist() == pytest.approx([0.5, 0.915, 0.995])
    assert found.accuracy.tolist() == [1.0, 0.5, 1.0]
    assert found.ece == pytest.approx((1 * 0.5 + 2 * 0.415 + 2 * 0.005) / 5)


def test_a_label_unknown_to_the_model_counts_as_wrong_with_the_smallest_probability() -> None:
    scores = evaluate([1, 2, 3], [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], classes=(1, 3))
    assert scores.classes == (1, 2, 3)
    assert scores.confusion.tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 1]]
    assert scores.accuracy == pytest.approx(2 / 3)
    assert scores.log_loss == pytest.approx(np.log(1e15) / 3)
    assert scores.macro_f1 == pytest.approx((2 / 3 + 0 + 1) / 3)


def test_a_class_that_does_not_occur_leaves_macro_f1_alone() -> None:
    assert evaluate([0, 1], [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]], classes=(0, 1, 2)).macro_f1 == 1.0


def test_classes_need_not_be_sorted() -> None:
    scores = evaluate(["x", "y"], [[0.1, 0.9], [0.7, 0.3]], classes=("y", "x"))
    assert scores.accuracy == 1.0
    assert scores.confusion.tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(("y_true", "proba"), [([], np.empty((0, 2))), ([0], [[1.0]]), ([0, 1], [[0.5, 0.5]])])
def test_rows_and_columns_must_fit(y_true: list[int], proba: list[list[float]]) -> None:
    with pytest.raises(InputError, match=r"do not fit"):
        evaluate(y_true, proba, classes=(0, 1))


def answers(n: int, only_ours: int, only_theirs: int) -> tuple[np.ndarray, np.ndarray]:
    """Both right on ``n`` rows, except for some that only one model gets right."""
    ours, theirs = np.ones(n, dtype=bool), np.ones(n, dtype=bool)
    theirs[:only_ours] = False
    ours[only_ours : only_ours + only_theirs] = False
    return ours, theirs


@pytest.mark.parametrize(
    ("n", "only_ours", "only_theirs", "margin", "not_worse"),
    [
        (100, 0, 0, 0.0, True),
        (100, 5, 0, 0.0, True),
        (1000, 10, 10, 0.02, True),
        (1000, 10, 10, 0.0, True),
        (67, 0, 1, 0.01, True),
        (1000, 0, 40, 0.02, False),
        (1000, 0, 40, 0.06, True),
        (1, 0, 1, 0.5, False),
    ],
)
def test_worse_means_that_the_whole_interval_lies_below_the_margin(
    n: int, only_ours: int, only_theirs: int, margin: float, not_worse: bool
) -> None:
    comparison = compare(*answers(n, only_ours, only_theirs), margin, seed=0)
    assert comparison.difference == (only_ours - only_theirs) / n
    assert comparison.low <= comparison.difference <= comparison.high
    assert comparison.not_worse is not_worse is (comparison.high >= -margin)


def test_the_interval_is_that_of_the_normal_approximation_when_n_is_large() -> None:
    comparison = compare(*answers(10_000, 300, 200), margin=0.01, seed=0, n_resamples=20_000)
    half = 1.96 * np.sqrt(0.05 - 0.01**2) / 100
    assert comparison.low == pytest.approx(0.01 - half, abs=2e-4)
    assert comparison.high == pytest.approx(0.01 + half, abs=2e-4)


def test_the_interval_is_that_of_resampling_the_rows() -> None:
    ours, theirs = answers(400, 12, 7)
    drawn = compare(ours, theirs, margin=0.0, seed=0, n_resamples=20_000)
    paired = bootstrap(
        (ours.astype(int), theirs.astype(int)),
        lambda a, b, axis: a.mean(axis) - b.mean(axis),
        paired=True,
        method="percentile",
        n_resamples=20_000,
        rng=0,
        batch=1000,
    ).confidence_interval
    assert (drawn.low, drawn.high) == pytest.approx((paired.low, paired.high), abs=1.5 / 400)


def test_the_same_seed_gives_the_same_interval() -> None:
    pair = answers(500, 20, 10)
    assert compare(*pair, 0.01, seed=3) == compare(*pair, 0.01, seed=3)


def test_a_wider_confidence_gives_a_wider_interval() -> None:
    pair = answers(500, 20, 10)
    narrow, wide = (compare(*pair, 0.01, seed=3, confidence=c) for c in (0.5, 0.99))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_models_are_compared_on_the_same_rows() -> None:
    with pytest.raises(InputError, match="on 2 and 3 rows"):
        compare([True] * 2, [True] * 3, 0.0, seed=0)
    with pytest.raises(InputError, match="on 0 and 0 rows"):
        compare([], [], 0.0, seed=0)


@pytest.mark.parametrize(
    ("holdout", "new", "promote"),
    [
        (HOLDOUT_WON, None, True),
        (HOLDOUT_LOST, None, False),
        (HOLDOUT_WON, HOLDOUT_WON, True),
        (HOLDOUT_WON, HOLDOUT_LOST, False),
        (HOLDOUT_LOST, HOLDOUT_WON, False),
    ],
)
def test_the_gate_opens_only_where_nothing_got_worse(
    holdout: Comparison, new: Comparison | None, promote: bool
) -> None:
    assert gate(holdout, new).promote is promote


def test_the_reason_is_one_line_with_the_numbers() -> None:
    assert gate(HOLDOUT_WON, HOLDOUT_LOST) == Decision(
        False,
        "champion kept: holdout +0.0100 [+0.0020, +0.0180] on 1000 rows, "
        "at most 0.005 worse; "
        "new batch -0.0200 [-0.0300, -0.0100] on 1000 rows, more than 0.005 worse",
    )
