"""Expectations are learnt from a sound base only, follow the stream, and every bound can be checked by hand."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from greenlightning.errors import InputError
from greenlightning.tables import Kind
from tasks.data.ingestion import land
from tasks.data.schemas import schema_of
from tasks.validation.expectations import Expectations, expectations_after, learn_expectations
from tasks.validation.measures import Measures
from tests.helpers.batches import Arrays, batch_of, blobs, expectations_of_blobs, measures_of_blobs, with_cell


@pytest.fixture
def base(tmp_path: Path) -> Expectations:
    return learn_expectations(batch_of(tmp_path, *blobs(0, 600)).path)


def test_expectations_survive_json_and_are_named_by_a_digest(base: Expectations) -> None:
    again = Expectations.model_validate_json(base.model_dump_json())
    assert again == base
    assert again.digest == base.digest
    assert base.model_copy(update={"rows": 11}).digest != base.digest
    with pytest.raises(ValidationError, match="frozen"):
        base.rows = 5
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
        (with_cell(np.inf), "has infinite values"),
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


def test_a_base_of_several_batches_is_learnt_as_one(tmp_path: Path) -> None:
    first, second = (batch_of(tmp_path, *blobs(seed)).path for seed in (0, 1))
    base = learn_expectations(first, second)
    assert base.rows == 600
    assert base.base.low[3] == min(learn_expectations(path).base.low[3] for path in (first, second))


def test_expectations_follow_a_batch_once_and_the_base_stays(base: Expectations) -> None:
    X, _y = blobs(1)
    moved = base.following("b1", measures_of_blobs(1, X=X + 100))
    assert moved.base == base.base
    assert moved.recent.high[0] > base.recent.high[0] + 90
    assert moved.learnt == ("b1",)
    assert moved.following("b1", measures_of_blobs(2)) == moved
    assert moved.digest != base.digest


def test_labels_of_a_batch_that_was_learnt_are_known(base: Expectations) -> None:
    measures = measures_of_blobs(1)
    known = base.following("b1", Measures(measures.frame, measures.y + 5)).labels
    assert known == (0, 1, 2, 5, 6, 7)


def test_a_regression_has_a_target_and_no_labels(tmp_path: Path) -> None:
    X, _ = blobs(0)
    measures = measures_of_blobs(0)
    base = expectations_after(Measures(measures.frame, X[:, 0] * 2, "regression"), "base")
    assert base.labels == ()
    assert base.target is not None
    assert base.knowing([1, 2]) == base


def test_expectations_of_the_first_release_are_read() -> None:
    """A constant column had the spread 1e-16 in them."""
    old = {"features": ["a", "b"], "low": [0, 5], "high": [10, 5], "mean": [4, 5], "spread": [2, 1e-16]}
    old |= {"labels": [0, 1], "rows": 100, "repeated": 0.0, "largest_class": 0.5, "min_rows": 10, "max_far": 0.05}
    found = Expectations.model_validate_json(json.dumps(old))
    assert found.recent.spread == (2.0, 0.0)
    assert found.recent.location == (4.0, 5.0)
    assert Expectations.model_validate_json(found.model_dump_json()) == found


def test_bounds_by_hand(base: Expectations) -> None:
    bounds = base.model_copy(update={"rows": 100, "repeated": 0.2, "largest_class": 0.6})
    assert bounds.slack(25) == 0.2
    assert bounds.slack(10_000) == 0.1
    assert bounds.max_repeated(50) == pytest.approx(0.4)
    assert bounds.max_repeated(200) == pytest.approx(1 - 0.75 * 0.77**2)
    assert bounds.max_repeated(2_000) == pytest.approx(1 - 0.75 * 0.8 / 20)
    assert bounds.max_largest_class(400) == pytest.approx(1.0)
    assert bounds.model_copy(update={"largest_class": 0.2}).max_largest_class(400) == pytest.approx(0.9)


def test_a_column_takes_the_kind_that_is_expected_of_it_after_a_change_of_schema(tmp_path: Path) -> None:
    rooms = np.tile([1.0, 2.0, 3.0], 20)
    table = pd.DataFrame({"rooms": rooms, "size": np.arange(60.0), "label": ["a", "b"] * 30})
    table.to_csv(tmp_path / "base.csv", index=False)
    batch = land.fn(tmp_path / "base.csv", "homes")
    as_codes = schema_of("homes").declaring(Kind.CATEGORICAL, ["rooms"])
    expected = learn_expectations(batch.path, schema=as_codes)
    assert (expected.base.names, tuple(expected.categories.shares)) == (("size",), ("rooms",))
    measures = expected.measures(batch.content)
    assert (measures.numeric_names, measures.names) == (["size"], ["rooms", "size"])


def test_a_file_that_holds_each_row_twice_repeats_too_much_however_large_it_is() -> None:
    base = expectations_of_blobs(0)
    assert base.repeated == 0 and base.rows >= 200
    assert base.max_repeated(2 * base.rows) < 0.3
    assert base.max_repeated(100 * base.rows) > 0.7, "what few rows of the base show says little of so many"
