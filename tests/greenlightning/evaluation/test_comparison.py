"""The paired comparison of two models and the gate, with numbers that can be checked by hand."""

import numpy as np
import pytest
from scipy.stats import bootstrap
from sklearn.metrics import balanced_accuracy_score, f1_score

from greenlightning.errors import InputError
from greenlightning.evaluation.answers import Answers, RealAnswers, terms_of
from greenlightning.evaluation.comparison import Comparison, Decision, compare, gate
from greenlightning.evaluation.score import Score

HOLDOUT_WON = Comparison(Score.ACCURACY, 0.95, 0.96, 0.002, 0.018, margin=0.005, n=1000)
HOLDOUT_LOST = Comparison(Score.ACCURACY, 0.95, 0.93, -0.03, -0.01, margin=0.005, n=1000)


def answers(n: int, only_ours: int, only_theirs: int) -> np.ndarray:
    """Both right on ``n`` rows, except for some that only one model gets right."""
    ours, theirs = np.ones(n, dtype=bool), np.ones(n, dtype=bool)
    theirs[:only_ours] = False
    ours[only_ours : only_ours + only_theirs] = False
    return np.stack([ours, theirs])


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
    comparison = compare(answers(n, only_ours, only_theirs), margin)
    assert comparison.difference == pytest.approx((only_ours - only_theirs) / n)
    assert comparison.low - 1e-12 <= comparison.difference <= comparison.high + 1e-12
    assert comparison.not_worse is not_worse is (comparison.high >= -margin)


def test_a_difference_of_just_the_margin_is_allowed_however_floating_point_rounds_it() -> None:
    assert 0.95 - 0.94 > 0.01
    edge = Comparison(Score.ACCURACY, 0.95, 0.94, low=0.89 - 0.95, high=0.94 - 0.95, margin=0.01, n=100)
    assert (edge.not_worse, edge.verdict) == (True, "at most 0.01 worse")


def test_the_interval_is_that_of_the_normal_approximation_when_n_is_large() -> None:
    comparison = compare(answers(10_000, 300, 200), margin=0.01, n_resamples=20_000)
    half = 1.96 * np.sqrt(0.05 - 0.01**2) / 100
    assert comparison.low == pytest.approx(0.01 - half, abs=2e-4)
    assert comparison.high == pytest.approx(0.01 + half, abs=2e-4)


def test_the_interval_is_that_of_resampling_the_rows() -> None:
    ours, theirs = answers(400, 12, 7)
    drawn = compare([ours, theirs], margin=0.0, n_resamples=20_000)
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


@pytest.mark.parametrize("score", [Score.MACRO_F1, Score.BALANCED_ACCURACY])
def test_scores_that_are_no_mean_of_rows_have_the_interval_of_resampling_the_rows(score: Score) -> None:
    rng = np.random.default_rng(1)
    truth = rng.choice(3, p=[0.7, 0.2, 0.1], size=300)
    proba = [
        np.eye(3)[np.where(rng.random(300) < share, truth, rng.integers(3, size=300))] for share in (0.7, 0.6)
    ]
    models = [Answers.of(truth, one, range(3)) for one in proba]
    found = compare(terms_of(score, *models), margin=0.01, score=score)
    of_scikit = {
        Score.MACRO_F1: lambda t, a: f1_score(t, a, average="macro", zero_division=0),
        Score.BALANCED_ACCURACY: balanced_accuracy_score,
    }[score]
    ours, theirs = (one.labels for one in models)
    assert found.challenger == pytest.approx(of_scikit(truth, ours))
    assert found.champion == pytest.approx(of_scikit(truth, theirs))
    rows = rng.integers(300, size=(1000, 300))
    drawn = [of_scikit(truth[r], ours[r]) - of_scikit(truth[r], theirs[r]) for r in rows]
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.015)


def test_errors_are_compared_relative_to_the_champions_and_less_is_better() -> None:
    truth = np.zeros(400)
    far, near = RealAnswers.of(truth, np.tile([3.0, -3.0], 200)), RealAnswers.of(truth, np.tile([1.0, -1.0], 200))
    worse = compare(terms_of(Score.RMSE, far, near), margin=0.1, score=Score.RMSE)
    assert (worse.champion, worse.challenger, worse.difference) == (1.0, 3.0, 2.0)
    assert (worse.low, worse.high, worse.margin) == (2.0, 2.0, pytest.approx(0.1))
    assert not worse.not_worse
    assert compare(terms_of(Score.MAE, near, far), margin=0.0, score=Score.MAE).not_worse
    assert compare(terms_of(Score.RMSE, far, near), margin=0.99, score=Score.RMSE).not_worse is False


