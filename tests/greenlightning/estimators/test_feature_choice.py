"""Random features beside the paths: how many, who decides, and what is shown of it."""

from pathlib import Path

import numpy as np
import pytest

from greenlightning import GreenLightningClassifier
from greenlightning.errors import InputError
from greenlightning.estimators.feature_choice import STEPS, TOLERANCE
from greenlightning.paths import JoinedPaths
from tests.helpers.small import blobs, random_structure

GATES = random_structure(4, (12, 10))
BASE = blobs(4_000)


def classifier(**options: object) -> GreenLightningClassifier:
    return GreenLightningClassifier(random_state=0, n_landmarks=40, feature_budget=120, **options)


def test_many_rows_that_share_a_unit_get_as_many_as_do_no_harm_within_the_budget() -> None:
    model = classifier().fit_structure(GATES, *BASE)
    choice = model.feature_choice_
    assert choice is not None
    assert (choice.paths, choice.budget) == (40, 120)
    assert list(choice.errors) == [80 * step // STEPS for step in range(STEPS + 1)]
    accepted = [n for n, error in choice.errors.items() if error <= (1 + TOLERANCE) * min(choice.errors.values())]
    assert choice.chosen == max(accepted)
    assert model.model_.paths.n_features_out == 40 + choice.chosen
    assert model.model_.describe()["n_random_features"] == choice.chosen
    assert model.model_.alpha == choice.alpha


def test_the_budget_grows_with_the_root_of_the_rows() -> None:
    """14 times the root of 4,000 rows are 885 features; 20,000 rows would have 1,980, which 1,536 limits."""
    few = GreenLightningClassifier(random_state=0, n_landmarks=40).fit_structure(GATES, *BASE)
    many = GreenLightningClassifier(random_state=0, n_landmarks=40).fit_structure(GATES, *blobs(20_000))
    budgets = [model.feature_choice_.budget for model in (few, many) if model.feature_choice_]
    assert budgets == [885, 1_536]


def test_more_than_32_columns_get_more_features_and_fields_of_them() -> None:
    """22 times the root of 4,000 rows are 1,391 features; 32 columns have 885, as any fewer."""
    gates, base = random_structure(33, (12, 10)), blobs(4_000, 33)
    wide = GreenLightningClassifier(random_state=0, n_landmarks=40).fit_structure(gates, *base)
    narrow = GreenLightningClassifier(random_state=0, n_landmarks=40).fit_structure(
        random_structure(32, (12, 10)), *blobs(4_000, 32)
    )
    kinds = [part.kind for model in (wide, narrow) for part in model.model_.paths.parts]
    assert kinds == ["landmarks", "random-fields", "landmarks", "random-layer"]
    assert [model.feature_choice_.budget for model in (wide, narrow)] == [1_391, 885]


def test_few_rows_or_columns_of_different_units_get_none() -> None:
    X, y = BASE
    few = classifier().fit_structure(GATES, X[:3_999], y[:3_999])
    mixed = classifier().fit_structure(GATES, X * [1, 1, 1_000, 1_000], y)
    for model in (few, mixed):
        assert model.feature_choice_ is None
        assert model.model_.paths.kind == "landmarks"
        assert model.model_.describe()["n_random_features"] == 0


def test_a_number_that_is_given_is_taken() -> None:
    X, y = BASE
    model = classifier(n_random_features=30).fit_structure(GATES, X[:200], y[:200])
    assert model.feature_choice_ is None
    assert isinstance(model.model_.paths, JoinedPaths)
    assert model.model_.describe()["n_random_features"] == 30
    none = classifier(n_random_features=0).fit_structure(GATES, X, y)
    assert none.model_.paths.kind == "landmarks"
    with pytest.raises(InputError, match="n_random_features=-1 is negative"):
        classifier(n_random_features=-1).fit_structure(GATES, X[:99], y[:99])


def test_what_was_chosen_is_saved_and_learns_on_exactly(tmp_path: Path) -> None:
    X, y = BASE
    model = classifier(n_random_features=30).fit_structure(GATES, X[:300], y[:300])
    model.save(tmp_path)
    again = GreenLightningClassifier.load(tmp_path).partial_fit(X[300:900], y[300:900])
    parts = model.partial_fit(X[500:900], y[500:900]).partial_fit(X[300:500], y[300:500])
    assert again.model_.statistics == parts.model_.statistics
    assert np.array_equal(again.predict(X), parts.predict(X))
