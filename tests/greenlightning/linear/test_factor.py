"""A factor that rows were added to and taken from solves as one made anew."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from greenlightning import Statistics
from greenlightning.data.batch import Batch
from greenlightning.data.targets import ClassTargets
from greenlightning.errors import SingularError
from greenlightning.linear.equations import NormalEquations
from greenlightning.linear.factor import Factor
from greenlightning.linear.solver import LARGEST_ERROR, Solution, solve
from greenlightning.model import GreenLightningModel
from greenlightning.paths import ExplicitPaths, LandmarkPaths
from tests.helpers.small import blobs, random_structure

CLASSES = ClassTargets()


def equations(paths: ExplicitPaths, X: NDArray[Any], y: NDArray[Any], alpha: float) -> NormalEquations:
    return NormalEquations.of(Statistics.collect(paths, CLASSES, X, y), paths, CLASSES, alpha)


def integer_features(paths: ExplicitPaths, X: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([features.numpy() for _, features in paths.blocks(X)])


def dense(paths: ExplicitPaths, X: NDArray[Any], alpha: float) -> NDArray[np.float64]:
    """The centred, penalised Gram matrix from the features themselves."""
    centred = paths.transform(X) - paths.transform(X).mean(axis=0)
    return np.asarray(centred.T @ centred + alpha * np.eye(len(paths.scales)))


@settings(max_examples=60)
@given(
    gates=st.integers(1, 12),
    known=st.integers(2, 120),
    changes=st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, max_size=5),
    power=st.integers(-5, 1),
    seed=st.integers(0, 99),
)
def test_any_row_may_come_and_go(
    gates: int, known: int, changes: list[tuple[int, bool]], power: int, seed: int
) -> None:
    """Over shapes, strengths and repeated changes, each followed by a solution."""
    total = known + sum(rows for rows, _ in changes)
    X, y = blobs(total, seed=seed)
    paths, alpha = ExplicitPaths.build(random_structure(4, (gates,), seed), X), 10.0**power
    phi = paths.transform(X)
    found = Solution.of(equations(paths, X[:known], y[:known], alpha), CLASSES)
    held, seen = np.arange(total) < known, known
    for rows, forgets in changes:
        if forgets and rows < held.sum() - 1:
            changed = np.flatnonzero(held)[:rows]
        else:
            changed, seen = np.arange(seen, seen + rows), seen + rows
        signs = np.where(held[changed], -1, 1)
        held[changed] = ~held[changed]
        now = equations(paths, X[held], y[held], alpha)
        found = found.followed(now, CLASSES, integer_features(paths, X[changed]), signs)
        anew = Solution.of(now, CLASSES).coefficients
        assert np.abs(phi @ (found.coefficients.weights - anew.weights)).max() <= 1e-8
        assert np.abs(found.coefficients.intercept - anew.intercept).max() <= 1e-8
        assert found.coefficients.weights.flags.c_contiguous


def test_the_matrix_and_the_backward_error_are_those_of_the_features() -> None:
    X, y = blobs(90)
    paths = ExplicitPaths.build(random_structure(4, (30,)), X)
    found, A = equations(paths, X, y, 0.1), dense(paths, X, 0.1)
    assert np.abs(np.tril(found.matrix() - A)).max() <= 1e-12
    V = np.random.default_rng(0).normal(size=found.right.shape)
    size = A.diagonal().max() * np.linalg.norm(V) + np.linalg.norm(found.right)
    assert found.largest_diagonal() == pytest.approx(A.max())
    residual = found.residual(V)
    assert np.abs(residual - found.right + A @ V).max() <= 1e-12 * size
    assert found.backward_error(V, residual) == pytest.approx(np.linalg.norm(found.right - A @ V) / size)


def test_few_rows_pay_off_and_many_do_not() -> None:
    """D = 1,200, in D² operations: factorising takes 400, 250 rows 250 + 52 + 4, ten columns and the check 70."""
    factor = Factor(np.eye(1200), 10, np.ones(1200), np.zeros(1200), np.empty((1200, 0)), np.empty((0, 0)))
    assert factor.pays_off(250, 10)
    assert not factor.pays_off(280, 10)
    small = Factor(np.eye(150), 10, np.ones(150), np.zeros(150), np.empty((150, 0)), np.empty((0, 0)))
    assert not small.pays_off(1, 2)


def stream(alpha: float) -> tuple[GreenLightningModel, list[Batch]]:
    """A model of 400 features that has learnt and solved 300 rows, and five batches of 20 rows."""
    X, y = blobs(400)
    paths = ExplicitPaths.build(random_structure(4, (80,)), X)
    batches = [Batch(X[rows], y[rows]) for rows in np.split(np.arange(400), [300, 320, 340, 360, 380])]
    model = GreenLightningModel.empty(paths, alpha).learn(batches[0])
    assert len(model.coefficients.intercept) == 3
    return model, batches


def unsolved(model: GreenLightningModel) -> GreenLightningModel:
    return GreenLightningModel(model.paths, model.targets, model.statistics, model.alpha, model.ledger)


@pytest.mark.parametrize("alpha", [1e-5, 1.0])
def test_a_stream_goes_on_from_the_factor_that_it_has(alpha: float, monkeypatch: pytest.MonkeyPatch) -> None:
    model, batches = stream(alpha)
    X = np.concatenate([batch.X for batch in batches])
    monkeypatch.setattr(NormalEquations, "matrix", lambda _: pytest.fail("factorised anew"))
    scores = []
    for batch in batches[1:]:
        model = model.learn(batch)
        scores.append((unsolved(model), model.decision_function(X)))
    model = model.forget(batches[2]).forget(batches[1])
    scores.append((unsolved(model), model.decision_function(X)))
    monkeypatch.undo()
    for anew, found in scores:
        assert np.abs(anew.decision_function(X) - found).max() <= 1e-8


def test_features_of_several_blocks_update_as_those_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Landmarks at 16 bits, 64 rows a block."""
    X, y = blobs(900)
    paths = LandmarkPaths.build(random_structure(4, (20, 10)), X, n_landmarks=500, feature_bits=16)
    monkeypatch.setattr(LandmarkPaths, "block_rows", lambda *_: 64)
    model = GreenLightningModel.empty(paths, 1e-3).learn(Batch(X[:700], y[:700]))
    assert model._solution.factor.n_updated == 0
    monkeypatch.setattr(NormalEquations, "matrix", lambda _: pytest.fail("factorised anew"))
    model = model.learn(Batch(X[700:790], y[700:790]))
    found = model.decision_function(X)
    assert model._solution.factor.n_updated == 90
    monkeypatch.undo()
    assert np.abs(unsolved(model).decision_function(X) - found).max() <= 1e-8


