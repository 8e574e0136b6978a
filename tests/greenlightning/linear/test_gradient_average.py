"""Averages of models that gradient descent trained."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from greenlightning import PathSGDClassifier, Structure
from greenlightning.errors import InputError, MismatchError
from greenlightning.linear.solver import Coefficients
from greenlightning.paths import ExplicitPaths, PathFeatures
from tests.helpers.small import blobs, random_structure, small_recipe

every_recipe = pytest.mark.parametrize("kind", ["explicit", "projection", "landmarks"])


def copies(paths: PathFeatures | Structure, **options: Any) -> list[PathSGDClassifier]:
    """Two copies, trained on 30 and on 90 rows."""
    X, y = blobs(120)
    rows = slice(0, 30), slice(30, None)
    return [PathSGDClassifier(paths, max_iter=3, random_state=0, **options).fit(X[r], y[r]) for r in rows]


@every_recipe
def test_an_average_is_the_mean_weighted_by_rows(kind: str) -> None:
    few, many = copies(small_recipe(kind))
    found = PathSGDClassifier.average([few, many])
    for part in ("weights", "intercept"):
        of_few, of_many, mean = (getattr(m.coefficients_, part) for m in (few, many, found))
        assert np.array_equal(mean, 0.25 * of_few + 0.75 * of_many)
        swapped = PathSGDClassifier.average([few, many], weights=[3, 1])
        assert np.array_equal(getattr(swapped.coefficients_, part), 0.75 * of_few + 0.25 * of_many)
    assert found.n_samples_seen_ == 120
    assert found.score(*blobs(120)) > 0.9
    assert found.partial_fit(*blobs(10)).n_samples_seen_ == 130


@given(st.lists(st.integers(1, 50), min_size=2, max_size=4))
def test_an_average_of_one_model_with_itself_is_that_model(weights: list[int]) -> None:
    model = known_model(np.arange(12.0).reshape(4, 3))
    found = PathSGDClassifier.average([model] * len(weights), weights=weights)
    assert found.coefficients_.weights == pytest.approx(model.coefficients_.weights, rel=1e-14)


def known_model(weights: NDArray[np.float64]) -> PathSGDClassifier:
    """A model of one input, two gates and three classes whose coefficients are given."""
    paths = ExplicitPaths.build(Structure.from_arrays([0], [1], [[[1], [-1]]], [[0, 0]]), [[0.0]])
    model = PathSGDClassifier(paths)
    return model._become(paths, np.arange(3), Coefficients(weights, np.zeros(3)), 1)


def test_copies_of_different_recipes_or_classes_are_not_averaged() -> None:
    X, y = blobs(60)
    first = PathSGDClassifier(random_structure(4, (6,)), max_iter=1).fit(X, y)
    stranger = PathSGDClassifier(random_structure(4, (6,), seed=1), max_iter=1).fit(X, y)
    narrow = PathSGDClassifier(random_structure(4, (6,)), max_iter=1).fit(X[y < 2], y[y < 2])
    with pytest.raises(MismatchError, match="different recipes"):
        PathSGDClassifier.average([first, stranger])
    with pytest.raises(MismatchError, match=r"different classes.*Name all classes"):
        PathSGDClassifier.average([first, narrow])
    narrow.fit(X[y < 2], y[y < 2], classes=[0, 1, 2])
    assert PathSGDClassifier.average([first, narrow]).classes_.tolist() == [0, 1, 2]


@pytest.mark.parametrize(("models", "weights"), [(0, None), (2, [1]), (2, [0, 0]), (2, [2, -1]), (2, [np.nan, 1])])
def test_weights_that_average_nothing_are_refused(models: int, weights: Any) -> None:
    known = [known_model(np.zeros((4, 3)))] * models
    with pytest.raises(InputError, match="cannot be averaged by weights"):
        PathSGDClassifier.average(known, weights=weights)
