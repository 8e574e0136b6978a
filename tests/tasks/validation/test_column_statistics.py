"""Statistics of columns do not depend on the memory layout, know gaps, and follow a stream."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.validation.column_statistics import NumericColumns, scores

NAMES = ["a", "b", "c"]


def columns(X: np.ndarray) -> NumericColumns:
    return NumericColumns.of(NAMES, X)


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.floats(-1e6, 1e6), st.integers(2, 300))
def test_the_memory_layout_changes_no_bit_and_a_constant_column_has_spread_0(
    seed: int, constant: float, rows: int
) -> None:
    X = np.random.default_rng(seed).normal(size=(rows, 3)) * 1e3
    X[:, 1] = constant
    found = columns(X)
    assert found == columns(np.asfortranarray(X)) == columns(np.hstack([X, X])[:, :3])
    assert (found.spread[1], found.scale[1], found.mean[1]) == (0.0, 0.0, constant)


def test_statistics_by_hand_with_a_gap() -> None:
    found = columns(np.array([[1.0, 7, np.nan], [2, 7, np.nan], [3, 7, np.nan], [np.nan, 7, np.nan]]))
    assert found.low == (1.0, 7.0, 0.0) and found.high == (3.0, 7.0, 0.0)
    assert found.location == (2.0, 7.0, 0.0)
    assert found.missing == (0.25, 0.0, 1.0)
    assert found.ordinary == (pytest.approx(2 / 3), 0.0, 0.0)
    assert found.spread[0] == pytest.approx(np.sqrt(2 / 3))
    assert found.unknown.tolist() == [False, False, True]
    assert NumericColumns.model_validate_json(found.model_dump_json()) == found


def test_scores_are_cut_off_and_a_gap_has_score_0() -> None:
    X = np.array([[1.0, 5.0], [100.0, 5.1], [np.nan, 4.9]])
    assert scores(X, np.array([0.0, 5.0]), np.array([0.5, 0.0])).tolist() == [[2, 0], [8, 8], [0, -8]]


def test_statistics_move_a_quarter_of_the_way_and_the_range_holds_both() -> None:
    rng = np.random.default_rng(0)
    old, new = columns(rng.normal(size=(900, 3))), columns(rng.normal(size=(100, 3)) + 4)
    both = old.followed_by(new)
    for i in range(3):
        assert both.location[i] == pytest.approx(0.75 * old.location[i] + 0.25 * new.location[i])
        assert (both.low[i], both.high[i]) == (old.low[i], new.high[i])
        assert both.scale[i] > old.scale[i]


def test_a_column_that_was_constant_or_empty_takes_the_new_statistics_alone() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(900, 3))
    X[:, 1], X[:, 2] = 7, np.nan
    new = columns(rng.normal(size=(100, 3)) + 4)
    both = columns(X).followed_by(new)
    assert both.location[1:] == new.location[1:] and both.scale[1:] == new.scale[1:]
    assert (both.low[1], both.low[2]) == (new.low[1], new.low[2])
    assert new.followed_by(columns(X)).location[2] == new.location[2]


def test_a_constant_column_that_stays_constant_keeps_spread_0() -> None:
    X = np.random.default_rng(0).normal(size=(50, 3))
    X[:, 0] = 0.1
    assert columns(X).followed_by(columns(X[:20])).spread[0] == 0.0
