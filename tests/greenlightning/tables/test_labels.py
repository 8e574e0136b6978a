"""A label means the same in every file format, and no two labels become one."""

import numpy as np
import pandas as pd
import pytest

from greenlightning.errors import InputError
from greenlightning.tables.labels import alike_labels, canonical_labels


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        (["1", "2"], [1, 2]),
        (["1.0", "2.0"], [1, 2]),
        ([1.0, 2.0], [1, 2]),
        (["1.5", "2"], [1.5, 2.0]),
        (["NA", "None"], ["NA", "None"]),
        (["007", "1"], ["007", "1"]),
        (["no", "yes"], ["no", "yes"]),
        ([True, False], [True, False]),
        (["", "1"], [None, 1]),
        ([float("nan"), "a"], [None, "a"]),
        ([2**63 - 1, -(2**63)], [2**63 - 1, -(2**63)]),
    ],
)
def test_labels_mean_what_they_say(values: list[object], labels: list[object]) -> None:
    found = canonical_labels(values).tolist()
    assert found == labels
    assert [type(label) for label in found] == [type(label) for label in labels]


@pytest.mark.parametrize(
    ("values", "which"),
    [
        (np.array([2**64 - 1, 2**64 - 2, 1], np.uint64).tolist(), "Row 1 of the labels holds a whole number"),
        ([-1, 2**63], "Row 2 of the labels holds a whole number beyond 64 bits"),
        ([2**70, 1], "Row 1 of the labels holds a whole number"),
        ([1, None, "9" * 5000], "Row 3 of the labels holds a whole number"),
        (["yes", "9" * 5000], "Row 2 of the labels holds a whole number"),
        ([2**53 + 1, 2**53, 0.5], "The labels mix large whole numbers with fractions"),
        (["a", "a\0"], "Row 2 of the labels holds text that ends in a NUL character"),
    ],
    ids=["uint64", "mixed signs", "large", "5,000 digits", "digits among text", "among fractions", "trailing NUL"],
)
def test_labels_that_would_be_changed_are_refused(values: list[object], which: str) -> None:
    with pytest.raises(InputError, match=f"^{which}.*cannot be kept exactly"):
        canonical_labels(values)


@pytest.mark.parametrize(
    ("values", "kind", "labels"),
    [
        ([True, False], "int", [1, 0]),
        (["true", "FALSE"], "int", [1, 0]),
        ([1, 0], "bool", [True, False]),
        (["yes", "no"], "bool", [True, False]),
        ([7, 2.0], "str", ["7", "2"]),
        ([" cat", "dog "], "", ["cat", "dog"]),
    ],
)
def test_labels_take_the_type_of_those_known(values: list[object], kind: str, labels: list[object]) -> None:
    assert canonical_labels(values, kind).tolist() == labels


@pytest.mark.parametrize("values", [[["a"], ["b"]], [[], ["b"]]])
def test_a_label_that_is_no_scalar_is_refused(values: list[object]) -> None:
    with pytest.raises(InputError, match="Labels of type list cannot be learnt"):
        canonical_labels(values)


@pytest.mark.parametrize("hours", [[0, 1], [1, 2]])
def test_durations_are_no_labels_not_even_one_of_zero(hours: list[int]) -> None:
    with pytest.raises(InputError, match="Labels of type Timedelta cannot be learnt"):
        canonical_labels(pd.to_timedelta(hours, unit="h").tolist())


def test_labels_alike_but_for_case_or_blanks() -> None:
    assert alike_labels(["cat", "Cat", "dog"]) == [("Cat", "cat")]
