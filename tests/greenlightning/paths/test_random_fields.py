"""Random features of wide tables: by hand, and what each direction sees."""

import numpy as np
import pytest

from greenlightning.paths import RandomFields
from greenlightning.paths.receptive_fields import FIELD
from greenlightning.structure.gates import Structure
from tests.helpers.small import int8_sources, random_structure

COLUMNS = 2 * FIELD
WIDE = random_structure(COLUMNS, (8, 7))
X = np.random.default_rng(0).uniform(-4, 4, size=(300, COLUMNS))
INT8 = WIDE.in_int8(X)


@pytest.mark.parametrize("structure", [WIDE, INT8], ids=["wide", "int8"])
def test_inputs_and_activations_take_turns(structure: Structure) -> None:
    """Of inputs or activations z in int8: max(<w, z> - b, 0), centred, over its largest magnitude."""
    paths = RandomFields.build(structure, X, n_features=5, feature_bits=16)
    inputs, *hidden = int8_sources(paths, X)
    of_inputs = inputs @ paths.tables["input_directions"].T.astype(float)
    of_activations = np.hstack(hidden) @ paths.tables["directions"].T.astype(float)
    found = [of_inputs[:, 0], of_activations[:, 0], of_inputs[:, 1], of_activations[:, 1], of_inputs[:, 2]]
    values = np.maximum(np.stack(found, axis=1) - paths.tables["kinks"], 0)
    centred = values - values.mean(axis=0)
    assert np.abs(paths.transform(X) * np.sqrt(5) - centred / np.abs(centred).max(axis=0)).max() < 1e-4


def test_a_direction_mixes_a_field_of_inputs_or_all_activations() -> None:
    tables = RandomFields.build(WIDE, X, n_features=41).tables
    assert tables["input_directions"].shape == (21, COLUMNS)
    assert np.count_nonzero(tables["input_directions"], axis=1) == pytest.approx(FIELD, abs=4)
    assert tables["directions"].shape == (20, 15)
    assert np.count_nonzero(tables["directions"], axis=1) == pytest.approx(15, abs=2)


@pytest.mark.parametrize("count", [1, 2, 7, 10])
def test_the_first_features_are_a_recipe_too(count: int) -> None:
    ten = RandomFields.build(WIDE, X, n_features=10)
    few = ten.first(count)
    assert few.transform(X) * np.sqrt(count) == pytest.approx((ten.transform(X) * np.sqrt(10))[:, :count])
    assert len(few.tables["input_directions"]) + len(few.tables["directions"]) == count
