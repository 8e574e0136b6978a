"""A column that numbers the rows goes on from batch to batch: nobody calls it moved, or in another unit."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from tasks.validation.comparison import Comparison
from tasks.validation.expectations import Expectations, expectations_after
from tasks.validation.measures import Measures
from tasks.validation.row_numbers import row_numbers
from tests.helpers.batches import blobs


def measures(seed: int, **more: NDArray[Any]) -> Measures:
    X, y = blobs(seed)
    return Measures(pd.DataFrame(X, columns=[f"x{index}" for index in range(8)]).assign(**more), y)


def expected(**more: NDArray[Any]) -> Expectations:
    return expectations_after(measures(0, **more), "base")


REPEATED = np.arange(300) // 2


@pytest.mark.parametrize(
    ("name", "numbers", "later"),
    [
        ("customer_id", REPEATED, 1000 * REPEATED + 7),
        ("ID", REPEATED, REPEATED + 10**9),
        ("nr", np.arange(300), np.arange(300) + 10**6),
        ("nr", np.arange(300), np.arange(300) + 300),
    ],
    ids=["named and repeated, times 1,000", "far away", "running, far away", "running on"],
)
def test_it_is_judged_by_no_range(name: str, numbers: NDArray[Any], later: NDArray[Any]) -> None:
    found = Comparison(measures(1, **{name: later}), expected(**{name: numbers}))
    assert found.row_numbers == {name}
    assert not any(found.far.values()) and not found.converted and not found.swapped
    assert name not in found.moves and found.shift < 0.2
    assert found.outside_share < 0.02


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("weight", np.arange(300) + 0.5),
        ("weight", 10 * np.arange(300)),
        ("weight", REPEATED),
        ("person_id", np.arange(300) + 0.0003),
    ],
    ids=["fractions", "sparse", "repeated", "named, but fractions"],
)
def test_a_quantity_is_judged(name: str, numbers: NDArray[Any]) -> None:
    found = Comparison(measures(1, **{name: 1000 * numbers}), expected(**{name: numbers}))
    assert not found.row_numbers
    assert found.converted == {name: "multiplied by 1,000"} and found.far[name] > 0.9


def test_a_numbering_of_few_rows_may_be_anything() -> None:
    first = measures(0).numeric.model_copy(update={"rows": 5})
    assert row_numbers(measures(1), first) == frozenset()
