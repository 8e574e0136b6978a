"""Shares of text values, by hand."""

import pandas as pd
import pytest

from tasks.validation.category_statistics import CategoryColumns

TOWNS = CategoryColumns.of({"town": pd.Series(["Bern", "Bern", "Basel", None])})


def test_shares_are_of_the_cells_that_are_there() -> None:
    assert TOWNS.shares["town"] == {"Bern": pytest.approx(2 / 3), "Basel": pytest.approx(1 / 3)}
    assert TOWNS.missing == {"town": 0.25}


def test_unseen_values_and_the_distance_of_two_mixes() -> None:
    other = CategoryColumns.of({"town": pd.Series(["Bern", "Chur"])})
    assert TOWNS.unseen(other) == {"town": 0.5}
    assert TOWNS.moved(other) == {"town": pytest.approx(0.5)}
    assert TOWNS.moved(TOWNS) == {"town": 0.0}


def test_a_batch_that_is_learnt_makes_its_values_known() -> None:
    other = CategoryColumns.of({"town": pd.Series(["Chur", "Chur"])})
    both = TOWNS.followed_by(other)
    assert both.unseen(other) == {"town": 0.0}
    assert both.shares["town"]["Chur"] == 0.25
    assert sum(both.shares["town"].values()) == pytest.approx(1)
