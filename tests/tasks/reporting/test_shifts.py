"""Columns that moved: the largest distance of two distributions, for numbers and for text."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tasks.models import registry
from tasks.reporting.shifts import moved_columns, shifts_of
from tests.helpers.digits import DIGITS


def test_columns_are_ordered_by_how_far_they_moved_and_still_ones_left_out() -> None:
    before = pd.DataFrame({"still": range(100), "half": range(100), "all": range(100), "colour": ["red"] * 100})
    after = pd.DataFrame(
        {
            "still": range(100),
            "half": np.arange(100) + 50,
            "all": np.arange(100) + 200,
            "colour": ["red"] * 70 + ["blue"] * 30,
        }
    )
    found = moved_columns(before, after)
    assert [(one.name, round(one.distance, 2)) for one in found] == [("all", 1.0), ("half", 0.5), ("colour", 0.3)]
    assert found[2].ticks == ("red", "blue") and list(found[2].now) == [0.7, 0.3]
    assert sum(found[0].before) == pytest.approx(1.0) and sum(found[0].now) == pytest.approx(1.0)


def test_a_column_without_values_or_with_one_is_no_shift() -> None:
    before = pd.DataFrame({"gone": [1.0, 2.0], "same": [1.0, 1.0], "infinite": [np.inf, np.inf]})
    after = pd.DataFrame({"gone": [np.nan, np.nan], "same": [1.0, 1.0], "infinite": [1.0, np.inf]})
    assert moved_columns(before, after) == []


def test_the_first_version_has_no_later_batch(champion: Path) -> None:
    serving = registry.champion_of(DIGITS)
    assert shifts_of(serving, serving.batches) == ([], "")
