"""Moments as people write them: a date has two ends, and UTC holds without an offset."""

from datetime import UTC, datetime

import pytest

from greenlightning.errors import InputError
from tasks.core.moments import is_day, moment, past_moment


def test_a_date_is_a_whole_day_in_utc() -> None:
    assert moment("2026-11-25") == datetime(2026, 11, 25, tzinfo=UTC)
    assert moment("2026-11-25", end=True) == datetime(2026, 11, 25, 23, 59, 59, 999999, UTC)
    assert is_day("2026-11-25") and not is_day("2026-11-25T06:30")


def test_an_offset_is_kept_and_utc_holds_without_one() -> None:
    assert moment("2026-11-25T06:30") == datetime(2026, 11, 25, 6, 30, tzinfo=UTC)
    assert moment("2026-11-25T06:30+02:00") == datetime(2026, 11, 25, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "25.11.2026", ""])
def test_other_text_names_no_moment(text: str) -> None:
    with pytest.raises(InputError, match="neither a date nor a date with a time"):
        moment(text)


def test_the_future_has_not_passed() -> None:
    assert past_moment("2026-11-25") == moment("2026-11-25")
    with pytest.raises(InputError, match="2999-01-01 is in the future"):
        past_moment("2999-01-01")
