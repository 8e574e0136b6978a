"""Explicit path features, computed by hand."""

import numpy as np
import pytest
import torch

from greenlightning import Structure
from greenlightning.paths import ExplicitPaths
from greenlightning.paths.explicit import principal_axes
from tests.helpers.small import integers_of, random_structure


@pytest.fixture
def sides() -> Structure:
    """One input and two gates: the first fires on the right of zero, the second on the left."""
    return Structure.from_arrays([0], [1], [[[1], [-1]]], [[0, 0]])


@pytest.mark.parametrize(
    ("bits", "limit", "three", "one"),
    [(8, 127, 95, 32), (12, 2047, 1535, 512), (16, 32639, 24479, 8160)],
)
def test_explicit_features_by_hand(sides: Structure, bits: int, limit: int, three: int, one: int) -> None:
    """Four deviations are the limit: 3 is three quarters of it, the constant 1 is a quarter, and 9 saturates."""
    paths = ExplicitPaths.build(sides, [[0.0]], feature_bits=bits)
    assert paths.n_features_out == 4
    assert integers_of(paths, [[4.0], [-4.0], [9.0], [0.0], [3.0]]) == [
        [limit, one, 0, 0],
        [0, 0, -limit, one],
        [limit, one, 0, 0],
        [0, 0, 0, 0],
        [three, one, 0, 0],
    ]


def test_real_features_have_a_norm_of_order_one(sides: Structure) -> None:
    """Features are divided by the root of how many there are: here x / 2 and 1 / 2."""
    paths = ExplicitPaths.build(sides, [[0.0]], feature_bits=16)
    assert paths.transform([[3.0], [-1.0]]) == pytest.approx(
        np.array([[1.5, 0.5, 0, 0], [0, 0, -0.5, 0.5]]), abs=1e-3
    )


def test_features_are_the_input_routed_through_its_gates() -> None:
    structure = random_structure(5, (7,))
    X = np.random.default_rng(0).uniform(-3, 3, size=(40, 5))
    found = ExplicitPaths.build(structure, X, feature_bits=16).transform(X) * np.sqrt(7 * 6)
    gates, inputs = structure.patterns(X), np.c_[X, np.ones(40)]
    assert found == pytest.approx(np.einsum("nj,ni->nji", gates, inputs).reshape(40, -1), abs=1e-3)


def test_a_projection_routes_principal_axes_instead() -> None:
    """Inputs vary along (1, 1) alone, so one axis tells all: x1 + x2 over root 2."""
    structure = random_structure(2, (3,))
    X = np.linspace(-1.5, 1.5, 20)[:, None] * np.ones(2)
    paths = ExplicitPaths.build(structure, X, feature_bits=16, projection=1)
    assert paths.n_features_out == 3 * 2
    on_axis = np.c_[X.sum(axis=1) / np.sqrt(2), np.ones(20)]
    expected = np.einsum("nj,ni->nji", structure.patterns(X), on_axis).reshape(20, -1)
    assert paths.transform(X) * np.sqrt(6) == pytest.approx(expected, abs=2e-3)


def test_principal_axes_are_orthonormal_and_lead() -> None:
    X = np.random.default_rng(0).normal(size=(300, 4)) * [1, 5, 2, 0.1]
    axes = principal_axes(torch.from_numpy(X), 2) / 2**14
    assert axes.T @ axes == pytest.approx(np.eye(2), abs=1e-3)
    assert np.abs(axes).argmax(axis=0).tolist() == [1, 2]
    assert (axes.max(axis=0) > 0.9).all()


def test_saturation_is_the_share_of_features_at_the_limit(sides: Structure) -> None:
    """Of each row's four features two are shut and one is the constant; x itself saturates from 4 on."""
    paths = ExplicitPaths.build(sides, [[0.0]])
    assert paths.saturation([[1.0], [2.0]]) == 0
    assert paths.saturation([[1.0], [5.0]]) == 1 / 8
    assert paths.saturation([[-7.0], [5.0]]) == 2 / 8
