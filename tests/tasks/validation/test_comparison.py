"""A batch beside the batches before it, by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tasks.validation.comparison import Comparison
from tasks.validation.expectations import Expectations
from tasks.validation.measures import Measures
from tests.helpers.batches import blobs, expectations_of_blobs, measures_of_blobs


@pytest.fixture(scope="module")
def base() -> Expectations:
    return expectations_of_blobs(0, 600)


def test_a_batch_of_the_same_source_has_neither_moved_nor_broken(base: Expectations) -> None:
    found = Comparison(measures_of_blobs(1), base)
    assert not (found.converted or found.swapped or found.shuffled or found.rescaled or found.slipped)
    assert not any(found.far.values()) and not found.awake and not found.lost(0.5)
    assert found.shift < 0.2 and found.outside_share < 0.02


def test_gaps_are_shares_of_the_cells_that_a_column_usually_has(base: Expectations) -> None:
    measures = measures_of_blobs(1)
    frame = measures.frame.copy()
    frame.iloc[:150, 0] = np.nan
    half_missing = base.recent.model_copy(update={"missing": (0.5, *base.recent.missing[1:])})
    usual = base.model_copy(update={"recent": half_missing})
    assert Comparison(Measures(frame, measures.y), base).gap["x0"] == 0.5
    assert Comparison(Measures(frame, measures.y), usual).gap["x0"] == 0.0
    assert Comparison(Measures(frame, measures.y), base).gaps == pytest.approx(0.5 / 8)


def test_an_empty_column_is_lost(base: Expectations) -> None:
    measures = measures_of_blobs(1)
    found = Comparison(Measures(measures.frame.assign(x3=np.nan), measures.y), base)
    assert found.lost(0.8) == ["x3"]


def test_a_constant_column_that_varies_is_awake_and_nothing_else() -> None:
    X, _y = blobs(0, 600)
    X[:, 2] = 20.1
    base = expectations_of_blobs(0, 600, X=X)
    found = Comparison(measures_of_blobs(1), base)
    assert found.awake == ["x2"]
    assert not (found.converted or found.swapped or found.shuffled or any(found.far.values()))


def test_moves_are_in_standard_deviations_and_the_largest_is_named(base: Expectations) -> None:
    X, _y = blobs(1)
    X[:, 4] += 3 * base.recent.spread[4]
    found = Comparison(measures_of_blobs(1, X=X), base)
    assert found.most_moved[0] == "x4"
    assert found.moves["x4"] == pytest.approx(3, abs=0.2)
    assert found.shift == pytest.approx(2 / np.sqrt(8), abs=0.1)


def test_labels_are_not_judged_where_columns_are_in_disorder(base: Expectations) -> None:
    X, _y = blobs(1)
    swapped = Comparison(measures_of_blobs(1, X=X[:, [1, 0, 2, 3, 4, 5, 6, 7]]), base)
    assert swapped.swapped == [("x0", "x1")] and not swapped.slipped and not swapped.converted
    assert replace(swapped, measures=measures_of_blobs(1)).swapped == []


def test_a_table_without_a_number_is_compared_all_the_same() -> None:
    town = pd.DataFrame({"town": ["Bern", "Basel"] * 50, "kind": ["a", "b", "b", "a"] * 25})
    y = np.arange(100) % 2
    same = Comparison(Measures(town, y), expectations_of_blobs(0, frame=town, y=y))
    assert (same.moves, same.shift, same.most_moved) == ({}, 0.0, [])


def test_text_columns_are_compared_by_their_values() -> None:
    town = pd.DataFrame({"x": np.arange(100.0), "town": ["Bern", "Basel"] * 50})
    y = np.arange(100) % 2
    base = expectations_of_blobs(0, frame=town, y=y)
    moved = Comparison(Measures(town.assign(town=["Bern"] * 90 + ["Chur"] * 10), y), base)
    assert moved.mixed(0.4) == ["town"] and moved.foreign(0.9) == []
    other = Comparison(Measures(town.assign(town="Zug"), y), base)
    assert other.foreign(0.9) == ["town"]
