"""What statistics refuse: bad labels, other recipes, rows that were never learnt, sums that could overflow."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from greenlightning import Statistics
from greenlightning.compute.integers import checked_capacity
from greenlightning.data.batch import Batch
from greenlightning.data.targets import ClassTargets, RealTargets
from greenlightning.errors import CapacityError, InputError, MismatchError
from greenlightning.paths import ExplicitPaths

CLASSES = ClassTargets()


@pytest.mark.parametrize(
    "y",
    [
        np.array([1, "a"], dtype=object),
        np.array(["a", None], dtype=object),
        np.array(["a", np.nan], dtype=object),
        np.array([1.0, np.nan]),
        np.array([[1], [2]]),
        np.array([b"a", b"b"]),
    ],
    ids=["mixed", "none", "missing text", "missing number", "two-dimensional", "bytes"],
)
def test_labels_that_are_none_are_refused(sides: ExplicitPaths, y: NDArray[Any]) -> None:
    batch = Batch(np.array([[1.0], [2.0]]), y)
    with pytest.raises(InputError, match="not one column of numbers or of text"):
        Statistics.collect(sides, CLASSES, batch.X, batch.y)


def test_text_and_numbers_do_not_join(sides: ExplicitPaths) -> None:
    text, numbers = (Statistics.collect(sides, CLASSES, [[1.0]], y) for y in (["1"], [1]))
    with pytest.raises(MismatchError, match="Some labels are text and some are numbers"):
        text + numbers


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("structure", "s" * 64, "structure"),
        ("recipe", "r" * 64, "recipe"),
        ("targets", "t", "targets"),
        ("bits", 16, "bits"),
    ],
)
def test_what_does_not_belong_together_is_refused_by_name(
    sides: ExplicitPaths, field: str, value: object, named: str
) -> None:
    ours = Statistics.collect(sides, CLASSES, [[1.0]], [0])
    theirs = replace(ours, **{field: value})
    for combine in (lambda: ours + theirs, lambda: ours - theirs):
        with pytest.raises(MismatchError, match=f"differ in {named}: "):
            combine()


@pytest.mark.parametrize(
    ("X", "y"),
    [
        ([[4.0], [4.0], [4.0]], ["a", "a", "a"]),  # more rows than there were
        ([[1.0]], ["c"]),  # a class that was not there
        ([[1.0], [1.0]], ["b", "b"]),  # more of a class than there were
        ([[4.0]], ["b"]),  # the only b, but with other features
        ([[1.0], [4.0]], ["a", "b"]),  # every row, labels exchanged
        ([[0.5], [0.5]], ["a", "b"]),  # all gone but the sums
    ],
)
def test_what_was_never_part_cannot_be_taken_away(sides: ExplicitPaths, X: Any, y: Any) -> None:
    whole = Statistics.collect(sides, CLASSES, [[4.0], [1.0]], ["a", "b"])
    with pytest.raises(MismatchError, match="never part of these"):
        whole - Statistics.collect(sides, CLASSES, X, y)


def test_rows_and_targets_must_pair(sides: ExplicitPaths) -> None:
    with pytest.raises(InputError, match="2 rows of inputs and 1 targets"):
        Statistics.collect(sides, CLASSES, [[1.0], [2.0]], [0])
    with pytest.raises(InputError, match="2 rows of inputs and 1 targets"):
        Batch(np.zeros((2, 1)), np.zeros(1))


@pytest.mark.parametrize(("largest", "limit"), [(127, 2**49), (2047, 2**41), (32767, 2**33)])
def test_sums_that_could_overflow_are_refused(largest: int, limit: int) -> None:
    """Each product is up to (largest + 1) squared, so 2^63 over that many samples fit."""
    checked_capacity(limit - 1, largest)
    with pytest.raises(CapacityError, match=f"{limit:,} samples could overflow int64"):
        checked_capacity(limit, largest)


def test_a_merge_that_could_overflow_is_refused_and_forgetting_is_not(sides: ExplicitPaths) -> None:
    one = Statistics.collect(sides, CLASSES, [[4.0]], [0])
    many = replace(one, n=2**49 - 2, G=one.G * 2)
    assert (many + one).n == 2**49 - 1
    with pytest.raises(CapacityError, match="could overflow int64"):
        (many + one) + one
    nearly = replace(many, n=2**49 - 1)
    assert (nearly - replace(many, n=2**49 - 2)).n == 1


def test_squared_targets_that_could_overflow_are_refused(sides: ExplicitPaths) -> None:
    targets = RealTargets(np.zeros(1), np.ones(1))
    near = Statistics.collect(sides, targets, np.ones((4, 1)), np.full(4, 2.0**22))
    big = replace(near, target_squares=np.array([2**62], dtype=np.int64))
    with pytest.raises(CapacityError, match="squared targets could overflow"):
        big + big
    assert (big - big).target_squares.tolist() == [0]
    with pytest.raises(CapacityError, match="squares of 70,000 targets"):
        targets.encode(np.full(70_000, 8.3e6))
