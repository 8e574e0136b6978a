"""The additive algebra, with numbers small enough to add up by hand."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file

from greenlightning import Statistics, Structure
from greenlightning.data.batch import Batch, content_id, row_fingerprints
from greenlightning.data.labels import positions
from greenlightning.data.targets import ClassTargets, RealTargets, targets_from_dict, targets_to_dict
from greenlightning.errors import CapacityError, InputError, IntegrityError, MismatchError, UnknownLabelError
from greenlightning.linear.statistics import checked_capacity
from greenlightning.paths import ExplicitPaths, LandmarkPaths
from tests.helpers.small import blobs, random_structure

CLASSES = ClassTargets()


@pytest.fixture
def sides() -> ExplicitPaths:
    """Gates right and left of zero. Integer features: 4 gives (127, 32, 0, 0), -4 gives (0, 0, -127, 32)."""
    return ExplicitPaths.build(Structure.from_arrays([0], [1], [[[1], [-1]]], [[0, 0]]), [[0.0]])


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


@pytest.mark.parametrize(
    ("y", "cause"),
    [
        ([320.1], "over 32 times the base batch's spread"),
        ([np.nan], "NaN or infinity"),
        ([[1.0, 2.0]], "targets have 2 columns, the model has 1"),
    ],
)
def test_real_targets_that_cannot_be_held_are_refused(y: Any, cause: str) -> None:
    targets = RealTargets.frozen_on([-10.0, 10.0])
    with pytest.raises(InputError, match=cause):
        targets.encode(y)


def test_real_targets_are_held_to_a_few_millionths_of_the_spread() -> None:
    y = np.linspace(-10, 10, 101)
    targets = RealTargets.frozen_on(y)
    held = sum(
        digit.numpy().astype(np.int64) * 256**place for place, digit in enumerate(reversed(targets.encode(y)))
    )
    assert np.abs(held[:, 0] * targets.step[0] + targets.offset[0] - y).max() <= 10 * 32 / (127 * 256 * 256) / 2
    assert targets.encode([319.9])[0].item() == 127
    assert targets_from_dict(targets_to_dict(targets)).digest == targets.digest
    assert RealTargets.frozen_on([5.0, 5.0]).encode([5.0])[0].item() == 0


def test_strange_labels_are_named() -> None:
    with pytest.raises(UnknownLabelError, match=r"Unknown labels \['q'\]"):
        positions(["a", "q"], ("a", "b"))
    assert positions(["b", "a", "b"], ("a", "b")).tolist() == [1, 0, 1]


def test_statistics_come_back_from_disk_the_same_in_half_the_space(tmp_path: Path) -> None:
    X, y = blobs(60)
    paths = ExplicitPaths.build(random_structure(4, (10,)), X)
    for labels in (y, y / 2, y > 0, y.astype(str)):
        found = Statistics.collect(paths, CLASSES, X, labels)
        found.save(tmp_path)
        loaded = Statistics.load(tmp_path)
        assert loaded == found
        assert (loaded.G == found.G).all()
        assert loaded.counts == found.counts
        assert [type(c) for c in loaded.columns] == [type(c) for c in found.columns]
    assert load_file(tmp_path / "statistics.safetensors")["G"].shape == (50 * 51 // 2,)


@pytest.mark.parametrize("name", ["statistics.json", "statistics.safetensors"])
@pytest.mark.parametrize("keep", [0, 0.5, 0.99])
def test_torn_statistics_are_an_integrity_error(
    sides: ExplicitPaths, tmp_path: Path, name: str, keep: float
) -> None:
    Statistics.collect(sides, CLASSES, [[1.0]], [0]).save(tmp_path)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: int(keep * len(content))])
    with pytest.raises(IntegrityError):
        Statistics.load(tmp_path)


def test_changed_statistics_are_an_integrity_error(sides: ExplicitPaths, tmp_path: Path) -> None:
    Statistics.collect(sides, CLASSES, [[1.0]], [0]).save(tmp_path)
    about = tmp_path / "statistics.json"
    about.write_text(about.read_text().replace('"n": 1', '"n": 2'))
    with pytest.raises(IntegrityError, match="others than it says"):
        Statistics.load(tmp_path)


def test_the_same_values_have_the_same_name() -> None:
    X, y = np.array([[0.0, 1.0], [2.0, 3.0]]), np.array(["a", "b"])
    names = {
        content_id(X, y),
        content_id(X.astype(np.float32), y.astype(object)),
        content_id(X.astype(int).tolist(), ["a", "b"]),
        content_id(np.asfortranarray(X), y),
        content_id([[-0.0, 1.0], [2.0, 3.0]], y),
    }
    others = {content_id(X[::-1], y), content_id(X, y[::-1]), content_id(X.ravel()[:, None], ["a", "b"])}
    assert len(names) == 1
    assert len(names | others) == 4
    assert len(names.pop()) == 16


def test_rows_have_the_same_name_in_any_batch() -> None:
    X, y = blobs(20)
    whole = row_fingerprints(X, y)
    assert len(set(whole.tolist())) == 20
    assert (row_fingerprints(X[5:9], y[5:9]) == whole[5:9]).all()


def test_batches_are_compared_by_what_they_are() -> None:
    X, y = blobs(4)
    batch = Batch(X, y)
    assert batch == batch
    assert batch.id == Batch(X.copy(), y).id == content_id(X, y)
    assert (batch.rows, Batch(X, y, "named").id) == (4, "named")


def test_without_a_gpu_the_processor_does_it_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = blobs(50)
    paths = ExplicitPaths.build(random_structure(4, (6,)), X)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.warns(RuntimeWarning, match=r"device='cuda', but no GPU is there: working on the CPU"):
        found = Statistics.collect(paths, ClassTargets(), X, y, device="cuda")
    assert found.digest == Statistics.collect(paths, ClassTargets(), X, y).digest
    with pytest.warns(RuntimeWarning, match="no GPU"):
        assert (paths.product(X, np.ones((paths.n_features_out, 1)), device="cuda:1") != 0).any()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU is here to compare with")
@pytest.mark.parametrize("bits", [8, 16])
def test_a_gpu_gives_the_processors_digest(bits: int) -> None:
    X, y = blobs(5_000)
    for paths in (
        ExplicitPaths.build(random_structure(4, (6,)), X, feature_bits=bits),
        LandmarkPaths.build(random_structure(4, (6, 5)), X, y, n_landmarks=40, feature_bits=bits),
    ):
        on_gpu = Statistics.collect(paths, ClassTargets(), X, y, device="cuda", block_rows=700)
        assert on_gpu.digest == Statistics.collect(paths, ClassTargets(), X, y).digest
