"""Where a classifier errs, checked against a confusion matrix that can be counted by hand."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from tasks.reporting.class_table import class_rows, confused_pairs, error_tables


def found(counts: list[list[int]]) -> Any:
    """An evaluation of labels a, b, c with these counts, true by answered."""
    return SimpleNamespace(confusion=np.array(counts), classes=("a", "b", "c"))


def test_each_class_has_its_rows_precision_and_recall_the_worst_recall_first() -> None:
    assert class_rows(found([[8, 2, 0], [1, 3, 0], [0, 0, 0]])) == [
        ("b", "4", "0.6000", "0.7500"),
        ("a", "10", "0.8889", "0.8000"),
        ("c", "0", "", ""),
    ]


def test_the_pairs_that_are_confused_most_come_first_with_their_share() -> None:
    assert confused_pairs(found([[8, 2, 0], [1, 3, 0], [0, 0, 5]])) == [
        ("a", "b", "2", "20.0%"),
        ("b", "a", "1", "25.0%"),
    ]


def test_a_model_that_never_errs_has_no_table_of_pairs() -> None:
    assert [table.title for table in error_tables(found([[1, 0, 0], [0, 1, 0], [0, 0, 1]]))] == [
        "Classes, the worst recall first"
    ]
