"""On both moving streams no clean week is held, and the corruptions that can be told are told."""

from collections import Counter

import pytest

from benchmarks.core.moving_streams import CORRUPTIONS, STREAMS, VARIES_FROM, stream
from benchmarks.measures.door import CLEAN, alarms, as_table

WEEKS = VARIES_FROM + 3
ALWAYS_TOLD = (
    "two other columns swapped",
    "kelvin for Celsius",
    "a column times 1,000",
    "a column nearly empty",
    "the file twice in one",
)


@pytest.mark.slow
@pytest.mark.parametrize("name", STREAMS)
def test_no_clean_week_is_held_and_broken_ones_are(name: str) -> None:
    held = alarms(name, seed=7, weeks=WEEKS, learner=None)
    assert held[CLEAN] == 0
    assert {text: held[text] for text in ALWAYS_TOLD} == dict.fromkeys(ALWAYS_TOLD, WEEKS)
    assert min(held["labels one row late"], held["labels one row early"]) > 0.7 * WEEKS


def test_three_columns_of_the_market_are_constant_until_week_25() -> None:
    course = stream("market", seed=7)
    columns = ["demand_south", "transfer", "reserve"]
    before = course.weeks[VARIES_FROM - 1][columns]
    assert (course.base[columns].nunique() == 1).all() and (before.nunique() == 1).all()
    assert (course.weeks[VARIES_FROM][columns].nunique() > 10).all()


def test_a_stream_is_the_same_for_the_same_seed_and_a_corruption_touches_what_it_names() -> None:
    first, again = stream("weather", 3), stream("weather", 3)
    assert first.base.equals(again.base)
    week = first.weeks[0]
    for text in CORRUPTIONS:
        assert not first.corrupted(week, text).equals(week), text
    swapped = first.corrupted(week, "two similar columns swapped")
    assert swapped["temperature"].equals(week["dew_point"].rename("temperature"))


def test_the_table_shows_shares_of_all_weeks() -> None:
    runs = [
        {"stream": name, "weeks": 8, "held": Counter({"kelvin for Celsius": 6})} for name in (*STREAMS, *STREAMS)
    ]
    table = as_table(runs).splitlines()
    assert table[0] == "| corruption | weather | market |"
    assert table[2] == f"| {CLEAN} | 0 of 16 (0.0%) | 0 of 16 (0.0%) |"
    assert "| kelvin for Celsius | 12 of 16 (75.0%) | 12 of 16 (75.0%) |" in table
