"""The scikit-learn estimators keep scikit-learn's contract, and ours: learn, forget, merge, the same again."""

import copy
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from greenlightning import GreenLightningClassifier, GreenLightningRegressor
from greenlightning.data.splits import split_rows
from greenlightning.errors import LedgerError, MismatchError
from tests.helpers.small import blobs, random_structure

pytestmark = pytest.mark.slow

Rows = tuple[NDArray[Any], NDArray[Any]]
QUICK: dict[str, Any] = {"hidden_layer_sizes": (16,), "max_epochs": 3, "random_state": 0}


ORDER = "stochastic gradients train the structure: a weight stands for equal rows in their place, not anywhere"


@parametrize_with_checks(
    [
        GreenLightningClassifier(hidden_layer_sizes=(16,), max_epochs=3),
        GreenLightningClassifier(hidden_layer_sizes=(16, 8), n_landmarks=64, max_epochs=3),
        GreenLightningRegressor(hidden_layer_sizes=(16,), max_epochs=3),
        GreenLightningRegressor(hidden_layer_sizes=(16, 8), n_landmarks=64, max_epochs=3),
    ],
    expected_failed_checks=lambda estimator: {"check_sample_weight_equivalence_on_dense_data": ORDER},
)
def test_scikit_learn_contract(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.fixture(scope="module")
def digits() -> tuple[Rows, Rows]:
    """1,347 digits to learn and 450 to be asked."""
    X, y = load_digits(return_X_y=True)
    kept, held = split_rows(y, 0.25, seed=0)
    return (X[kept], y[kept]), (X[held], y[held])


def test_the_defaults_read_digits(digits: tuple[Rows, Rows]) -> None:
    model = GreenLightningClassifier(random_state=0).fit(*digits[0])
    assert model.score(*digits[1]) >= 0.97
    assert (model.classes_ == np.arange(10)).all()
    assert model.n_features_in_ == 64


@pytest.mark.parametrize(
    ("columns", "paths", "kind", "widths"),
    [
        (16, "auto", "landmarks", (256, 256)),
        (16, "explicit", "explicit", (256,)),
        (784, "auto", "landmarks", (256, 256)),
    ],
)
def test_the_defaults_serve_narrow_and_wide_inputs(
    columns: int, paths: str, kind: str, widths: tuple[int, ...]
) -> None:
    X, y = blobs(240, n_features=columns)
    model = GreenLightningClassifier(paths=paths, max_epochs=1, alpha=0.1, random_state=0).fit(X[:200], y[:200])
    assert (model.model_.paths.kind, model.model_.structure.hidden_layer_sizes) == (kind, widths)
    assert model.score(X[200:], y[200:]) >= 0.95


@pytest.mark.parametrize("ratio", [1, 30, 500, 1e6])
def test_columns_of_any_unit_are_heard(ratio: float) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 2)) * [1, ratio]
    y = X[:, 0] > 0
    model = GreenLightningClassifier(**QUICK).fit(X[:400], y[:400])
    assert model.score(X[400:], y[400:]) > 0.9
    assert model.predict(X).dtype == bool


def test_a_regressor_explains_its_target() -> None:
    X, y = load_diabetes(return_X_y=True)
    found = GreenLightningRegressor(hidden_layer_sizes=(8,), random_state=0).fit(X[:350], y[:350])
    assert found.score(X[350:], y[350:]) > 0.4
    both = GreenLightningRegressor(**QUICK).fit(X[:350], np.c_[y, -y][:350])
    assert both.predict(X[350:]).shape == (92, 2)
    assert both.predict(X[350:]).sum(axis=1) == pytest.approx(np.zeros(92), abs=0.1)


