"""Labels that slipped by one row are told, also where they persist; labels in their place never."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.validation.column_statistics import NumericColumns
from tasks.validation.label_alignment import LabelAlignment

Rows = tuple[NDArray[np.float64], NDArray[np.int64]]


def rows(seed: int, n: int = 168, persistence: float = 0.9) -> Rows:
    """A driver that persists over rows decides the label; one column shows it, one does an hour later."""
    rng = np.random.default_rng(seed)
    driver = np.zeros(n + 1)
    for i in range(1, n + 1):
        driver[i] = persistence * driver[i - 1] + np.sqrt(1 - persistence**2) * rng.normal()
    noisy = driver[1:] + 0.3 * rng.normal(size=n)
    return np.column_stack([noisy, driver[:-1], rng.normal(size=n)]), (driver[1:] > 0).astype(np.int64)


def fitted(persistence: float = 0.9) -> tuple[LabelAlignment, NumericColumns]:
    X, y = rows(0, 2000, persistence)
    columns = NumericColumns.of(["now", "before", "noise"], X)
    alignment = LabelAlignment.of(X, y, columns, classification=True)
    assert alignment is not None
    return alignment, columns


@pytest.mark.parametrize("persistence", [0.0, 0.9])
@pytest.mark.parametrize("slip", [-1, 1])
def test_labels_that_slipped_are_told_with_the_direction(persistence: float, slip: int) -> None:
    alignment, columns = fitted(persistence)
    caught = 0
    for seed in range(1, 11):
        X, y = rows(seed, persistence=persistence)
        caught += alignment.slipped(X, np.roll(y, slip), columns) == slip
    assert caught == 10


@pytest.mark.parametrize("persistence", [0.0, 0.9, 0.98])
def test_labels_in_their_place_are_left_alone(persistence: float) -> None:
    alignment, columns = fitted(persistence)
    assert [alignment.slipped(*rows(seed, persistence=persistence), columns) for seed in range(1, 31)] == [0] * 30


@pytest.mark.parametrize("persistence", [0.0, 0.9])
def test_labels_whose_relation_to_the_columns_has_turned_have_not_slipped(persistence: float) -> None:
    alignment, columns = fitted(persistence)
    for seed in range(1, 11):
        X, y = rows(seed, persistence=persistence)
        assert alignment.slipped(X, 1 - y, columns) == 0


def test_labels_that_say_nothing_or_never_change_are_left_alone() -> None:
    alignment, columns = fitted()
    X, y = rows(1)
    assert alignment.slipped(X, np.zeros_like(y), columns) == 0
    assert alignment.slipped(X, np.random.default_rng(0).permutation(y), columns) == 0
    assert alignment.slipped(X[:10], y[:10], columns) == 0


def test_a_number_as_label_is_judged_too() -> None:
    X, _ = rows(0, 2000)
    columns = NumericColumns.of(["now", "before", "noise"], X)
    alignment = LabelAlignment.of(X, 40 + 5 * X[:, 0], columns, classification=False)
    assert alignment is not None
    later = rows(1)[0]
    assert alignment.slipped(later, 40 + 5 * later[:, 0], columns) == 0
    assert alignment.slipped(later, np.roll(40 + 5 * later[:, 0], 1), columns) == 1


def test_few_rows_or_no_column_that_varies_give_no_forecast() -> None:
    X, y = rows(0, 15)
    assert LabelAlignment.of(X, y, NumericColumns.of(["a", "b", "c"], X), classification=True) is None
    flat = np.ones((100, 2))
    assert LabelAlignment.of(flat, np.arange(100) % 2, NumericColumns.of(["a", "b"], flat), True) is None
