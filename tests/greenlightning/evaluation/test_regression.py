"""Scores of a regressor, with numbers that can be checked by hand."""

import numpy as np
import pytest
from sklearn.metrics import r2_score

from greenlightning.errors import InputError
from greenlightning.evaluation.regression import evaluate_regression


def test_four_rows_by_hand() -> None:
    found = evaluate_regression([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 6.0])
    assert (found.rmse, found.mae, found.n) == (1.0, 0.5, 4)
    assert found.r2 == pytest.approx(1 - 4 / 5)


def test_the_mean_explains_nothing_and_a_constant_target_has_no_r2() -> None:
    assert evaluate_regression([1.0, 2.0, 3.0], [2.0, 2.0, 2.0]).r2 == 0.0
    constant = evaluate_regression([2.0, 2.0], [2.0, 3.0])
    assert np.isnan(constant.r2) and np.isnan(constant.interval("r2")).all()


def test_r2_of_several_outputs_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(60, 2)) * [1, 100]
    answers = truth + rng.normal(size=(60, 2))
    found = evaluate_regression(truth, answers)
    assert found.r2 == pytest.approx(r2_score(truth, answers))
    assert found.mae == pytest.approx(np.abs(truth - answers).mean())


def test_the_intervals_are_those_of_the_normal_approximation_when_n_is_large() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(scale=3, size=4000)
    found = evaluate_regression(truth, truth + rng.normal(size=4000))
    half = 1.96 / np.sqrt(2 * 4000)
    assert found.interval("rmse") == pytest.approx((found.rmse - half, found.rmse + half), abs=0.004)
    low, high = found.interval("r2")
    assert low < found.r2 < high and high - low < 0.02


@pytest.mark.parametrize(("truth", "answers"), [([], []), ([1.0], [1.0, 2.0]), ([1.0], [np.nan])])
def test_rows_must_fit_and_be_finite(truth: list[float], answers: list[float]) -> None:
    with pytest.raises(InputError):
        evaluate_regression(truth, answers)