@pytest.mark.parametrize("sizes", [(16,), (12, 8)])
def test_the_same_seed_gives_the_same_model(sizes: tuple[int, ...]) -> None:
    X, y = blobs(150)
    first, again = (
        GreenLightningClassifier(hidden_layer_sizes=sizes, max_epochs=2, random_state=3).fit(X, y).model_
        for _ in range(2)
    )
    other = GreenLightningClassifier(hidden_layer_sizes=sizes, max_epochs=2, random_state=4).fit(X, y).model_
    assert first.structure.digest == again.structure.digest != other.structure.digest
    assert first.describe() == again.describe()
    assert np.array_equal(first.coefficients.weights, again.coefficients.weights)
    assert np.array_equal(first.coefficients.intercept, again.coefficients.intercept)


@pytest.fixture(params=[GreenLightningClassifier, GreenLightningRegressor])
def fitted(request: pytest.FixtureRequest) -> tuple[Any, Rows, Rows]:
    """An estimator fitted on 90 rows, those rows, and 60 more; the regressor's answers are real."""
    X, y = blobs(150)
    answers = y if request.param is GreenLightningClassifier else X[:, 0] * X[:, 1]
    base, more = (X[:90], answers[:90]), (X[90:], answers[90:])
    return request.param(**QUICK).fit(*base), base, more


def digest(estimator: Any) -> str:
    return str(estimator.model_.statistics.digest)


def test_a_batch_given_twice_is_learnt_once(fitted: tuple[Any, Rows, Rows]) -> None:
    model, base, more = fitted
    model.partial_fit(*more)
    once = digest(model)
    model.partial_fit(*more).partial_fit(*base)
    assert digest(model) == once
    assert model.model_.statistics.n == len(model.row_fingerprints_) == 150


def test_the_first_partial_fit_is_a_fit() -> None:
    X, y = blobs(60)
    first = GreenLightningClassifier(**QUICK).partial_fit(X, y, classes=[0, 1, 2])
    assert digest(first) == digest(GreenLightningClassifier(**QUICK).fit(X, y))


def test_new_classes_are_taken_as_they_come() -> None:
    X, y = blobs(160, n_classes=4)
    old = y < 3
    model = GreenLightningClassifier(**QUICK).fit(X[old], y[old])
    assert model.classes_.tolist() == [0, 1, 2]
    model.partial_fit(X[~old], y[~old])
    assert model.classes_.tolist() == [0, 1, 2, 3]
    assert model.predict_proba(X).shape == (160, 4)
    assert model.score(X, y) > 0.9
    assert model.forget(X[~old], y[~old]).classes_.tolist() == [0, 1, 2]


@pytest.mark.parametrize("rows", [slice(0, 1), slice(10, 40), [5, 3, 50]])
def test_any_learnt_rows_can_be_forgotten(fitted: tuple[Any, Rows, Rows], rows: Any) -> None:
    model, _, more = fitted
    never = copy.deepcopy(model).partial_fit(*(np.delete(values, rows, axis=0) for values in more))
    model.partial_fit(*more).forget(*(values[rows] for values in more))
    assert model.model_.statistics.n == never.model_.statistics.n == model.model_.ledger.rows
    assert digest(model) == digest(never)
    assert np.array_equal(model.row_fingerprints_, never.row_fingerprints_)


def test_rows_of_several_batches_are_forgotten_at_once(fitted: tuple[Any, Rows, Rows]) -> None:
    model, base, more = fitted
    before = digest(model)
    model.partial_fit(*more)
    taken = [np.concatenate([ours[:5], theirs]) for ours, theirs in zip(base, more, strict=True)]
    model.forget(*taken)
    assert digest(model.partial_fit(*(values[:5] for values in base))) == before


