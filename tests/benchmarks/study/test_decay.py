"""When a series has died away, its mean epoch, and means with their intervals: numbers to check by hand."""

import math

import pytest

from benchmarks.study.decay import Interval, centre, running_median, time_to

EPOCHS = [1, 2, 3, 4, 5, 6]


def test_a_series_has_fallen_once_it_stays_below() -> None:
    series = [1.0, 0.4, 0.6, 0.3, 0.05, 0.05]
    assert time_to(0.5, EPOCHS, series, smoothed=1) == 4
    assert time_to(0.1, EPOCHS, series, smoothed=1) == 5
    assert time_to(0.01, EPOCHS, series, smoothed=1) is None


def test_one_quiet_or_loud_minibatch_is_smoothed_away() -> None:
    assert running_median([1.0, 9.0, 1.0, 1.0, 0.0], 3).tolist() == [5.0, 1.0, 1.0, 1.0, 0.5]
    assert time_to(0.5, EPOCHS, [1.0, 1.0, 0.0, 0.0, 0.9, 0.0], smoothed=3) == 3


def test_the_mean_epoch_of_a_change_weighs_each_by_what_changed() -> None:
    assert centre([0, 2], [1.0, 1.0]) == pytest.approx(1.0)
    assert centre([0, 1, 2], [1.0, 0.0, 0.0]) == pytest.approx(0.0)
    assert centre([0, 1, 3], [0.0, 1.0, 0.0]) == pytest.approx(1.0)


def test_a_mean_stands_with_its_interval_of_students_t() -> None:
    found = Interval.of([1.0, 2.0, 3.0])
    assert (found.mean, found.n) == (2.0, 3)
    assert found.high - found.mean == pytest.approx(4.302653 / math.sqrt(3), rel=1e-6)
    assert Interval.of([2.0]).text() == "2.00"


def test_ratios_have_a_geometric_mean_and_tell_where_it_is_a_lower_bound() -> None:
    found = Interval.of_ratios([1.0, 4.0], open_ratios=1)
    assert found.mean == pytest.approx(2.0)
    assert found.low * found.high == pytest.approx(4.0)
    assert found.text(1).startswith("≥ 2.0 (")
