"""Packed tensors are smaller, come back to the bit, and never inflate to more than they say."""

import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from greenlightning.data.files import pack_tensors, read_tensors, stored_tensors, write_tensors
from greenlightning.data.packing import LARGEST, packed, unpacked
from greenlightning.errors import IntegrityError, MismatchError

KINDS = ("bool", "int8", "uint8", "int16", "int32", "int64", "uint64", "float32", "float64")


def named(name: str, data: bytes) -> dict[str, np.ndarray]:
    return {name: np.frombuffer(data, dtype=np.uint8)}


@given(
    st.sampled_from(KINDS).flatmap(
        lambda kind: arrays_of.arrays(
            kind, arrays_of.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=40)
        )
    )
)
def test_every_tensor_comes_back_to_the_bit(array: np.ndarray) -> None:
    found = unpacked(packed({"a": array}))["a"]
    assert (found.dtype, found.shape, found.tobytes()) == (array.dtype, array.shape, array.tobytes())


@pytest.mark.parametrize("kind", ["int16", "int32", "int64"])
def test_extremes_and_signs_come_back(kind: str) -> None:
    limits = np.iinfo(kind)
    array = np.repeat(np.array([limits.min, -1, 0, 1, limits.max], dtype=kind), 100)
    stored = packed({"a": array})
    assert list(stored) == [f"a|{kind}|500"]
    assert np.array_equal(unpacked(stored)["a"], array)


def test_sums_of_products_need_two_thirds_of_their_bytes() -> None:
    features = np.rint(np.random.default_rng(0).normal(0, 30, (400, 200))).astype(np.int64)
    sums = (features.T @ features).astype(np.int32)
    (data,) = packed({"G": sums}).values()
    assert data.nbytes < 0.67 * sums.nbytes


def test_noise_stays_as_it_is() -> None:
    noise = np.random.default_rng(0).integers(0, 256, 1000, dtype=np.uint8)
    assert list(packed({"a": noise})) == ["a"]


def test_a_packed_file_reads_like_the_file_and_is_packed_once(tmp_path: Path) -> None:
    path, arrays = tmp_path / "a.safetensors", {"G": np.arange(9000, dtype=np.int64).reshape(90, 100)}
    write_tensors(path, arrays)
    size = path.stat().st_size
    pack_tensors(path)
    once = path.read_bytes()
    pack_tensors(path)
    assert path.read_bytes() == once and len(once) < size / 3
    assert list(stored_tensors(path)) == ["G|int64|90x100"]
    assert np.array_equal(read_tensors(path)["G"], arrays["G"])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"noise",
        zlib.compress(bytes(15)),
        zlib.compress(bytes(17)),
        zlib.compress(bytes(10**6)),
        zlib.compress(bytes(16))[:-1],
        zlib.compress(bytes(16)) + b"more",
    ],
)
def test_bytes_of_another_size_are_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError, match="Tensor a"):
        unpacked(named("a|int32|4", data))


def test_a_tensor_that_would_be_too_large_is_refused_before_it_is_inflated() -> None:
    with pytest.raises(MismatchError, match="are allowed"):
        unpacked(named(f"a|int8|{LARGEST + 1}", b"never looked at"))
    with pytest.raises(MismatchError, match="are allowed"):
        unpacked({f"{name}|int64|{LARGEST // 16}x1": np.zeros(1, np.uint8) for name in "abc"})
