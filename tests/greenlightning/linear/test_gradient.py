"""The gradient estimator: steps and averages by hand, the fast form against φ V, stopping, streams, storage."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.datasets import load_digits
from sklearn.utils.estimator_checks import parametrize_with_checks

from greenlightning import PathSGDClassifier
from greenlightning.data.splits import split_rows
from greenlightning.errors import InputError, IntegrityError, MismatchError, NotFittedError
from greenlightning.evaluation.conventional_network import random_gates
from greenlightning.linear.softmax import PathScores, RoutedScores
from greenlightning.linear.solver import Coefficients
from greenlightning.paths import ExplicitPaths, LandmarkPaths, PathFeatures
from tests.helpers.small import blobs, random_structure, small_recipe

pytestmark = pytest.mark.slow

Floats = NDArray[np.float64]


class OnAnyColumns(PathSGDClassifier):
    """The estimator with random gates as wide as the data is, for checks that bring data of their own."""

    def __init__(self, paths: Any = (8,), max_iter: int = 30, random_state: Any = None) -> None:
        super().__init__(paths, max_iter=max_iter, random_state=random_state)

    def _recipe(self, X: NDArray[Any], y: NDArray[Any]) -> PathFeatures:
        structure = random_gates(X, self.paths)
        if len(self.paths) == 1:
            return ExplicitPaths.build(structure, X)
        return LandmarkPaths.build(structure, X, y, n_landmarks=64)


@parametrize_with_checks([OnAnyColumns(), OnAnyColumns((8, 6))])
def test_scikit_learn_contract(estimator: Any, check: Any) -> None:
    check(estimator)


every_recipe = pytest.mark.parametrize("kind", ["explicit", "projection", "landmarks"])


@every_recipe
@pytest.mark.parametrize("bits", [8, 16])
def test_scores_are_features_times_coefficients(kind: str, bits: int) -> None:
    paths, X = small_recipe(kind, bits), blobs(2_500, seed=1)[0]
    V = torch.from_numpy(np.random.default_rng(0).normal(size=(paths.n_features_out, 3)))
    scores = PathScores.of(paths)
    assert isinstance(scores, RoutedScores) == (kind != "landmarks")
    found = scores.product(scores.parts(X), V)
    assert np.abs(found.numpy() - paths.transform(X, block_rows=1_000) @ V.numpy()).max() <= 1e-10


@every_recipe
def test_the_first_step_is_the_rate_along_the_signs_of_the_gradient(kind: str) -> None:
    """Adam's moments begin at the gradient and its square: g / |g|. From zero every class is a third likely."""
    paths, (X, y) = small_recipe(kind), blobs(60)
    model = PathSGDClassifier(paths, eta0=0.25, batch_size=60, alpha=0.0).partial_fit(X, y)
    excess = 1 / 3 - np.eye(3)[y]
    gradient = paths.transform(X).T @ excess / 60
    clear = np.abs(gradient) > 1e-5
    assert clear.mean() > 0.5
    assert model.coefficients_.weights[clear] == pytest.approx(-0.25 * np.sign(gradient[clear]), rel=2e-3)
    assert (model.coefficients_.weights[gradient == 0] == 0).all()
    assert model.coefficients_.intercept == pytest.approx(np.zeros(3), abs=0.25)


def test_training_ends_where_the_penalised_gradient_is_zero() -> None:
    """At the minimum of mean log-loss plus alpha / 2 ‖V‖²: φᵀ(p − y) / n + alpha V = 0."""
    paths, (X, y) = small_recipe("explicit"), blobs(60)
    options: dict[str, Any] = {"batch_size": 60, "alpha": 0.01, "max_iter": 400, "tol": 0.0}
    model = PathSGDClassifier(paths, n_iter_no_change=400, **options).fit(X, y)
    phi, V = paths.transform(X), model.coefficients_.weights
    excess = softmax(phi @ V + model.coefficients_.intercept, axis=1) - np.eye(3)[y]
    assert np.abs(phi.T @ excess / 60 + 0.01 * V).max() < 1e-4
    assert np.abs(excess.mean(axis=0)).max() < 1e-4
    assert np.abs(phi.T @ excess / 60).max() > 1e-3


