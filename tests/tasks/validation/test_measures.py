"""Measures of a batch, by hand."""

import numpy as np
import pandas as pd
import pytest

from tasks.validation.measures import Measures
from tests.helpers.batches import expectations_of_blobs

TABLE = pd.DataFrame(
    {
        "x": [1.0, 2.0, np.inf, np.nan],
        "on": [True, False, True, True],
        "town": pd.Categorical(["Bern", "Basel", "Bern", None]),
        "day": pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-02", None]),
    }
)


def test_a_mixed_table_is_measured_by_kind() -> None:
    found = Measures(TABLE, np.array([0, 1, 1, None], dtype=object))
    assert found.numeric_names == ["x", "on"]
    assert found.infinite == {"x": 1}
    assert found.missing == {"x": 0.25, "on": 0.0, "town": 0.25, "day": 0.25}
    assert found.numeric.high == (2.0, 1.0)
    assert found.categories.shares == {"town": {"Bern": pytest.approx(2 / 3), "Basel": pytest.approx(1 / 3)}}
    assert (found.unlabelled, found.largest_class, found.label_type) == (1, 2 / 3, "int")
    assert found.varies


@pytest.mark.parametrize(("column", "values"), [("day", ["2026-01-01", "2026-01-02"]), ("town", ["a", "b"])])
def test_a_table_varies_if_any_column_does(column: str, values: list[str]) -> None:
    frame = pd.DataFrame({"x": [1.0, 1.0], "day": pd.to_datetime(["2026-01-01"] * 2), "town": ["a", "a"]})
    y = np.array([0, 1])
    assert not Measures(frame, y).varies
    changed = pd.to_datetime(values) if column == "day" else values
    assert Measures(frame.assign(**{column: changed}), y).varies


def test_rows_are_repeated_if_cells_and_label_are_equal() -> None:
    frame = pd.DataFrame({"a": [1.0, 1.0, 1.0, 2.0, 1.0], "b": [np.nan, np.nan, np.nan, 0.0, np.nan]})
    assert Measures(frame, np.array([-1, -2, -1, -1, -2])).repeated_share == 2 / 5
    assert Measures(frame, np.array([None, "a", None, None, "a"], dtype=object)).repeated_share == 2 / 5
    assert Measures(frame[:0], np.array([])).repeated_share == 0


def test_cells_outside_and_far_by_hand() -> None:
    """The range is 0 to 10 for the first column and 5 to 5 for the second."""
    past = pd.DataFrame({"a": np.linspace(0, 10, 12), "b": 5.0})
    base = expectations_of_blobs(0, frame=past, y=np.arange(12) % 2)
    frame = pd.DataFrame({"a": [-1.0, 11.5, 400.0, 5.0], "b": [5.0, 5.0, 6.0, 5.0]})
    found = Measures(frame, np.array([0, 1, 0, 1]))
    assert found.outside(base).tolist() == [0, 1, 2, 0]
    assert found.far(base).tolist() == [0.25, 0.0]
