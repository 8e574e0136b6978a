"""The checks of a batch, their bounds and their texts, by hand."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tasks.validation.checks import (
    Check,
    few,
    frames,
    header_checks,
    intrinsic_checks,
    learnt_checks,
    unknown_labels,
)
from tasks.validation.expectations import Expectations, Measures

NAMES = ["a", "b", "c"]
BASE = Expectations(
    features=tuple(NAMES),
    low=(0.0, 0.0, 0.0),
    high=(1.0, 1.0, 1.0),
    mean=(0.5, 0.5, 0.5),
    spread=(0.3, 0.3, 0.3),
    labels=(0, 1),
    rows=100,
    repeated=0.2,
    largest_class=0.6,
)
FOUR_ROWS = Measures(
    low=np.zeros(3),
    high=np.ones(3),
    mean=np.full(3, 0.5),
    spread=np.array([0.3, 0.0, 0.1]),
    missing=np.array([0, 2, 1]),
    infinite=np.array([4, 0, 0]),
    far=np.array([0.0, 0.25, 0.05]),
    outside=np.array([0, 1, 2, 3]),
    repeated=np.array([False, False, True, True]),
    shift=0.123,
    counts={0: 1, 7: 2},
)


def by_title(checks: list[Check]) -> dict[str, Check]:
    return {check.title: check for check in checks}


def failures(checks: list[Check]) -> list[str]:
    return [check.failure for check in checks]


@pytest.mark.parametrize(
    ("names", "failure"),
    [
        (["a", "c"], "The columns are not those of the base: without 'b'"),
        (["a", "b", "c", "d"], "The columns are not those of the base: with 'd'"),
        (["b", "weight", "c"], "The columns are not those of the base: without 'a' and with 'weight'"),
    ],
)
def test_other_columns_are_named_and_their_order_is_not_checked(names: list[str], failure: str) -> None:
    (check,) = header_checks(names, BASE)
    assert check.failure == failure
    assert check.options == {"column_set": NAMES, "exact_match": True}


def test_the_first_column_out_of_order_is_named() -> None:
    _, order = header_checks(["a", "c", "b"], BASE)
    assert order.failure == (
        "The columns are not in the order of the base: 'c' at position 2 where the base has 'b'"
    )
    assert order.options == {"column_list": NAMES}


def test_any_batch_is_checked_for_gaps_labels_and_size() -> None:
    checks = intrinsic_checks(FOUR_ROWS, NAMES, min_rows=10, min_classes=3)
    assert failures(checks) == [
        "Missing cells: 3, in columns 'b', 'c'",
        "Infinite cells: 4, in columns 'a'",
        "All rows are the same: no feature varies",
        "1 of 4 rows have no label",
        "The batch has 4 rows; at least 10 are needed",
        "Classes: 2 (0, 7); at least 3 are needed",
    ]
    assert [check.options for check in checks] == [
        {"column": "missing", "max_value": 0},
        {"column": "infinite", "max_value": 0},
        {"column": "spread", "min_value": 0, "strict_min": True},
        {"column": "label"},
        {"column": "rows", "min_value": 10},
        {"column": "classes", "min_value": 3},
    ]


def test_the_bounds_of_a_small_batch_have_the_slack_of_its_size() -> None:
    """Four rows: the slack is 1 / sqrt(4) = 0.5; three of four rows may be strange; 3 * 0.2 < 1 cell may."""
    checks = learnt_checks(FOUR_ROWS, NAMES, BASE, new_labels=True)
    assert [check.options for check in checks] == [
        {"column": "far", "max_value": 0.05},
        {"column": "outside", "max_value": 1, "mostly": 0.25},
        {"column": "outside", "max_value": pytest.approx(0.6)},
        {"column": "shift", "max_value": pytest.approx(1.3)},
        {"column": "repeated", "max_value": pytest.approx(0.4)},
        {"column": "largest_class", "max_value": 1},
        {"column": "label_type", "value_set": ["int"]},
    ]


def test_a_failure_says_what_was_measured_and_what_is_allowed() -> None:
    assert failures(learnt_checks(FOUR_ROWS, NAMES, BASE, new_labels=False)) == [
        "Columns far outside the base's range (another unit?): 'b'",
        "50.0% of the rows have over 1 cells outside the base's range; at most 75.0% may",
        "50.0% of the cells lie outside the base's range; at most 60.0% may",
        "The means moved by 0.12 standard deviations of the base, over 1.30: "
        "other columns, another scale, or another source",
        "50.0% of the rows repeat an earlier one; at most 40.0% may",
        "The most frequent label takes 66.7% of the rows; at most 100.0% may",
        "The labels are of type int where the base has int",
        "Labels that the base does not know: 7, in 2 of 4 rows (allow new labels to take them)",
    ]


def test_a_fifth_of_the_cells_of_a_row_may_lie_outside() -> None:
    wide = replace(FOUR_ROWS, missing=np.zeros(64, np.int64), far=np.zeros(64))
    strange = learnt_checks(wide, [f"x{number}" for number in range(64)], BASE, new_labels=True)[1]
    assert strange.options["max_value"] == 12


@pytest.mark.parametrize(("new_labels", "known"), [(False, [[0, 1]]), (True, [])])
def test_the_labels_are_checked_unless_new_ones_are_allowed(new_labels: bool, known: list[Any]) -> None:
    checks = by_title(learnt_checks(FOUR_ROWS, NAMES, BASE, new_labels))
    found = [check.options["value_set"] for title, check in checks.items() if "known to the base" in title]
    assert found == known


def test_labels_of_another_type_are_unknown_even_if_they_are_equal() -> None:
    assert unknown_labels(FOUR_ROWS, BASE) == [7]
    assert unknown_labels(replace(FOUR_ROWS, counts={True: 1, False: 1}), BASE) == [False, True]


def test_the_checks_run_on_four_small_frames() -> None:
    found = frames(FOUR_ROWS, NAMES, [0, 7, 7, None])
    assert list(found["header"].columns) == NAMES and found["header"].empty
    assert found["features"].to_dict("list") == {
        "feature": NAMES,
        "missing": [0, 2, 1],
        "infinite": [4, 0, 0],
        "spread": [0.3, 0.0, 0.1],
        "far": [0.0, 0.25, 0.05],
    }
    assert found["samples"].to_dict("list") == {"outside": [0, 1, 2, 3], "label": [0, 7, 7, None]}
    assert found["batch"].to_dict("records") == [
        {
            "rows": 4,
            "classes": 2,
            "outside": 0.5,
            "shift": 0.123,
            "repeated": 0.5,
            "largest_class": pytest.approx(2 / 3),
            "label_type": "int",
        }
    ]


def test_every_check_names_a_column_of_its_frame() -> None:
    made = frames(FOUR_ROWS, NAMES, [0, 7, 7, None])
    for check in [
        *intrinsic_checks(FOUR_ROWS, NAMES, 10, 2),
        *learnt_checks(FOUR_ROWS, NAMES, BASE, new_labels=False),
    ]:
        assert check.options["column"] in made[check.frame].columns


@pytest.mark.parametrize(
    ("count", "shown"), [(0, ""), (2, "0, 1"), (5, "0, 1, 2, 3, 4"), (8, "0, 1, 2, 3, 4 and 3 more")]
)
def test_at_most_five_items_are_shown(count: int, shown: str) -> None:
    assert few(range(count)) == shown
