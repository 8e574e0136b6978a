"""Labels are kept exactly or refused, never merged: in arrays, batches, models and on disk."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from greenlightning import GreenLightningClassifier, GreenLightningModel, PathSGDClassifier
from greenlightning.data.batch import Batch, content_id, row_fingerprints
from greenlightning.data.labels import (
    checked_labels,
    joined_classes,
    label_array,
    labels_like,
    plain,
    positions,
    sorted_classes,
)
from greenlightning.errors import GreenLightningError, InputError, MismatchError, UnknownLabelError
from greenlightning.evaluation.scores import evaluate
from greenlightning.paths import ExplicitPaths
from tests.helpers.small import blobs, random_structure

HUGE = [1, 2**53 + 1, 2**63 + 1]
numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.booleans()
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)


@given(st.lists(numbers | texts, max_size=6))
def test_an_array_of_labels_equals_the_labels(labels: list[Any]) -> None:
    found = label_array(labels).tolist()
    assert found == labels
    assert [isinstance(label, str) for label in found] == [isinstance(label, str) for label in labels]


@given(st.lists(st.integers(-(2**66), 2**66) | texts, min_size=1, max_size=6))
def test_labels_are_kept_exactly_or_refused(labels: list[Any]) -> None:
    try:
        found = sorted_classes(labels)
    except InputError:
        kinds = {isinstance(label, str) for label in labels}
        wide = len(kinds) == 1 and not kinds.pop() and (min(labels) < -(2**63) or max(labels) >= 2**63)
        assert len({isinstance(label, str) for label in labels}) == 2 or wide or "\0" in "".join(map(str, labels))
    else:
        assert list(found) == sorted(set(labels))
        assert [found[i] for i in positions(labels, found)] == labels


@pytest.mark.parametrize("labels", [["1", 1], np.array(["1", 1], dtype=object), [1, 2**64], [-1, 2**63]])
def test_labels_that_no_column_holds_are_refused(labels: Any) -> None:
    with pytest.raises(InputError, match="not one column of numbers or of text"):
        checked_labels(labels)


@pytest.mark.parametrize("labels", [np.array([2.0**53, 1]), np.array([2**24, 1], dtype=np.float32), [np.inf, 1.0]])
def test_floats_that_may_have_lost_digits_are_refused(labels: Any) -> None:
    with pytest.raises(InputError, match="may have lost digits"):
        checked_labels(labels)


def test_text_that_looks_like_numbers_stays_text() -> None:
    assert sorted_classes(["7", "007", "7.0"]) == ("007", "7", "7.0")
    assert content_id([[0.0]], ["7"]) != content_id([[0.0]], ["007"]) != content_id([[0.0]], [7])


def test_batches_are_named_by_the_exact_labels() -> None:
    X = np.zeros((3, 1))
    assert content_id(X, HUGE) == content_id(X, np.array(HUGE, dtype=np.uint64))
    assert content_id(X, HUGE) != content_id(X, [1, 2**53, 2**63 + 1])
    assert len(set(row_fingerprints(X, np.array(HUGE, dtype=np.uint64)).tolist())) == 3


@pytest.mark.parametrize("labels", [HUGE, np.array(HUGE, dtype=np.uint64), ["7", "007", "7.0"], [1.0, 2.0, 4.0]])
def test_three_classes_stay_three(labels: Any, tmp_path: Path) -> None:
    X, codes = blobs(90)
    y = label_array(list(labels))[codes]
    for model in (
        GreenLightningClassifier(hidden_layer_sizes=(16,), max_epochs=2, random_state=0),
        PathSGDClassifier(random_structure(4, (8,)), max_iter=5, random_state=0),
    ):
        model.fit(X, y.tolist())
        assert sorted(model.classes_.tolist()) == sorted(labels)
        assert {type(label) for label in model.classes_.tolist()} == {type(label) for label in y.tolist()}
        assert model.score(X, y) > 0.9
        model.save(tmp_path / type(model).__name__)
        loaded = type(model).load(tmp_path / type(model).__name__)
        assert loaded.classes_.tolist() == model.classes_.tolist()
        assert loaded.predict(X).tolist() == model.predict(X).tolist()
        scores = evaluate(y.tolist(), model.predict_proba(X), model.classes_.tolist())
        assert (len(scores.classes), scores.accuracy) == (3, model.score(X, y))


def test_batches_of_signed_and_unsigned_labels_join() -> None:
    X, _ = blobs(4)
    paths = ExplicitPaths.build(random_structure(4, (6,)), X)
    model = GreenLightningModel.empty(paths, 1.0).learn(Batch(X[:2], np.array([-1, 2**53 + 1])))
    model = model.learn(Batch(X[2:], np.array([2**63, 2**63 + 1], dtype=np.uint64)))
    assert model.classes == (-1, 2**53 + 1, 2**63, 2**63 + 1)
    assert set(model.predict(X).tolist()) <= set(model.classes)


def test_a_truth_of_another_kind_is_wrong_not_equal() -> None:
    found = evaluate(["0", "1"], np.eye(2), [0, 1])
    assert (found.accuracy, found.classes) == (0.0, (0, 1, "0", "1"))


KNOWN = {
    "text": ["1", "2"],
    "integers": [0, 1],
    "huge": HUGE,
    "floats": [0.5, 1.0],
    "booleans": [False, True],
}


@settings(max_examples=60)
@given(st.sampled_from(sorted(KNOWN)), st.lists(numbers | texts, min_size=1, max_size=4))
def test_later_labels_never_change_earlier_ones(kind: str, later: list[Any]) -> None:
    classes = label_array(KNOWN[kind])
    try:
        converted = labels_like(later, classes)
    except GreenLightningError as error:
        assert "\n" not in str(error)
        return
    assert converted.tolist() == later
    joined = label_array(joined_classes(classes.tolist(), np.unique(converted).tolist()))
    kept = [label for label in joined.tolist() if label in KNOWN[kind]]
    assert [(type(label), label) for label in kept] == [(type(label), label) for label in KNOWN[kind]]


@pytest.mark.parametrize(
    ("known", "later", "error"),
    [
        ([0, 1, 2], ["0", "1"], MismatchError),
        (["0", "1", "2"], [0, 1], MismatchError),
        ([0, 1, 2], [0.5, 1.0], InputError),
        ([False, True], [0, 2], InputError),
    ],
)
def test_partial_fit_refuses_labels_of_another_kind(known: list[Any], later: list[Any], error: type) -> None:
    X, codes = blobs(60, n_classes=len(known))
    y = label_array(known)[codes]
    for model in (
        GreenLightningClassifier(hidden_layer_sizes=(8,), max_epochs=1, random_state=0).fit(X, y),
        PathSGDClassifier(random_structure(4, (8,)), max_iter=2, random_state=0).fit(X, y),
    ):
        before = model.classes_
        with pytest.raises(error):
            model.partial_fit(X[:2] + 1, later)
        assert (model.classes_.dtype, model.classes_.tolist()) == (before.dtype, known)


@pytest.mark.parametrize("later", [[True, False], [1.0, 0.0], [1, 0]])
def test_equal_labels_of_another_type_are_the_same_class(later: list[Any]) -> None:
    X, y = blobs(60)
    model = GreenLightningClassifier(hidden_layer_sizes=(8,), max_epochs=1, random_state=0).fit(X, y)
    model.partial_fit(X[:2] + 1, later)
    assert (model.classes_.dtype, model.classes_.tolist()) == (np.dtype(int), [0, 1, 2])
    assert model.model_.statistics.n == 62


@given(st.lists(numbers, min_size=1, max_size=5))
def test_plain_labels_equal_the_labels(labels: list[Any]) -> None:
    assume(all(abs(label) < 2**200 for label in labels))
    assert [plain(label) for label in labels] == labels


def test_unknown_labels_are_named() -> None:
    with pytest.raises(UnknownLabelError, match=r"Unknown labels \[9223372036854775809\]"):
        positions([2**63 + 1], [1, 2**63])


def test_strange_labels_are_named() -> None:
    with pytest.raises(UnknownLabelError, match=r"Unknown labels \['q'\]"):
        positions(["a", "q"], ("a", "b"))
    assert positions(["b", "a", "b"], ("a", "b")).tolist() == [1, 0, 1]
