"""The checks of a batch, their bounds and their texts, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from tasks.validation.checks import (
    Check,
    few,
    frames,
    header_checks,
    intrinsic_checks,
    unknown_labels,
)
from tasks.validation.measures import Measures
from tests.tasks.validation.four_rows import BASE, FOUND, FOUR_ROWS, NAMES


def failures(checks: list[Check]) -> list[str]:
    return [check.failure for check in checks]


@pytest.mark.parametrize(
    ("names", "failure"),
    [
        (
            ["a", "c"],
            "The columns are not those of the base: without 'b'",
        ),
        (
            ["a", "b", "c", "d"],
            "The columns are not those of the base: with 'd'",
        ),
        (
            ["b", "weight", "c"],
            "The columns are not those of the base: without 'a' and with 'weight'",
        ),
    ],
)
def test_other_columns_are_named_and_their_order_is_not_checked(names: list[str], failure: str) -> None:
    (check,) = header_checks(names, BASE)
    assert check.failure == f"{failure} (after a change of the schema, train again first)"
    assert check.options == {"column_set": NAMES, "exact_match": True}


def test_the_first_column_out_of_order_is_named() -> None:
    _, order = header_checks(["a", "c", "b"], BASE)
    assert order.failure == (
        "The columns are not in the order of the base: 'c' at position 2 where the base has 'b'"
    )


def test_a_base_needs_ten_rows_and_two_classes() -> None:
    checks = intrinsic_checks(FOUR_ROWS, None)
    assert {check.title: check.options for check in checks} == {
        "Every cell is finite": {"column": "infinite", "max_value": 0},
        "Every row has a label": {"column": "label"},
        "There are at least 10 rows": {"column": "rows", "min_value": 10},
        "At least one feature varies": {"column": "varying", "min_value": 1},
        "There are at least 2 classes": {"column": "classes", "min_value": 2},
    }
    assert any(found.startswith("1 of 4 rows have no label (it is row ") for found in failures(checks))
    assert "The batch has 4 rows; at least 10 are needed" in failures(checks)


def test_a_later_batch_needs_one_row_of_one_class() -> None:
    titles = [check.title for check in intrinsic_checks(FOUR_ROWS, BASE)]
    assert "There is a row" in titles and "There is a class" in titles
    one = Measures(FOUR_ROWS.frame[:1], FOUR_ROWS.y[:1])
    assert "At least one feature varies" not in [check.title for check in intrinsic_checks(one, BASE)]


def test_labels_of_another_type_are_unknown_even_if_they_are_equal() -> None:
    assert unknown_labels(FOUR_ROWS, BASE) == [7]
    assert unknown_labels(replace(FOUR_ROWS, y=np.array([True, False])), BASE) == [False, True]


def test_the_frames_have_a_row_a_column_a_sample_and_a_batch() -> None:
    made = frames(FOUR_ROWS, FOUND)
    assert list(made["header"].columns) == NAMES and made["header"].empty
    assert made["features"]["gap"].tolist() == [0.25, 0.0, 0.0]
    assert made["features"]["woke"].tolist() == [0, 0, 1]
    assert made["samples"]["outside"].tolist() == [0, 0, 1, 1]
    assert made["batch"]["rows"].tolist() == [4]


@pytest.mark.parametrize(
    ("count", "shown"), [(0, ""), (2, "0, 1"), (5, "0, 1, 2, 3, 4"), (8, "0, 1, 2, 3, 4 and 3 more")]
)
def test_at_most_five_items_are_shown(count: int, shown: str) -> None:
    assert few(range(count)) == shown
