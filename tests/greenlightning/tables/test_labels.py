"""A label means the same in every file format, and no two labels become one."""

import numpy as np
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
    "values",
    [
        np.array([2**64 - 1, 2**64 - 2, 1], np.uint64).tolist(),
        [2**63, -1],
        [2**70, 1],
        [2**53 + 1, 2**53, 0.5],
        ["a", "a\0"],
    ],
    ids=["uint64", "mixed signs", "beyond 64 bits", "integers among fractions", "trailing NUL"],
)
def test_labels_that_would_be_changed_are_refused(values: list[object]) -> None:
    with pytest.raises(InputError, match="cannot be kept exactly"):
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


def test_a_label_that_is_no_scalar_is_refused() -> None:
    with pytest.raises(InputError, match="Labels of type list cannot be learnt"):
        canonical_labels([["a"], ["b"]])


def test_labels_alike_but_for_case_or_blanks() -> None:
    assert alike_labels(["cat", "Cat", "dog"]) == [("Cat", "cat")]