def test_the_interval_of_a_difference_in_rmse_is_that_of_resampling_the_squared_errors() -> None:
    rng = np.random.default_rng(2)
    truth = rng.normal(size=500)
    ours, theirs = (RealAnswers.of(truth, truth + rng.normal(scale=s, size=500)) for s in (1.0, 1.1))
    found = compare(terms_of(Score.RMSE, ours, theirs), margin=0.0, score=Score.RMSE)
    squares = [np.square(one.predicted - one.truth)[:, 0] for one in (ours, theirs)]
    rows = rng.integers(500, size=(4000, 500))
    drawn = np.sqrt(squares[0][rows].mean(axis=1)) - np.sqrt(squares[1][rows].mean(axis=1))
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.015)


def test_a_difference_in_log_loss_is_that_of_the_rows_means() -> None:
    ours = Answers.of([0, 1], [[0.8, 0.2], [0.5, 0.5]], [0, 1])
    theirs = Answers.of([0, 1], [[0.4, 0.6], [0.5, 0.5]], [0, 1])
    found = compare(terms_of(Score.LOG_LOSS, ours, theirs), margin=0.0, score=Score.LOG_LOSS)
    assert found.difference == pytest.approx(-np.log(2) / 2)


def test_the_same_seed_gives_the_same_interval() -> None:
    pair = answers(500, 20, 10)
    assert compare(pair, 0.01, seed=3) == compare(pair, 0.01, seed=3)


def test_a_wider_confidence_gives_a_wider_interval() -> None:
    pair = answers(500, 20, 10)
    narrow, wide = (compare(pair, 0.01, seed=3, confidence=c) for c in (0.5, 0.99))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_models_are_compared_on_the_same_rows_and_by_a_score_of_their_task() -> None:
    one, two = Answers.of([0], [[0.9, 0.1]], [0, 1]), Answers.of([0, 1], [[0.9, 0.1]] * 2, [0, 1])
    with pytest.raises(InputError, match="on 1 and 2 rows"):
        terms_of(Score.ACCURACY, one, two)
    with pytest.raises(InputError, match="RMSE is a score of regression"):
        terms_of(Score.RMSE, one, one)
    with pytest.raises(InputError, match="on 0 rows"):
        compare(np.empty((2, 0)), 0.0)


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


def test_the_reason_says_in_one_line_what_was_compared_on_which_rows() -> None:
    assert gate(HOLDOUT_WON, HOLDOUT_LOST) == Decision(
        False,
        "champion kept: accuracy +0.01 on the holdout (0.96 against 0.95, 1,000 rows), "
        "more than 0.005 worse on the new rows (0.93 against 0.95, 1,000 rows)",
    )


def test_a_holdout_that_is_the_new_slice_is_shown_once() -> None:
    same = compare([[True] * 9, [False] * 9], 0.01)
    assert gate(same, same, rows="rows of May").reason == same.on("rows of May")


def verdict(difference: float, low: float, high: float, score: Score = Score.ACCURACY) -> str:
    return Comparison(score, 0.9, 0.9 + difference, low, high, 0.01, 450).verdict


def test_a_verdict_claims_no_more_than_was_seen() -> None:
    assert verdict(0.02, 0.0, 0.04) == "+0.02"
    assert verdict(0.0, -0.01, 0.01) == "the same"
    assert verdict(-0.005, -0.02, 0.01) == "at most 0.01 worse"
    assert verdict(-0.05, -0.1, 0.0) == "not clearly more than 0.01 worse"
    assert verdict(-0.05, -0.1, -0.02) == "more than 0.01 worse"
    assert verdict(-0.02, -0.04, 0.0, Score.RMSE) == "-0.02"
    assert verdict(0.005, 0.0, 0.02, Score.RMSE) == "at most 0.01 worse"


def test_where_a_window_is_kept_the_new_rows_decide() -> None:
    worse, better = compare([[False] * 9, [True] * 9], 0.01), compare([[True] * 9, [False] * 9], 0.01)
    assert gate(worse, better, windowed=True).promote
    assert not gate(better, worse, windowed=True).promote
    assert not gate(worse, windowed=True).promote
    rows = "the new rows, which decide alone since a window is kept"
    assert gate(worse, better, windowed=True).reason == better.on(rows)
