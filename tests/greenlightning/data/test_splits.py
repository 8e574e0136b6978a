"""Splits are the draws of scikit-learn 1.9 for the same seed, and no label is held back whole."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from greenlightning.data.splits import split_rows

SEEDS = st.integers(0, 2**32 - 1)
FRACTIONS = st.sampled_from((0.05, 0.1, 0.2, 0.25, 0.5, 0.9))


@given(st.lists(st.integers(2, 60), min_size=2, max_size=12), FRACTIONS, SEEDS)
def test_stratified_draws_are_those_of_scikit_learn(counts: list[int], fraction: float, seed: int) -> None:
    y = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    if len(y) < 20 or min(fraction, 1 - fraction) * len(y) < len(counts):
        return
    _, expected = train_test_split(np.arange(len(y)), test_size=fraction, random_state=seed, stratify=y)
    kept, held = split_rows(y, fraction, seed)
    whole = [label for label in np.unique(y) if not (y[np.setdiff1d(np.arange(len(y)), expected)] == label).any()]
    assert held.tolist() == sorted(row for row in expected if y[row] not in whole)
    assert sorted([*kept, *held]) == list(range(len(y)))


@given(st.integers(20, 300), FRACTIONS, SEEDS)
def test_draws_without_labels_are_those_of_scikit_learn(n: int, fraction: float, seed: int) -> None:
    _, expected = train_test_split(np.arange(n), test_size=fraction, random_state=seed)
    kept, held = split_rows(np.linspace(0, 1, n), fraction, seed, stratified=False)
    assert held.tolist() == sorted(expected) and len(kept) == n - len(held)


def test_a_label_of_one_row_is_kept() -> None:
    y = np.array(["rare"] + ["common"] * 39)
    for seed in range(20):
        kept, held = split_rows(y, 0.5, seed)
        assert 0 in kept and 0 not in held