@pytest.fixture(scope="module")
def split_digits() -> tuple[Any, ...]:
    """Gates, and 900 digits to learn and 897 to be asked."""
    X, y = load_digits(return_X_y=True)
    return random_gates(X, (24,)), X[:900], y[:900], X[900:], y[900:]


def test_it_reads_digits(split_digits: tuple[Any, ...]) -> None:
    structure, X, y, X_test, y_test = split_digits
    model = PathSGDClassifier(structure, random_state=0).fit(X, y)
    assert model.score(X_test, y_test) > 0.9
    assert model.loss_curve_[-1] < 0.1 < model.loss_curve_[0]
    assert len(model.loss_curve_) == model.n_iter_ <= 30


def test_early_stopping_restores_the_best_on_the_held_back_share(split_digits: tuple[Any, ...]) -> None:
    """A rate this high overshoots: the held-back loss rises before the end, and the least is what is restored."""
    structure, X, y, *_ = split_digits
    options: dict[str, Any] = {"early_stopping": True, "eta0": 1.0, "random_state": 0, "n_iter_no_change": 4}
    losses: list[float] = []
    stages: list[Coefficients] = []
    asked: list[Floats] = []

    class Watched(PathSGDClassifier):
        def _loss(self, X: Any, codes: Any) -> float:
            asked.append(X)
            losses.append(super()._loss(X, codes))
            stages.append(self.coefficients_)
            return losses[-1]

    model = Watched(structure, **options).fit(X, y)
    held = split_rows(y, 0.1, model._seed())[1]
    assert all(np.array_equal(rows, X[held]) for rows in asked)
    best = int(np.argmin(losses))
    assert best + 1 < len(losses) == model.n_iter_ < 30
    assert np.array_equal(model.coefficients_.weights, stages[best].weights)
    assert not np.array_equal(stages[-1].weights, stages[best].weights)
    truth = np.searchsorted(model.classes_, y[held])
    loss = -np.log(model.predict_proba(X[held])[np.arange(len(held)), truth]).mean()
    assert loss == pytest.approx(min(losses), rel=1e-12)


def test_without_progress_on_the_training_rows_it_stops() -> None:
    X, y = blobs(60)
    model = PathSGDClassifier(small_recipe("explicit"), tol=10.0, n_iter_no_change=3).fit(X, y)
    assert model.n_iter_ == 4


