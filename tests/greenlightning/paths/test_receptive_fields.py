"""Receptive fields: columns that vary together, whatever the order of the rows."""

import numpy as np
import torch
from numpy.typing import NDArray

from greenlightning.paths.receptive_fields import FIELD, receptive_fields

GROUPS = 3


def grouped(n: int, columns: int = FIELD) -> torch.Tensor:
    """Rows (n, 3 · columns): three groups, each of one variable and its negative, with a little noise."""
    rng = np.random.default_rng(0)
    signs = np.resize([1, -1], columns)
    groups = [rng.integers(-100, 101, (n, 1)) * signs + rng.integers(-3, 4, (n, columns)) for _ in range(GROUPS)]
    return torch.from_numpy(np.hstack(groups).astype(np.int8))


def drawn(inputs: torch.Tensor, n_fields: int = 40) -> NDArray[np.bool_]:
    return receptive_fields(inputs, n_fields, np.random.default_rng(1))


def test_a_field_is_a_group_of_columns_that_vary_together() -> None:
    fields = drawn(grouped(200)).reshape(-1, GROUPS, FIELD)
    assert set(fields.sum(axis=2).ravel()) == {0, FIELD}
    assert (fields.sum(axis=(1, 2)) == FIELD).all()
    assert fields.any(axis=2).any(axis=0).all()


def test_the_order_of_rows_does_not_matter() -> None:
    inputs = grouped(200)
    assert np.array_equal(drawn(inputs), drawn(inputs.flip(0)))


def test_columns_that_vary_more_are_drawn_more_often() -> None:
    """One group varies and two are constant: every field is the group's."""
    inputs = grouped(200)
    inputs[:, FIELD:] = 5
    assert drawn(inputs)[:, :FIELD].all()


def test_constant_columns_have_fields_too() -> None:
    assert (drawn(torch.zeros(10, 2 * FIELD, dtype=torch.int8)).sum(axis=1) == FIELD).all()
