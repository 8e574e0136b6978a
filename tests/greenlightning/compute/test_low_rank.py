"""Sums of few rows in fewer numbers: they come back to the bit, or stay as they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from numpy.typing import NDArray

from greenlightning.compute.low_rank import FEWER, from_short_form, short_form

int8 = st.integers(-127, 127)
few_values = st.sampled_from([-127, -1, 0, 1, 2, 126, 127])


def gram(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    return rows.T @ rows


def test_one_row_by_hand() -> None:
    """Of the row (1, 2, 3, 4) the last feature is the largest; its products give all others: 6 as 8 · 12 / 16."""
    form = short_form(gram(np.array([[1, 2, 3, 4]])), 1)
    assert form is not None
    features, entries = form
    assert (features.tolist(), entries.tolist()) == ([3], [16, 4, 8, 12])
    assert from_short_form(features, entries, 4).tolist() == [
        [1, 2, 3, 4],
        [2, 4, 6, 8],
        [3, 6, 9, 12],
        [4, 8, 12, 16],
    ]


@pytest.mark.parametrize(("n", "D", "saved"), [(50, 400, 0.7), (150, 400, 0.35), (280, 400, 0.05)])
def test_rows_like_those_of_a_site_take_fewer_numbers(n: int, D: int, saved: float) -> None:
    G = gram(np.rint(np.random.default_rng(0).normal(0, 30, (n, D))).astype(np.int64))
    form = short_form(G, n)
    assert form is not None
    assert form[1].size == n * D - n * (n - 1) // 2 < (1 - saved) * D * (D + 1) / 2
    assert np.array_equal(from_short_form(*form, D), G)


@pytest.mark.parametrize("values", [int8, few_values])
def test_whatever_the_rows_are_the_sums_come_back_to_the_bit(values: st.SearchStrategy[int]) -> None:
    shapes = st.tuples(st.integers(1, 12), st.integers(2, 24))

    @given(arrays_of.arrays(np.int64, shapes, elements=values))
    def comes_back(rows: NDArray[np.int64]) -> None:
        G = gram(rows)
        form = short_form(G, len(rows))
        assert form is None or np.array_equal(from_short_form(*form, len(G)), G)

    comes_back()


def test_copied_and_constant_features_are_carried_by_one_of_them() -> None:
    one = np.random.default_rng(0).integers(-127, 128, (30, 20))
    G = gram(np.concatenate([one, one, np.full((30, 40), 7)], axis=1))
    form = short_form(G, 30)
    assert form is not None and len(form[0]) <= 21
    assert np.array_equal(from_short_form(*form, 80), G)


def test_many_rows_no_rows_and_full_rank_have_no_short_form() -> None:
    G = gram(np.random.default_rng(0).integers(-127, 128, (40, 40)))
    assert short_form(G, int(40 * FEWER)) is None
    assert short_form(G, 10) is None
    assert short_form(np.zeros((40, 40), dtype=np.int64), 10) is None
    assert short_form(G, 0) is None


def test_sums_too_large_to_be_rounded_surely_have_no_short_form() -> None:
    """Entries of sixteen-bit features are beyond what 53 bits of a product can tell apart."""
    rows = np.random.default_rng(0).integers(-(2**30), 2**30, (10, 40))
    assert short_form(gram(rows // 64), 10) is None


@pytest.mark.parametrize(
    ("features", "entries"),
    [
        ([3, 3], [1] * 7),
        ([4], [1] * 4),
        ([-1], [1] * 4),
        ([3], [16, 4, 8]),
        ([3], [0, 4, 8, 12]),
        ([3], [-1, 4, 8, 12]),
        ([3], [1, 2**62, 0, 0]),
    ],
)
def test_what_is_no_short_form_is_refused(features: list[int], entries: list[int]) -> None:
    with pytest.raises(ValueError):
        from_short_form(np.array(features, dtype=np.int64), np.array(entries, dtype=np.int64), 4)
