"""Receptive fields: columns that vary together, whatever the order of the rows."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from greenlightning.paths import RandomLayer
from greenlightning.paths.receptive_fields import FIELD, receptive_fields
from tests.helpers.small import random_structure

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


@pytest.mark.parametrize("columns", [FIELD - 1, FIELD, FIELD + 1])
def test_directions_of_a_random_layer_mix_a_field_of_inputs_and_all_activations(columns: int) -> None:
    structure = random_structure(columns, (8, 8))
    X = np.random.default_rng(2).uniform(-4, 4, size=(300, columns))
    directions = RandomLayer.build(structure, X, n_features=20).tables["directions"]
    assert np.count_nonzero(directions, axis=1) == pytest.approx(min(columns, FIELD) + 16, abs=4)


def test_a_field_weighs_as_much_as_all_inputs_would() -> None:
    """128 inputs and 128 activations: both parts of a direction have the same mean square over the rows."""
    structure = random_structure(4 * FIELD, (4 * FIELD,))
    X = np.random.default_rng(2).uniform(-4, 4, size=(300, 4 * FIELD))
    tables = RandomLayer.build(structure, X, n_features=300).tables
    encoded = structure.encode(torch.from_numpy(X))
    inputs = encoded.double().numpy() / tables["input_step"]
    activations = structure.activations(encoded)[0].double().numpy() / tables["activation_steps"][0]
    of_inputs, of_activations = np.hsplit(tables["directions"].astype(float) ** 2, 2)
    assert (inputs**2 @ of_inputs.T).mean() == pytest.approx((activations**2 @ of_activations.T).mean(), rel=0.05)