def test_nothing_learnt_leaves_the_solution_as_it_is() -> None:
    model, batches = stream(0.1)
    after = model.learn(Batch(batches[0].X[:0], batches[0].y[:0]))
    assert after.coefficients is model.coefficients
    assert len(after.ledger) == len(model.ledger) + 1


def test_rows_are_remembered_as_they_were_learnt() -> None:
    """The caller fills the same array again before anything is predicted."""
    model, batches = stream(0.1)
    buffer = batches[1].X.copy()
    model = model.learn(Batch(buffer, batches[1].y))
    expected = unsolved(model).decision_function(batches[0].X)
    buffer[:] = 0
    solution = model._solution
    assert solution.factor.n_updated == 20
    assert np.abs(model.decision_function(batches[0].X) - expected).max() <= 1e-8


def test_what_is_saved_depends_on_the_statistics_alone(tmp_path: Path) -> None:
    model, batches = stream(1e-3)
    model = model.learn(batches[1])
    X = batches[2].X
    before = model.decision_function(X)
    model.save(tmp_path)
    loaded = GreenLightningModel.load(tmp_path)
    assert np.array_equal(loaded.coefficients.weights, unsolved(model).coefficients.weights)
    assert np.array_equal(loaded.decision_function(X), model.decision_function(X))
    assert np.abs(model.decision_function(X) - before).max() <= 1e-8


def test_an_update_that_does_not_fit_the_statistics_is_not_believed() -> None:
    """Other features than those that were counted: the integers tell, and the equations are solved anew."""
    X, y = blobs(60)
    paths = ExplicitPaths.build(random_structure(4, (10,)), X)
    first, both = equations(paths, X[:50], y[:50], 0.1), equations(paths, X, y, 0.1)
    wrong = integer_features(paths, X[:10])
    found = Solution.of(first, CLASSES).followed(both, CLASSES, wrong, np.ones(10, dtype=int))
    assert found.factor.n_updated == 0
    assert np.array_equal(found.coefficients.weights, solve(both.statistics, paths, CLASSES, 0.1).weights)
    weights = found.coefficients.weights
    assert both.backward_error(weights, both.residual(weights)) <= LARGEST_ERROR


def test_rows_that_leave_the_equations_singular_are_refused_as_ever() -> None:
    """Five rows do not fix 15 features without a ridge."""
    X, y = blobs(40)
    paths = ExplicitPaths.build(random_structure(4, (3,)), X)
    features = integer_features(paths, X)
    solution = Solution.of(equations(paths, X, y, 1e-3), CLASSES)
    rest = equations(paths, X[35:], y[35:], 0.0)
    with pytest.raises(SingularError, match="singular at alpha=0"):
        solution.followed(rest, CLASSES, features[:35], np.full(35, -1))
