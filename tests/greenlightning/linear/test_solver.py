"""Coefficients from statistics alone equal those from the data."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.linear_model import Ridge

from greenlightning import Statistics, Structure
from greenlightning.data.targets import ClassTargets, RealTargets, Targets
from greenlightning.errors import InputError, MismatchError, SingularError
from greenlightning.linear.solver import ALPHAS, choose_alpha, mean_squared_errors, solve
from greenlightning.paths import ExplicitPaths, LandmarkPaths, PathFeatures
from tests.helpers.small import blobs, random_structure

CLASSES = ClassTargets()
Floats = NDArray[np.float64]


def case(name: str) -> tuple[PathFeatures, Targets, Floats, NDArray[np.generic], Floats]:
    """Recipe, targets, inputs, answers, and these as real columns: classes of digits, or two real outputs."""
    if name == "digits":
        X, y = load_digits(return_X_y=True)
        X = (X[:500] - 5) / 6
        return ExplicitPaths.build(random_structure(64, (6,)), X), CLASSES, X, y[:500], np.eye(10)[y[:500]]
    X, _ = blobs(300)
    X = X / 3
    outputs = np.c_[X[:, 0] * X[:, 1], 1000 + 50 * np.sin(X[:, 2])]
    paths = LandmarkPaths.build(random_structure(4, (10, 8)), X, n_landmarks=60, feature_bits=16)
    return paths, RealTargets.frozen_on(outputs), X, outputs, outputs


@pytest.mark.parametrize("name", ["digits", "reals"])
@pytest.mark.parametrize("alpha", [1e-2, 1.0, 100.0])
def test_coefficients_are_those_of_ridge_on_the_features(name: str, alpha: float) -> None:
    paths, targets, X, y, columns = case(name)
    features = paths.transform(X)
    found = solve(Statistics.collect(paths, targets, X, y), paths, targets, alpha)
    ridge = Ridge(alpha=alpha).fit(features, columns)
    size = np.abs(columns).max()
    held = 50 / 260_000 if name == "reals" else 0.0  # targets are fixed point themselves
    assert np.abs(features @ found.weights + found.intercept - ridge.predict(features)).max() <= 1e-8 * size + held
    if name == "digits":
        assert np.abs(found.weights - ridge.coef_.T).max() <= 1e-8
        assert np.abs(found.intercept - ridge.intercept_).max() <= 1e-8


@pytest.mark.parametrize("name", ["digits", "reals"])
def test_the_error_from_statistics_is_the_error_on_data(name: str) -> None:
    paths, targets, X, y, columns = case(name)
    training, validation = slice(0, None, 2), slice(1, None, 2)
    found = solve(Statistics.collect(paths, targets, X[training], y[training]), paths, targets, 0.1)
    residual = columns[validation] - paths.transform(X[validation]) @ found.weights - found.intercept
    held = Statistics.collect(paths, targets, X[validation], y[validation])
    [error] = mean_squared_errors(held, paths, targets, found)
    assert error == pytest.approx(np.square(residual).sum(axis=1).mean(), rel=1e-4 if name == "reals" else 1e-9)


def test_the_error_is_never_negative() -> None:
    """Thirty features fit ten rows perfectly: what is left is rounding, of either sign."""
    X, y = blobs(10)
    paths = ExplicitPaths.build(random_structure(4, (30,)), X)
    statistics = Statistics.collect(paths, CLASSES, X, y)
    found = [solve(statistics, paths, CLASSES, alpha) for alpha in np.geomspace(1e-11, 1e-9, 9)]
    errors = mean_squared_errors(statistics, paths, CLASSES, *found)
    assert min(errors) >= 0
    assert max(errors) < 1e-9
    alpha, _ = choose_alpha(statistics, statistics, paths, CLASSES, [1e-10, 1e-9, 1e-8], tolerance=0.05)
    assert alpha in (1e-10, 1e-9, 1e-8)


@pytest.mark.parametrize("name", ["digits", "reals"])
def test_the_chosen_ridge_is_that_of_brute_force(name: str) -> None:
    paths, targets, X, y, columns = case(name)
    order = np.random.default_rng(0).permutation(len(X))
    training, validation = order[:100], order[100:]
    fitted, held = (Statistics.collect(paths, targets, X[rows], y[rows]) for rows in (training, validation))
    chosen, errors = choose_alpha(fitted, held, paths, targets)
    phi, unseen = paths.transform(X[training]), paths.transform(X[validation])
    brute = {
        alpha: np.square(Ridge(alpha).fit(phi, columns[training]).predict(unseen) - columns[validation])
        .sum(axis=1)
        .mean()
        for alpha in ALPHAS
    }
    assert list(errors) == list(ALPHAS)
    assert [errors[alpha] for alpha in ALPHAS] == pytest.approx([brute[alpha] for alpha in ALPHAS], rel=1e-3)
    assert chosen == min(brute, key=brute.__getitem__)


def test_with_a_tolerance_the_weakest_ridge_near_the_best_is_chosen() -> None:
    paths, targets, X, y, _ = case("digits")
    fitted, held = (Statistics.collect(paths, targets, X[i::2], y[i::2]) for i in range(2))
    best, errors = choose_alpha(fitted, held, paths, targets)
    worst = max(errors.values()) / errors[best]
    assert choose_alpha(fitted, held, paths, targets, tolerance=worst)[0] == min(ALPHAS)
    weaker = max(alpha for alpha in ALPHAS if alpha < best)
    enough = errors[weaker] / errors[best] - 1
    assert choose_alpha(fitted, held, paths, targets, tolerance=enough * 1.001)[0] <= weaker
    assert choose_alpha(fitted, held, paths, targets, tolerance=min(enough, 1e-9) * 0.5)[0] == best


def test_classes_that_training_never_saw_do_not_stop_the_choice() -> None:
    X, y = blobs(60)
    paths = ExplicitPaths.build(random_structure(4, (6,)), X)
    fitted = Statistics.collect(paths, CLASSES, X[y < 2], y[y < 2])
    held = Statistics.collect(paths, CLASSES, X, y)
    coefficients = solve(fitted, paths, CLASSES, 1.0)
    residual = np.eye(3)[y][:, :2] - paths.transform(X) @ coefficients.weights - coefficients.intercept
    _, errors = choose_alpha(fitted, held, paths, CLASSES, [1.0])
    assert errors[1.0] == pytest.approx(np.square(residual).sum(axis=1).mean())


def one_gate() -> tuple[ExplicitPaths, Statistics]:
    """One open gate over two equal inputs: the features repeat each other and the constant never varies."""
    paths = ExplicitPaths.build(Structure.from_arrays([0, 0], [1, 1], [[[0, 0]]], [[1]]), [[0.0, 0.0]])
    X = np.array([[1.0, 1.0], [2.0, 2.0], [-1.0, -1.0]])
    return paths, Statistics.collect(paths, CLASSES, X, [0, 1, 0])


@pytest.mark.parametrize("alpha", [0.0, 1e-30, 1e-15])
def test_singular_equations_are_refused_with_the_remedy(alpha: float) -> None:
    """1e-15 can be factorised, but what comes out would be rounding."""
    paths, statistics = one_gate()
    with pytest.raises(SingularError, match=rf"singular at alpha={alpha:g}\. Raise alpha") as caught:
        solve(statistics, paths, CLASSES, alpha)
    assert isinstance(caught.value, np.linalg.LinAlgError)


def test_a_little_ridge_shares_the_weight_among_equal_features() -> None:
    paths, statistics = one_gate()
    weights = solve(statistics, paths, CLASSES, 1e-3).weights
    assert weights[0] == pytest.approx(weights[1])


def test_strengths_at_which_the_equations_are_singular_are_passed_over() -> None:
    paths, statistics = one_gate()
    chosen, errors = choose_alpha(statistics, statistics, paths, CLASSES, [0.0, 0.1, 1.0])
    assert (chosen, list(errors)) == (0.1, [0.1, 1.0])
    with pytest.raises(SingularError, match="singular at every strength tried"):
        choose_alpha(statistics, statistics, paths, CLASSES, [0.0])


def test_what_cannot_be_solved_is_refused() -> None:
    paths, statistics = one_gate()
    with pytest.raises(InputError, match="alpha=-1 is negative"):
        solve(statistics, paths, CLASSES, -1)
    with pytest.raises(InputError, match="no samples to learn from"):
        solve(Statistics.empty(paths, CLASSES), paths, CLASSES, 1.0)
    with pytest.raises(InputError, match="no validation samples"):
        choose_alpha(statistics, Statistics.empty(paths, CLASSES), paths, CLASSES)
    other = ExplicitPaths.build(paths.structure, [[0.0, 0.0]], feature_bits=12)
    with pytest.raises(MismatchError, match="another recipe or targets"):
        solve(statistics, other, CLASSES, 1.0)
    with pytest.raises(MismatchError, match="another recipe or targets"):
        solve(statistics, paths, RealTargets.frozen_on([1.0, 2.0]), 1.0)
