"""Swapped columns are told by their relation to the others, or by the labels, and clean ones never."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.validation.column_statistics import NumericColumns
from tasks.validation.column_swaps import shuffled_table, swapped_columns

NAMES = ["temperature", "dew_point", "dryness", "pressure"]


def weather(seed: int, rows: int = 600, season: float = 0.0) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    temperature = rng.normal(12 + season, 5, rows)
    dryness = rng.gamma(3, 1.5, rows)
    pressure = rng.normal(1013, 8, rows)
    return np.column_stack([temperature, temperature - dryness, dryness + rng.normal(0, 1, rows), pressure])


def swapped(X: NDArray[np.float64], i: int, j: int) -> NDArray[np.float64]:
    order = list(range(X.shape[1]))
    order[i], order[j] = j, i
    return X[:, order]


BASE = NumericColumns.of(NAMES, weather(0))


@pytest.mark.parametrize(("i", "j"), [(0, 1), (0, 3), (2, 3), (1, 2)])
def test_two_swapped_columns_are_named(i: int, j: int) -> None:
    assert swapped_columns(swapped(weather(1, 168), i, j), BASE) == [(NAMES[i], NAMES[j])]


@pytest.mark.parametrize("season", [-15, -5, 0, 5, 15])
@pytest.mark.parametrize("seed", range(1, 6))
def test_clean_batches_of_any_season_are_not_swapped(season: float, seed: int) -> None:
    assert swapped_columns(weather(seed, 168, season), BASE) == []


def test_columns_that_are_alike_are_never_called_swapped() -> None:
    rng = np.random.default_rng(0)
    base = NumericColumns.of(["a", "b"], rng.normal(size=(500, 2)))
    assert swapped_columns(rng.normal(size=(100, 2)), base) == []


def test_a_constant_column_and_another_are_told_when_swapped_and_not_when_it_starts_to_vary() -> None:
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(5, 1, 500), np.full(500, 3.0), rng.normal(size=500)])
    base = NumericColumns.of(["a", "b", "c"], X)
    assert swapped_columns(X[:100, [1, 0, 2]], base) == [("a", "b")]
    X[:, 1] = rng.normal(5, 1, 500)
    assert swapped_columns(X[:100], base) == []


def test_the_labels_decide_where_the_columns_leave_it_open() -> None:
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(0, 1, 500), rng.normal(0, 2.2, 500)])
    base = NumericColumns.of(["a", "b"], X)
    given = np.column_stack([rng.normal(0, 1.5, 200), rng.normal(0, 1.5, 200)])

    def gain(rows: NDArray[np.intp], cells: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.full(len(rows), 2.0)

    assert swapped_columns(given, base) == []
    assert swapped_columns(given, base, gain) == [("a", "b")]
    assert swapped_columns(given, base, lambda rows, cells: -gain(rows, cells)) == []


def test_a_wide_table_in_another_order_is_shuffled() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 80)) * rng.uniform(0.1, 9, 80) + rng.normal(0, 20, 80)
    base = NumericColumns.of([f"x{i}" for i in range(80)], X)
    order = rng.permutation(80)
    assert shuffled_table(NumericColumns.of(base.names, X[:100, order]), base)
    assert not shuffled_table(NumericColumns.of(base.names, X[:100]), base)
    assert not shuffled_table(NumericColumns.of(base.names, X[:100] + 0.5 * X.std(axis=0)), base)
