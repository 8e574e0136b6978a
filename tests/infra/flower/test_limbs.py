"""Integers pass SecAgg+ unchanged: its rounding finds nothing to round, and its modulus is never reached."""

import numpy as np
import pytest
from greenlightning_flower.limbs import MODULUS, WIDTH, Limbs
from hypothesis import given
from hypothesis import strategies as st

from greenlightning.errors import CapacityError

LARGEST = 2 ** (WIDTH - 1) - 1


def masked_as_in_flower(limbs: np.ndarray, cut: Limbs, rng: np.random.Generator) -> np.ndarray:
    """What ``flwr.common.secure_aggregation.quantization.quantize`` makes of floats (flwr 1.42)."""
    clip, quantizer = cut.clipping_range, cut.quantization_range / (2 * cut.clipping_range)
    scaled = (np.clip(limbs, -clip, clip) + clip) * quantizer
    rounded = np.ceil(scaled).astype(np.int32)
    rounded[rng.random(rounded.shape) < rounded - scaled] -= 1
    return rounded.astype(np.int64)


def mean_as_in_flower(sites: list[np.ndarray], cut: Limbs, rng: np.random.Generator) -> np.ndarray:
    """The mean of limbs: masks modulo 2^32, their removal, and the way back to floats."""
    masks = rng.integers(0, MODULUS, (len(sites), *sites[0].shape))
    masked = sum((masked_as_in_flower(one, cut, rng) + mask) for one, mask in zip(sites, masks, strict=True))
    plain = (masked % MODULUS - masks.sum(axis=0)) % MODULUS
    return (plain.astype(float) - len(sites) * cut.clipping_range) * (1 / len(sites))


@given(
    st.lists(st.lists(st.integers(-LARGEST, LARGEST), min_size=4, max_size=4), min_size=3, max_size=60),
    st.integers(0, 2**32 - 1),
)
def test_the_sum_over_all_sites_is_exact(values: list[list[int]], seed: int) -> None:
    cut, rng = Limbs(len(values)), np.random.default_rng(seed)
    sites = [cut.cut(np.array(one, dtype=np.int64)) for one in values]
    found = cut.joined(mean_as_in_flower(sites, cut, rng), len(sites))
    assert found.tolist() == np.array(values, dtype=np.int64).sum(axis=0).tolist()


@pytest.mark.parametrize(("sites", "bits", "number"), [(3, 30, 2), (100, 25, 2), (1_000, 22, 3), (10_000, 18, 3)])
def test_the_modulus_is_wide_enough_for_the_largest_limbs_of_all_sites(sites: int, bits: int, number: int) -> None:
    cut = Limbs(sites)
    assert (cut.bits, cut.number) == (bits, number)
    assert sites * cut.quantization_range < MODULUS <= 2 * (sites + 1) * cut.quantization_range
    extremes = np.array([-LARGEST, LARGEST])
    assert np.abs(cut.cut(extremes)).max() <= cut.clipping_range
    assert cut.joined(cut.cut(extremes), sites).tolist() == (sites * extremes).tolist()


def test_a_hundred_sites_at_their_largest_add_without_wrapping() -> None:
    cut, rng = Limbs(100), np.random.default_rng(0)
    sites = [cut.cut(np.array([LARGEST, -LARGEST, 0, 1]))] * 100
    found = cut.joined(mean_as_in_flower(sites, cut, rng), 100)
    assert found.tolist() == [100 * LARGEST, -100 * LARGEST, 0, 100]


def test_a_value_that_is_too_wide_is_refused() -> None:
    with pytest.raises(CapacityError, match="48 bits"):
        Limbs(3).cut(np.array([LARGEST + 1]))
