"""The greenest window: by a table that can be checked by hand, and by properties."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.scheduling.greenest_start import DECIMALS, Forecast, Slot, greenest_start

MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TIE = 10**-DECIMALS


def at(hours: float) -> datetime:
    return MIDNIGHT + hours * HOUR


def hourly(*intensities: float | None) -> Forecast:
    """One value an hour from midnight; None is a gap."""
    known = enumerate(intensities)
    return Forecast(tuple(Slot(at(hour), at(hour + 1), value) for hour, value in known if value is not None))


TABLE = {
    "the lowest hour": ((300, 200, 100, 400), 0, 3, 1, 2),
    "the lowest pair of hours": ((300, 100, 290, 110, 120, 400), 0, 4, 2, 3),
    "not after the deadline": ((300, 200, 100, 400), 0, 1, 1, 1),
    "a window that straddles the hours": ((300, 100, 100, 300), 0, 3, 1.5, 1),
    "the deadline inside an hour": ((300, 300, 100, 400), 0, 1.5, 1, 1.5),
    "the end of a window on an hour": ((100, 100, 100, 300, 300), 0.75, 1.75, 1.5, 0.75),
    "flat: at once": ((123.4, 123.4, 123.4, 123.4), 0.3, 2.7, 1, 0.3),
    "two alike: the earlier": ((300, 100, 300, 100, 300), 0, 4, 1, 1),
    "a minute counts as an hour": ((300, 200, 100, 400), 0, 3, 1 / 60, 2),
    "a later edge inside a half hour": ((100, 300, 50, 50), 0, 2.9, 1, 2),
    "no window reaches into a gap": ((300, 200, None, 100, 100), 0, 4, 1.5, 3),
    "nothing beyond the last hour": ((300, 200, 100), 0, 9, 2, 1),
    "rising: at once": ((100, 200, 300), 0, 2, 1, 0),
}


@pytest.mark.parametrize("case", TABLE)
def test_by_hand(case: str) -> None:
    intensities, now, deadline, hours, expected = TABLE[case]
    assert greenest_start(hourly(*intensities), at(now), at(deadline), hours * HOUR) == at(expected)


@pytest.mark.parametrize(
    ("intensities", "now", "hours"),
    [
        ((None, 200, 100), 0.5, 1),
        ((300, None, 100), 0.5, 1),
        ((300, 200), 0.5, 2),
        ((300, 200), -1, 1),
        ((300,), 5, 1),
    ],
)
def test_without_a_value_for_starting_now_there_is_nothing_to_compare(
    intensities: tuple[float | None, ...], now: float, hours: float
) -> None:
    assert greenest_start(hourly(*intensities), at(now), at(now + 4), hours * HOUR) is None


def test_the_mean_of_a_window_weighs_each_hour_by_its_share() -> None:
    forecast = hourly(300, 100, 200)
    assert forecast.intensity(at(0.5), HOUR) == pytest.approx(200)
    assert forecast.intensity(at(0.75), 2 * HOUR) == pytest.approx((0.25 * 300 + 100 + 0.75 * 200) / 2)
    assert forecast.intensity(at(1), timedelta(seconds=1)) == pytest.approx(100)
    assert forecast.intensity(at(2.5), HOUR) is None


intensities = st.lists(st.none() | st.floats(0, 1000), min_size=1, max_size=30).filter(any)
minutes = st.integers(0, 20 * 60)


@given(intensities, minutes, minutes, st.integers(1, 300))
def test_the_choice_keeps_the_deadline_and_no_minute_before_it_is_greener(
    values: list[float | None], now: int, wait: int, length: int
) -> None:
    forecast = hourly(*values)
    start, deadline = MIDNIGHT + now * MINUTE, MIDNIGHT + (now + wait) * MINUTE
    chosen = greenest_start(forecast, start, deadline, length * MINUTE)
    window = max(length * MINUTE, HOUR)
    at_once = forecast.intensity(start, window)
    assert (chosen is None) == (at_once is None)
    if chosen is None:
        return
    assert start <= chosen <= deadline
    best = forecast.intensity(chosen, window)
    assert best is not None and at_once is not None and best <= at_once + TIE
    for minute in range(0, wait + 1, 7):
        other = forecast.intensity(start + minute * MINUTE, window)
        assert other is None or best <= other + TIE