@every_recipe
def test_the_same_seed_gives_the_same_coefficients(kind: str) -> None:
    paths, (X, y) = small_recipe(kind), blobs(200)
    first, again, other = (
        PathSGDClassifier(paths, batch_size=16, max_iter=2, random_state=seed).fit(X, y).coefficients_.weights
        for seed in (3, 3, 4)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_stream_goes_on_with_its_moments() -> None:
    """Without them a second batch would begin with steps of the full rate in every direction."""
    paths, (X, y) = small_recipe("explicit"), blobs(60)
    stream = PathSGDClassifier(paths, batch_size=30, random_state=0)
    stream.partial_fit(X[:30], y[:30], classes=[0, 1, 2])
    before, anew = copy.deepcopy(stream), copy.deepcopy(stream)
    anew._descent = None
    stream.partial_fit(X[30:], y[30:])
    anew.partial_fit(X[30:], y[30:])
    assert stream.n_samples_seen_ == 60
    first, gone_on, begun = (m.coefficients_.weights for m in (before, stream, anew))
    assert np.abs(begun - first).max() == pytest.approx(0.05, rel=1e-2)
    assert 0 < np.linalg.norm(gone_on - first) < np.linalg.norm(begun - first)


def test_a_warm_start_goes_on_where_it_was() -> None:
    paths, (X, y) = small_recipe("explicit"), blobs(60)
    options: dict[str, Any] = {"max_iter": 5, "batch_size": 10, "random_state": 0}
    warm = PathSGDClassifier(paths, warm_start=True, **options).fit(X, y)
    cold = PathSGDClassifier(paths, **options).fit(X, y)
    first = warm.coefficients_.weights
    assert np.array_equal(first, cold.coefficients_.weights)
    assert warm.fit(X, y).loss_curve_[0] < 0.5 * cold.loss_curve_[0]
    assert np.array_equal(first, cold.fit(X, y).coefficients_.weights)
    assert warm.n_samples_seen_ == cold.n_samples_seen_ == 60


def test_new_classes_begin_at_zero_and_leave_the_known_ones() -> None:
    X, y = blobs(160, n_classes=4)
    names = np.array(["b", "d", "c", "a"])[y]
    old = names != "a"
    model = PathSGDClassifier(small_recipe("explicit"), eta0=1e-9, random_state=0).fit(X[old], names[old])
    before = model.coefficients_.weights
    model.partial_fit(X, names)
    assert model.classes_.tolist() == ["a", "b", "c", "d"]
    assert model.coefficients_.weights[:, 1:] == pytest.approx(before, abs=1e-7)
    assert model.coefficients_.weights[:, 0] == pytest.approx(0, abs=1e-7)
    model.set_params(eta0=0.1)
    assert model.fit(X, names).score(X, names) > 0.9


@every_recipe
def test_it_comes_back_from_disk_the_same(kind: str, tmp_path: Path) -> None:
    X, y = blobs(90)
    names = np.array(["a", "b", "c"])[y]
    model = PathSGDClassifier(small_recipe(kind), max_iter=2, early_stopping=True, random_state=5).fit(X, names)
    model.save(tmp_path)
    loaded = PathSGDClassifier.load(tmp_path)
    assert np.array_equal(loaded.predict_proba(X), model.predict_proba(X))
    assert loaded.get_params() | {"paths": None} == model.get_params() | {"paths": None}
    assert (loaded.n_samples_seen_, loaded.classes_.tolist()) == (90, ["a", "b", "c"])
    assert PathSGDClassifier.average([model, loaded]).paths_.digest == model.paths_.digest


def change_json(folder: Path) -> None:
    file = folder / "gradient.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"n_samples_seen": 10**6}))


def tear_coefficients(folder: Path) -> None:
    file = folder / "gradient.safetensors"
    file.write_bytes(file.read_bytes()[:-8])


def swap_recipe(folder: Path) -> None:
    other = ExplicitPaths.build(random_structure(4, (6,), seed=9), blobs(60)[0])
    other.structure.save(folder)
    other.save(folder)


@pytest.mark.parametrize("harm", [change_json, tear_coefficients, swap_recipe])
def test_a_changed_file_is_an_integrity_error(harm: Callable[[Path], None], tmp_path: Path) -> None:
    PathSGDClassifier(small_recipe("explicit"), max_iter=1).fit(*blobs(60)).save(tmp_path)
    harm(tmp_path)
    with pytest.raises(IntegrityError, match=r"do not belong together|cannot be read"):
        PathSGDClassifier.load(tmp_path)


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        ({"eta0": 0.0}, "eta0=0.0"),
        ({"alpha": -1.0}, "alpha=-1.0"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"max_iter": 0}, "max_iter=0"),
        ({"n_iter_no_change": 0}, "n_iter_no_change=0"),
        ({"validation_fraction": 1.0}, "validation_fraction=1.0"),
        ({"eta0": 1e39}, "log-loss became nan.*Lower eta0"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(options: dict[str, Any], cause: str) -> None:
    with pytest.raises(InputError, match=cause):
        PathSGDClassifier(small_recipe("explicit"), **options).fit(*blobs(60))


def test_data_that_does_not_fit_is_refused() -> None:
    X, y = blobs(60)
    model = PathSGDClassifier(small_recipe("explicit"), max_iter=1)
    with pytest.raises(NotFittedError.__base__, match="not fitted"):
        model.predict(X)
    with pytest.raises(InputError, match=r"takes \(n, 4\)"):
        model.fit(X[:, :3], y)
    model.fit(X, y)
    with pytest.raises(MismatchError, match="Some labels are text"):
        model.partial_fit(X, y.astype(str))


def test_more_features_than_can_be_squared_are_learnt() -> None:
    """400 gates on 785 inputs are 314,000 features: statistics would take 24 * 314,000^2 bytes, 2,366 GB."""
    X, y = blobs(96, n_features=784)
    model = PathSGDClassifier(random_structure(784, (400,)), batch_size=32, max_iter=2, random_state=0).fit(X, y)
    assert model.paths_.n_features_out == 314_000
    assert model.score(X, y) > 0.9