def test_rows_never_learnt_are_refused_and_nothing_changes(fitted: tuple[Any, Rows, Rows]) -> None:
    model, base, more = fitted
    before = digest(model), model.row_fingerprints_.copy()
    stranger = [np.concatenate([known[:3], other[:2]]) for known, other in zip(base, more, strict=True)]
    with pytest.raises(LedgerError, match="2 of 5 rows were never learnt"):
        model.forget(*stranger)
    with pytest.raises(LedgerError, match="1 of 2 rows were never learnt"):
        model.forget(*(values[[7, 7]] for values in base))
    with pytest.raises(LedgerError, match="1 of 1 rows were never learnt"):
        model.forget(base[0][:1], base[1][:1] + 1)
    assert (digest(model), model.row_fingerprints_.tolist()) == (before[0], before[1].tolist())
    model.forget(*(values[:3] for values in base))
    with pytest.raises(LedgerError, match="3 of 4 rows were never learnt"):
        model.forget(*(values[:4] for values in base))


@pytest.mark.parametrize("calls", [1, 2])
def test_a_row_learnt_three_times_can_be_forgotten_twice(fitted: tuple[Any, Rows, Rows], calls: int) -> None:
    model, base, _ = fitted
    before = digest(model), model.row_fingerprints_.tolist()
    assert model.partial_fit(*(values[[7, 7]] for values in base)).model_.statistics.n == 92
    for _ in range(calls):
        model.forget(*(values[[7] * (2 // calls)] for values in base))
    assert (digest(model), model.row_fingerprints_.tolist()) == before


def test_what_was_forgotten_can_be_learnt_again(fitted: tuple[Any, Rows, Rows]) -> None:
    model, _, more = fitted
    model.partial_fit(*more)
    whole = digest(model)
    for pieces in ([slice(None)], [slice(20), slice(20, None)], [slice(1), slice(1, 30), slice(30, None)]):
        for piece in pieces:
            model.forget(*(values[piece] for values in more))
        assert model.model_.statistics.n == model.model_.ledger.rows == 90
        assert digest(model.partial_fit(*more)) == whole
        assert model.model_.ledger.rows == 150
    assert digest(model.partial_fit(*more)) == whole


def test_everything_can_be_forgotten(fitted: tuple[Any, Rows, Rows]) -> None:
    model, base, _ = fitted
    before = digest(model)
    model.forget(*base)
    assert model.model_.statistics.n == 0
    with pytest.raises(NotFittedError, match="learnt nothing yet"):
        model.predict(base[0])
    assert digest(model.partial_fit(*base)) == before
    assert model.score(*base) > 0.5


def test_sites_merge_into_the_model_of_all(fitted: tuple[Any, Rows, Rows]) -> None:
    model, base, more = fitted
    jointly = copy.deepcopy(model).partial_fit(*more)
    site = copy.deepcopy(model).partial_fit(*more).forget(*base)
    assert digest(model.merge(site)) == digest(jointly)
    assert np.array_equal(model.row_fingerprints_, jointly.row_fingerprints_)
    assert np.array_equal(model.predict(more[0]), jointly.predict(more[0]))


def test_sites_may_start_from_one_structure_each_on_its_own_rows() -> None:
    X, y = blobs(120)
    structure = random_structure(4, (10,))
    north, south, both = (
        GreenLightningClassifier(alpha=0.1, random_state=0).fit_structure(structure, X[rows], y[rows])
        for rows in (slice(60), slice(60, None), slice(None))
    )
    assert digest(north.merge(south)) == digest(both)
    assert np.abs(north.predict_proba(X) - both.predict_proba(X)).max() <= 1e-8


def test_what_does_not_belong_together_does_not_merge(fitted: tuple[Any, Rows, Rows]) -> None:
    model, _, more = fitted
    before = digest(model)
    with pytest.raises(LedgerError, match="Both models learnt batch"):
        model.merge(copy.deepcopy(model))
    other_kind = (
        GreenLightningRegressor if isinstance(model, GreenLightningClassifier) else GreenLightningClassifier
    )
    with pytest.raises(MismatchError, match="cannot merge a"):
        model.merge(other_kind(**QUICK).fit(more[0], np.arange(60) % 2))
    with pytest.raises(MismatchError, match="differ in structure"):
        model.merge(clone(model).set_params(random_state=1).fit(*more))
    assert digest(model) == before
