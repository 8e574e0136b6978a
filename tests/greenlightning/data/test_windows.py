"""Windows: how they are written, and which batches are outside."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenlightning.data.windows import Span, Window, in_time
from greenlightning.errors import InputError

START = datetime(2026, 1, 4)
WEEKS = [Span(f"week {at}", 100 + at, START + timedelta(weeks=at)) for at in range(10)]


@pytest.mark.parametrize(
    ("text", "window", "written"),
    [
        ("26w", Window(26, "week"), "26 weeks"),
        ("1 week", Window(1, "week"), "1 week"),
        ("12h", Window(12, "hour"), "12 hours"),
        ("90 days", Window(90, "day"), "90 days"),
        ("2y", Window(2, "year"), "2 years"),
        ("200 batches", Window(200, "batch"), "200 batches"),
        ("1 Batch", Window(1, "batch"), "1 batch"),
        ("1e6 rows", Window(1e6, "row"), "1,000,000 rows"),
        ("1,000,000rows", Window(1e6, "row"), "1,000,000 rows"),
        (" 1.5e3 rows ", Window(1500, "row"), "1,500 rows"),
    ],
)
def test_a_window_is_written_as_a_number_and_a_unit(text: str, window: Window, written: str) -> None:
    assert (Window.parse(text), str(window)) == (window, written)
    assert Window.parse(str(window)) == window


@pytest.mark.parametrize("text", ["", "26", "w", "26 m", "0 rows", "-3w", "26w 4d", "1e6 columns", "nan rows"])
def test_anything_else_is_no_window(text: str) -> None:
    with pytest.raises(InputError, match="is no window"):
        Window.parse(text)


def test_26_weeks_of_weekly_batches_are_26_batches() -> None:
    weeks = [Span(str(at), 1, START + timedelta(weeks=at)) for at in range(30)]
    assert Window.parse("26w").outside(weeks) == ("0", "1", "2", "3")
    assert Window.parse("26 batches").outside(weeks) == ("0", "1", "2", "3")


def test_rows_are_counted_back_from_the_newest_in_whole_batches() -> None:
    assert Window.parse("217 rows").outside(WEEKS) == tuple(f"week {at}" for at in range(8))
    assert Window.parse("216 rows").outside(WEEKS) == tuple(f"week {at}" for at in range(9))


def test_the_newest_batch_stays_whatever_its_size() -> None:
    assert Window.parse("1 row").outside(WEEKS) == tuple(f"week {at}" for at in range(9))
    assert Window.parse("1h").outside(WEEKS[:1]) == Window.parse("1w").outside([]) == ()


@given(st.permutations(WEEKS), st.integers(1, 12))
def test_the_order_in_which_batches_are_given_does_not_matter(shuffled: list[Span], amount: int) -> None:
    for unit in ("week", "batch"):
        assert Window(amount, unit).outside(shuffled) == Window(amount, unit).outside(WEEKS)  # type: ignore[arg-type]
    assert in_time(shuffled) == WEEKS
