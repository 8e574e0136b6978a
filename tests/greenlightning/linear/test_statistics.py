"""The additive algebra, with numbers small enough to add up by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from greenlightning import Statistics
from greenlightning.data.batch import content_id, row_fingerprints
from greenlightning.data.targets import ClassTargets, RealTargets
from greenlightning.paths import ExplicitPaths
from tests.helpers.small import blobs, random_structure

CLASSES = ClassTargets()


def test_class_statistics_by_hand(sides: ExplicitPaths) -> None:
    found = Statistics.collect(sides, CLASSES, [[4.0], [4.0], [-4.0]], ["a", "b", "a"])
    assert (found.n, found.columns, found.counts) == (3, ("a", "b"), {"a": 2, "b": 1})
    assert found.G.tolist() == [
        [2 * 127 * 127, 2 * 127 * 32, 0, 0],
        [2 * 127 * 32, 2 * 32 * 32, 0, 0],
        [0, 0, 127 * 127, -127 * 32],
        [0, 0, -127 * 32, 32 * 32],
    ]
    assert found.B.tolist() == [[127, 127], [32, 32], [-127, 0], [32, 0]]
    assert found.feature_sums.tolist() == [254, 64, -127, 32]
    assert found.target_sums.tolist() == found.target_squares.tolist() == [2, 1]
    assert all(getattr(found, name).dtype == np.int64 for name in ("G", "B", "feature_sums", "target_squares"))


def test_real_statistics_by_hand(sides: ExplicitPaths) -> None:
    """Targets count from 10 in steps of a half: 11, 10 and 8.5 are 2, 0 and -3."""
    targets = RealTargets(np.array([10.0]), np.array([0.5]))
    found = Statistics.collect(sides, targets, [[4.0], [4.0], [-4.0]], [11.0, 10.0, 8.5])
    assert found.columns == (0,)
    assert found.B.tolist() == [[2 * 127], [2 * 32], [-3 * -127], [-3 * 32]]
    assert (found.target_sums.tolist(), found.target_squares.tolist()) == ([2 - 3], [4 + 9])


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_sums_are_those_of_the_integer_features(bits: int) -> None:
    X, y = blobs(200)
    paths = ExplicitPaths.build(random_structure(4, (6,)), X, feature_bits=bits)
    phi = np.concatenate([block.numpy() for _, block in paths.blocks(X)]).astype(np.int64)
    onehot = np.eye(3, dtype=np.int64)[y]
    found = Statistics.collect(paths, CLASSES, X, y, block_rows=37)
    assert (phi.T @ phi == found.G).all()
    assert (phi.T @ onehot == found.B).all()
    assert (found.feature_sums == phi.sum(axis=0)).all()

    targets = RealTargets.frozen_on(X[:, :2])
    values = np.rint((X[:, :2] - targets.offset) / targets.step).astype(np.int64)
    found = Statistics.collect(paths, targets, X, X[:, :2])
    assert (phi.T @ values == found.B).all()
    assert (found.target_squares == (values**2).sum(axis=0)).all()
    assert (found.target_sums == values.sum(axis=0)).all()


def test_more_features_than_a_panel_of_the_product() -> None:
    X, y = blobs(50, n_features=30)
    paths = ExplicitPaths.build(random_structure(30, (40,)), X)
    phi = np.concatenate([block.numpy() for _, block in paths.blocks(X)]).astype(np.int64)
    assert paths.n_features_out == 1240
    assert (phi.T @ phi == Statistics.collect(paths, CLASSES, X, y).G).all()


def test_more_rows_than_an_int32_block(sides: ExplicitPaths) -> None:
    """200,000 rows of 127 squared pass 2^31."""
    found = Statistics.collect(sides, CLASSES, np.full((200_000, 1), 4.0), np.zeros(200_000), block_rows=200_000)
    assert found.G[0, 0] == 200_000 * 127 * 127 > 2**31


def test_plus_minus_and_empty_are_an_algebra(sides: ExplicitPaths) -> None:
    a = Statistics.collect(sides, CLASSES, [[4.0], [1.0]], ["a", "b"])
    b = Statistics.collect(sides, CLASSES, [[-4.0]], ["c"])
    empty = Statistics.empty(sides, CLASSES)
    assert a + b == b + a
    assert (a + b) - b == a
    assert (a + b) - a == b
    assert a - a == empty == empty + empty
    assert a + empty == a != b
    assert a != "statistics"
    assert empty.n == 0
    assert empty == Statistics.collect(sides, CLASSES, np.empty((0, 1)), [])


@pytest.mark.parametrize("sign", [+1, -1])
def test_a_change_may_take_the_memory_of_what_it_adds_and_of_nothing_else(sides: ExplicitPaths, sign: int) -> None:
    a = Statistics.collect(sides, CLASSES, [[4.0], [1.0], [-4.0]], ["a", "b", "c"])
    b = Statistics.collect(sides, CLASSES, [[-4.0]], ["c"])
    before, expected = a.G.copy(), a + b if sign > 0 else a - b
    found = a._changed(b, sign, reuse=True)
    assert found == expected
    assert np.shares_memory(found.G, b.G)
    assert np.array_equal(a.G, before)


def test_real_targets_leave_nothing_behind_either(sides: ExplicitPaths) -> None:
    targets = RealTargets.frozen_on([[1.0, 10.0], [3.0, 30.0]])
    found = Statistics.collect(sides, targets, [[4.0], [1.0]], [[1.0, 30.0], [2.0, 10.0]])
    empty = Statistics.empty(sides, targets)
    assert found.columns == empty.columns == (0, 1)
    assert found - found == empty == Statistics.collect(sides, targets, np.empty((0, 1)), np.empty((0, 2)))
    assert found + empty == found


def test_labels_join_by_union_as_if_they_had_always_been_known(sides: ExplicitPaths) -> None:
    first = Statistics.collect(sides, CLASSES, [[4.0]], ["m"])
    second = Statistics.collect(sides, CLASSES, [[-4.0], [-4.0]], ["z", "a"])
    both = first + second
    assert both.columns == ("a", "m", "z")
    assert both.B.tolist() == [[0, 127, 0], [0, 32, 0], [-127, 0, -127], [32, 0, 32]]
    assert (both - second).columns == ("m",)


LABELS: dict[str, Callable[[], NDArray[Any]]] = {
    "int64": lambda: np.array([0, 1, 2, 1]),
    "uint8": lambda: np.array([0, 1, 2, 1], dtype="u1"),
    "float32": lambda: np.array([0, 1, 2, 1], dtype="f4"),
    "objects": lambda: np.array([0, 1, 2, 1], dtype=object),
    "numpy objects": lambda: np.array([np.int64(0), np.float64(1), np.int8(2), True], dtype=object),
}


@pytest.mark.parametrize("kind", LABELS)
def test_equal_labels_are_one_class_whatever_their_type(sides: ExplicitPaths, kind: str) -> None:
    X, y, plain = np.arange(4.0)[:, None], LABELS[kind](), LABELS["int64"]()
    whole = Statistics.collect(sides, CLASSES, X, plain)
    assert Statistics.collect(sides, CLASSES, X, y).digest == whole.digest
    ours = Statistics.collect(sides, CLASSES, X[:2], y[:2])
    theirs = Statistics.collect(sides, CLASSES, X[2:], plain[2:])
    assert (ours + theirs).digest == (theirs + ours).digest == whole.digest
    assert content_id(X, y) == content_id(X, plain)
    assert (row_fingerprints(X, y) == row_fingerprints(X, plain)).all()


def test_whole_and_broken_numbers_keep_their_order(sides: ExplicitPaths) -> None:
    X = np.arange(4.0)[:, None]
    jointly = Statistics.collect(sides, CLASSES, X, [1, 0.5, 2, 1.5])
    apart = Statistics.collect(sides, CLASSES, X[::2], [1, 2]) + Statistics.collect(
        sides, CLASSES, X[1::2], [0.5, 1.5]
    )
    assert apart.digest == jointly.digest
    assert apart.columns == (0.5, 1, 1.5, 2)
