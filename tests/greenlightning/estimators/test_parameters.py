"""Parameters, structures and recipes that a user may choose, and those that are refused."""

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from greenlightning import GreenLightningClassifier
from greenlightning.data.splits import split_rows
from greenlightning.errors import GreenLightningError, InputError, MismatchError
from tests.helpers.small import blobs, random_structure

QUICK: dict[str, Any] = {"hidden_layer_sizes": (16,), "max_epochs": 3, "random_state": 0}


def digest(estimator: Any) -> str:
    return str(estimator.model_.statistics.digest)


def test_structure_and_recipe_may_come_from_elsewhere() -> None:
    X, y = blobs(100)
    maker = GreenLightningClassifier(**QUICK)
    records: list[Any] = []
    structure = maker.extract_structure(X, y, seen=("a batch",), on_epoch=records.append)
    assert structure.seen == ("a batch",)
    assert structure.digest == clone(maker).fit(X, y).model_.structure.digest
    assert structure.history is not None
    assert records == structure.history.records
    model = clone(maker).fit_structure(structure, X, y)
    assert model.model_.structure is structure
    assert digest(model) == digest(clone(maker).fit(X, y))
    deep = clone(maker).fit_structure(random_structure(4, (6, 5)), X, y)
    assert deep.model_.paths.kind == "landmarks"


def test_a_projection_narrows_wide_inputs() -> None:
    X, y = blobs(200, n_features=300)
    model = GreenLightningClassifier(**QUICK, projection=5).fit(X, y)
    assert model.model_.paths.n_features_out == 16 * 6
    assert model.score(X, y) > 0.95


def test_a_class_of_one_row_can_be_learnt() -> None:
    """That row must not be held back to watch the settling: its class would be unknown."""
    X, _ = blobs(60)
    y = np.array(["many"] * 59 + ["one"])
    for seed in range(12):
        kept, held = split_rows(y, 0.3, seed)
        assert 59 in kept
        assert sorted([*kept, *held]) == list(range(60))
    assert list(GreenLightningClassifier(**QUICK).fit(X, y).classes_) == ["many", "one"]


def test_splits_are_fixed_by_the_seed_and_keep_the_shares() -> None:
    y = np.repeat(["a", "b"], [80, 20])
    kept, held = split_rows(y, 0.25, seed=1)
    assert (len(kept), len(held), (y[held] == "b").sum()) == (75, 25, 5)
    assert np.array_equal(held, split_rows(y, 0.25, seed=1)[1])
    assert not np.array_equal(held, split_rows(y, 0.25, seed=2)[1])
    assert len(split_rows(y, 0.0, seed=1)[1]) == len(split_rows(y[:19], 0.25, seed=1)[1]) == 0


@pytest.mark.parametrize(
    ("options", "error", "cause"),
    [
        ({"paths": "explict"}, InputError, "paths='explict' is not known"),
        ({"paths": "explicit", "hidden_layer_sizes": (4, 4)}, InputError, "take one gated layer"),
        ({"feature_bits": 9}, InputError, "feature_bits=9"),
        ({"hidden_layer_sizes": ()}, InputError, "train nothing"),
        ({"hidden_layer_sizes": (0,)}, InputError, "train nothing"),
        ({"max_epochs": 0}, InputError, "train nothing"),
        ({"learning_rate": "fast"}, InputError, "learning_rate='fast' is not known"),
        ({"hidden_layer_sizes": "wide"}, InputError, "hidden_layer_sizes='wide' is not known"),
        ({"n_landmarks": "all", "paths": "landmarks"}, InputError, "n_landmarks='all' is not known"),
        ({"batch_size": "big"}, InputError, "batch_size='big' is not known"),
        ({"alpha": "best"}, InputError, "alpha='best' is not known"),
        ({"n_landmarks": 0, "paths": "landmarks"}, InputError, "0 landmarks"),
        ({"alpha": -1.0}, InputError, "negative"),
        ({"projection": 9}, InputError, "projection=9"),
        ({"memory_budget": 1000}, GreenLightningError, "path features need"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(
    options: dict[str, Any], error: type[Exception], cause: str
) -> None:
    X, y = blobs(60)
    with pytest.raises(error, match=cause):
        GreenLightningClassifier(**(QUICK | options)).fit(X, y).predict(X)


@pytest.mark.parametrize("sizes", [5, [5], np.array([5])])
def test_one_width_may_be_given_plainly(sizes: Any) -> None:
    model = GreenLightningClassifier(hidden_layer_sizes=sizes, max_epochs=1).fit(*blobs(40))
    assert model.model_.structure.hidden_layer_sizes == (5,)


def test_one_class_alone_is_refused() -> None:
    X, y = blobs(40)
    with pytest.raises(InputError, match="only one class is present"):
        GreenLightningClassifier(**QUICK).fit(X, np.zeros(40))
    model = GreenLightningClassifier(**QUICK).fit(X, y)
    assert model.partial_fit(X[:5] + 1, np.zeros(5, dtype=int)).model_.statistics.n == 45


def test_text_after_numbers_is_refused_and_nothing_changes() -> None:
    X, y = blobs(40)
    model = GreenLightningClassifier(**QUICK).fit(X, y)
    before = digest(model)
    with pytest.raises(MismatchError, match="Some labels are text and some are numbers"):
        model.partial_fit(X + 1, y.astype(str))
    assert (digest(model), len(model.row_fingerprints_)) == (before, 40)


def test_it_works_inside_pipelines_and_searches() -> None:
    X, y = blobs(90)
    pipeline = make_pipeline(StandardScaler(), GreenLightningClassifier(**QUICK))
    widths = {"greenlightningclassifier__hidden_layer_sizes": [(4,), (16, 8)]}
    search = GridSearchCV(pipeline, widths, cv=3).fit(X, y.astype(str))
    assert search.cv_results_["mean_test_score"].min() > 0.9
    assert search.score(X, y.astype(str)) > 0.9
