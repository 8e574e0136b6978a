"""Expectations are learnt from a sound base only, and every measure and bound can be checked by hand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from greenlightning.errors import InputError
from tasks.validation.expectations import Expectations, learn_expectations, measure
from tests.helpers.batches import Arrays, batch_of, blobs, with_cell


@pytest.fixture
def base(tmp_path: Path) -> Expectations:
    return learn_expectations(batch_of(tmp_path, *blobs(0, 600)).path)


def test_expectations_survive_json_and_are_named_by_a_digest(base: Expectations) -> None:
    again = Expectations.model_validate_json(base.model_dump_json())
    assert again == base
    assert again.digest == base.digest
    assert base.model_copy(update={"min_rows": 11}).digest != base.digest
    with pytest.raises(ValidationError, match="frozen"):
        base.min_rows = 5
    with pytest.raises(ValidationError, match="Extra inputs"):
        Expectations.model_validate({**base.model_dump(), "surprise": 1})


@pytest.mark.parametrize("labels", [(True, False), (1, 2), (1.5, 2.5), ("1", "no")])
def test_labels_keep_their_type_in_json(base: Expectations, labels: tuple[object, ...]) -> None:
    changed = base.model_copy(update={"labels": labels})
    again = Expectations.model_validate_json(changed.model_dump_json()).labels
    assert [type(label) for label in again] == [type(label) for label in labels]
    assert again == labels


@pytest.mark.parametrize(
    ("corrupt", "cause"),
    [
        (with_cell(np.nan), "has missing or infinite values"),
        (lambda a: (a[0], a[1] * 0), "has only one class"),
        (lambda a: (np.ones_like(a[0]), a[1]), "has no feature that varies"),
        (lambda a: (a[0][:4], a[1][:4]), "has only 4 rows"),
    ],
)
def test_nothing_is_learnt_from_an_unfit_base(
    tmp_path: Path, corrupt: Callable[[Arrays], Arrays], cause: str
) -> None:
    path = batch_of(tmp_path, *corrupt(blobs(1))).path
    with pytest.raises(InputError, match=cause):
        learn_expectations(path)


def test_measures_by_hand(base: Expectations) -> None:
    """Base: features in [0, 10] and [5, 5], means 4 and 5, standard deviations 2 and 0."""
    pair = base.model_copy(
        update={"low": (0.0, 5.0), "high": (10.0, 5.0), "mean": (4.0, 5.0), "spread": (2.0, 0.0)}
    )
    X = np.array([[-1.0, 5.0], [11.5, 5.0], [400.0, 6.0], [-1.0, 5.0]])
    measures = measure(X, np.array([0, 1, 1, 0]), pair)
    assert measures.outside.tolist() == [0, 1, 2, 0]
    assert measures.far.tolist() == [0.25, 0.0]
    assert measures.repeated.tolist() == [False, False, False, True]
    assert measures.outside_share == 3 / 8
    assert measures.mean.tolist() == [102.375, 5.25]
    assert measures.shift == 2.0
    assert measures.largest_class == 0.5
    assert measures.counts == {0: 2, 1: 2}
    assert measure(X[:1] + 6, np.array([0]), pair).shift == 0.5


def test_rows_are_repeated_only_if_their_content_is_equal() -> None:
    """Python gives -1 and -2 the same hash."""
    assert hash((b"", -1)) == hash((b"", -2))
    X = np.array([[1.0, np.nan], [1.0, np.nan], [1.0, np.nan], [2.0, 0.0], [1.0, np.nan]])
    assert measure(X, np.array([-1, -2, -1, -1, -2])).repeated.tolist() == [False, False, True, False, True]
    missing = np.array([None, "a", None, None, "a"], dtype=object)
    assert measure(X, missing).repeated.tolist() == [False, False, True, False, True]


def test_bounds_by_hand(base: Expectations) -> None:
    bounds = base.model_copy(update={"rows": 100, "repeated": 0.2, "largest_class": 0.6})
    assert bounds.slack(25) == 0.2
    assert bounds.slack(10_000) == 0.1
    assert bounds.max_repeated(50) == pytest.approx(0.4)
    assert bounds.max_repeated(200) == pytest.approx(0.7)
    assert bounds.max_largest_class(400) == pytest.approx(1.0)
    assert bounds.model_copy(update={"largest_class": 0.2}).max_largest_class(400) == pytest.approx(0.9)
