"""The structure: which gates fire, by hand; its name; its way to disk; how it is taken from a torch network."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from greenlightning import Structure
from greenlightning.errors import CapacityError, InputError, IntegrityError
from greenlightning.structure.settling import EpochRecord, SettlingHistory, SettlingRule
from tests.helpers.small import random_structure

TICK = 2.0**-12


@pytest.fixture
def hand() -> Structure:
    """Gates x0 - x1 > 0 and x0 + x1 - 1 > 0; then, of their outputs h, h0 - h1 > 0 and h0 + h1 - 2 > 0."""
    return Structure.from_arrays(
        [0, 0], [1, 1], weights=[[[1, -1], [1, 1]], [[1, -1], [1, 1]]], biases=[[0, -1], [0, -2]]
    )


def words(patterns: NDArray[np.bool_]) -> list[str]:
    """Each row of bits as a word of 0 and 1."""
    return ["".join("01"[int(bit)] for bit in row) for row in patterns]


@pytest.mark.parametrize(
    ("x", "pattern"),
    [
        ((0, 0), "0000"),  # z = 0, -1: zero does not open a gate; then z = 0, -2
        ((2, 0), "1111"),  # z = 2, 1; then z = 2 - 1, 2 + 1 - 2
        ((1, 0.5), "1100"),  # z = 0.5, 0.5; then z = 0, -1
        ((0, 4), "0101"),  # z = -4, 3, so h = 0, 3; then z = -3, 1
        ((-1, -2), "1010"),  # z = 1, -4, so h = 1, 0; then z = 1, -1
    ],
)
def test_patterns_by_hand(hand: Structure, x: tuple[float, float], pattern: str) -> None:
    assert words(hand.patterns([x])) == [pattern]


@pytest.mark.parametrize(
    ("x0", "fires"),
    [(TICK, True), (0.6 * TICK, True), (0.4 * TICK, False), (-TICK, False)],
)
def test_inputs_are_rounded_to_ticks_of_2_to_the_minus_12(hand: Structure, x0: float, fires: bool) -> None:
    assert hand.patterns([[x0, 0.0]])[0, 0] == fires


def test_inputs_are_standardised_and_saturate_at_eight_deviations() -> None:
    above_seven = Structure.from_arrays([10], [2], [[[1], [1]]], [[-7, -8]])
    inputs = [[10 + 2 * 7], [10 + 2 * 7.1], [10 + 2 * 8], [10 + 2 * 9], [1e300]]
    assert words(above_seven.patterns(inputs)) == ["00", "10", "10", "10", "10"]


def test_hidden_values_saturate_at_256() -> None:
    through = Structure.from_arrays([0], [1], [[[100]], [[1], [1]]], [[0], [-255, -256]])
    assert words(through.patterns([[2.0], [2.56], [8.0]])) == ["100", "110", "110"]


@pytest.mark.parametrize(("ticks", "pattern"), [(0, "00"), (1, "10"), (2, "11"), (3, "11")])
def test_hidden_values_are_rounded_to_the_same_ticks(ticks: int, pattern: str) -> None:
    """Half a tick opens its own gate, but reaches the next layer as zero."""
    halved = Structure.from_arrays([0], [1], [[[0.5]], [[1]]], [[0], [0]])
    assert words(halved.patterns([[ticks * TICK]])) == [pattern]


@pytest.mark.parametrize("kind", ["u1", "i4", "f4", "f8"])
def test_any_type_of_number_will_do(hand: Structure, kind: str) -> None:
    assert words(hand.patterns(np.array([[2, 0], [0, 4]], dtype=kind))) == ["1111", "0101"]


def test_no_rows_have_no_patterns(hand: Structure) -> None:
    assert hand.patterns(np.empty((0, 2))).shape == (0, 4)


def test_patterns_do_not_depend_on_the_rows_beside() -> None:
    structure = random_structure(30, (40, 20))
    X = np.random.default_rng(0).normal(size=(500, 30))
    one_by_one = np.concatenate([structure.patterns(X[i : i + 1]) for i in range(500)])
    assert (structure.patterns(X) == one_by_one).all()
    assert 0.2 < one_by_one.mean() < 0.8


@pytest.mark.parametrize(
    ("X", "cause"),
    [
        ([[1.0, 2.0, 3.0]], r"shape \(1, 3\), the structure takes \(n, 2\)"),
        ([1.0, 2.0], r"shape \(2,\)"),
        ([[1.0, np.nan]], "NaN or infinity"),
        ([[np.inf, 0.0], [-np.inf, 0.0]], "NaN or infinity"),
        ([["a", "b"]], "not numbers"),
    ],
)
def test_inputs_that_cannot_be_used_are_refused_by_name(hand: Structure, X: list[object], cause: str) -> None:
    with pytest.raises(InputError, match=cause):
        hand.patterns(np.array(X))


def test_the_digest_names_the_gates_and_nothing_else(hand: Structure) -> None:
    assert hand.digest == "c5ec472184a3eeba0c37ffbed929e270f033fc9af1acf8c88a9c6e7284c48798"
    about = {"seen": ("a batch",), "history": SettlingHistory()}
    assert random_structure(3, (4,), **about).digest == random_structure(3, (4,)).digest
    assert random_structure(3, (4,), seed=1).digest != random_structure(3, (4,)).digest


def test_every_weight_is_in_the_digest(hand: Structure) -> None:
    def changed(mean: float = 0, scale: float = 1, weight: float = 1, bias: float = -1) -> str:
        weights = [[[weight, -1], [1, 1]], [[1, -1], [1, 1]]]
        return Structure.from_arrays([mean, 0], [1, scale], weights, [[0, bias], [0, -2]]).digest

    assert changed() == changed(weight=1 + 2**-16) == hand.digest  # a quarter of a weight's grid of 2^-14
    others = {changed(mean=1), changed(scale=2), changed(weight=1 + 2**-14), changed(bias=-1 + 2**-26)}
    assert len(others | {hand.digest}) == 5


@pytest.mark.parametrize("weight", [np.nan, np.inf, 1e30, 4e14])
def test_weights_that_fixed_point_cannot_hold_are_refused(weight: float) -> None:
    with pytest.raises(CapacityError, match="too large for exact arithmetic"):
        Structure.from_arrays([0], [1], [[[weight]]], [[0]])


def test_sums_that_could_leave_float64_are_refused() -> None:
    """2^12 inputs up to 2^15 units times weights of w * 2^14 units stay under 2^53 where w < 2^12."""
    Structure.from_arrays(np.zeros(4096), np.ones(4096), [np.full((1, 4096), 4095.0)], [[0]])
    with pytest.raises(CapacityError, match="Layer 1"):
        Structure.from_arrays(np.zeros(4096), np.ones(4096), [np.full((1, 4096), 4096.0)], [[0]])


def record(epoch: int) -> EpochRecord:
    return EpochRecord(epoch, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)


def test_it_comes_back_from_disk_the_same(tmp_path: Path) -> None:
    history = SettlingHistory(SettlingRule(0.03, 4), [record(1), record(2)])
    structure = random_structure(6, (5, 4), history=history, seen=("one", "two"))
    structure.save(tmp_path / "made for it")
    loaded = Structure.load(tmp_path / "made for it")
    assert loaded.digest == structure.digest
    assert loaded.hidden_layer_sizes == (5, 4)
    assert loaded.seen == ("one", "two")
    assert loaded.history == history
    X = np.random.default_rng(0).normal(size=(50, 6))
    assert (loaded.patterns(X) == structure.patterns(X)).all()


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-8])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-8] ^= 1
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def braces(path: Path) -> None:
    path.write_text('{"format": "greenlightning-structure/1"}')


def foreign(path: Path) -> None:
    path.write_text('{"format": "greenlightning-structure/99"}')


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("structure.safetensors", truncate),
        ("structure.safetensors", flip),
        ("structure.safetensors", empty),
        ("structure.safetensors", Path.unlink),
        ("structure.json", truncate),
        ("structure.json", empty),
        ("structure.json", braces),
        ("structure.json", foreign),
        ("structure.json", Path.unlink),
    ],
)
def test_a_torn_file_is_an_integrity_error(tmp_path: Path, name: str, harm: Callable[[Path], None]) -> None:
    random_structure(6, (5,)).save(tmp_path)
    harm(tmp_path / name)
    with pytest.raises(IntegrityError, match=r"Restore it|Use the release"):
        Structure.load(tmp_path)


def test_the_files_of_another_structure_are_an_integrity_error(tmp_path: Path) -> None:
    random_structure(6, (5,)).save(tmp_path / "a")
    random_structure(6, (5,), seed=1).save(tmp_path / "b")
    (tmp_path / "b" / "structure.safetensors").replace(tmp_path / "a" / "structure.safetensors")
    with pytest.raises(IntegrityError, match="another than it says"):
        Structure.load(tmp_path / "a")
