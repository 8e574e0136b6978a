"""The random layer: by hand over inputs and activations, and what it adds to random features of inputs."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import RidgeClassifier

from greenlightning.paths import RandomFeatures, RandomLayer
from greenlightning.structure.gates import Structure
from tests.helpers.small import blobs, int8_sources, random_structure

WIDE = random_structure(4, (6, 5))
X = np.random.default_rng(0).uniform(-4, 4, size=(500, 4))
INT8 = WIDE.in_int8(X)
HALF_ACTIVE = Structure.from_arrays([0], [1], [[[1], [-1]], [[1, 0]]], [[0, 0], [0]])
"""Of x: max(x, 0) and max(-x, 0), and a second layer that hands on the first of them."""


def test_activations_are_what_each_layer_hands_on() -> None:
    """In units of 2^-12: layer by layer, what is below zero becomes zero."""
    first, second = HALF_ACTIVE.activations(HALF_ACTIVE.encode(torch.tensor([[3.0], [-2.0]], dtype=torch.float64)))
    assert (first / 4_096).tolist() == [[3.0, 0.0], [0.0, 2.0]]
    assert (second / 4_096).tolist() == [[3.0], [0.0]]


@pytest.mark.parametrize("structure", [WIDE, INT8], ids=["wide", "int8"])
def test_activations_open_the_gates(structure: Structure) -> None:
    """Where an activation is above zero its gate is open; rounding closes a few that are barely open."""
    encoded = structure.encode(torch.from_numpy(X))
    for gates, hidden in zip(structure.gates(encoded), structure.activations(encoded), strict=True):
        assert not ((hidden > 0) & (gates == 0)).any()
        assert ((hidden > 0) == (gates > 0)).double().mean() > 0.98


@pytest.mark.parametrize("structure", [WIDE, INT8], ids=["wide", "int8"])
def test_each_feature_is_what_a_direction_through_all_layers_has_beyond_its_kink(structure: Structure) -> None:
    """With inputs and activations z in int8: max(<w, z> - b, 0), centred, over its largest magnitude."""
    paths = RandomLayer.build(structure, X, n_features=6, feature_bits=16)
    mixed = np.hstack(int8_sources(paths, X))
    values = np.maximum(mixed @ paths.tables["directions"].T.astype(float) - paths.tables["kinks"], 0)
    centred = values - values.mean(axis=0)
    assert np.abs(paths.transform(X) * np.sqrt(6) - centred / np.abs(centred).max(axis=0)).max() < 1e-4


def test_every_source_weighs_as_much_as_its_units() -> None:
    """A structure whose first layer is four times louder has the same features, but for rounding."""
    loud = Structure.from_arrays(
        np.zeros(4),
        np.ones(4),
        [WIDE.weights[0] / 2**14 * 4, WIDE.weights[1] / 2**14],
        [WIDE.biases[0] / 2**26 * 4, WIDE.biases[1] / 2**26 * 4],
    )
    quiet, louder = (RandomLayer.build(each, X, n_features=40).transform(X) for each in (WIDE, loud))
    assert np.abs(quiet - louder).mean() < 0.03 * np.abs(quiet).mean()


def test_gates_that_were_taught_are_used() -> None:
    """Rows are labelled by the sign of a product of two inputs; the gates know it, inputs do not."""
    taught = Structure.from_arrays(
        np.zeros(8),
        np.ones(8),
        [[[1, 1] + 6 * [0], [-1, -1] + 6 * [0], [1, -1] + 6 * [0], [-1, 1] + 6 * [0]]],
        [4 * [0]],
    )
    inputs = np.random.default_rng(1).normal(size=(3_000, 8))
    labels = inputs[:, 0] * inputs[:, 1] > 0

    def accuracy(paths: RandomFeatures) -> float:
        features = paths.transform(inputs)
        return float(
            RidgeClassifier(1e-6).fit(features[:2_000], labels[:2_000]).score(features[2_000:], labels[2_000:])
        )

    known, unknown = (kind.build(taught, inputs, n_features=60) for kind in (RandomLayer, RandomFeatures))
    assert accuracy(known) > 0.9 > 0.8 > accuracy(unknown)


def test_the_first_features_are_a_recipe_too() -> None:
    ten = RandomLayer.build(WIDE, blobs(60)[0], n_features=10)
    few = ten.first(4)
    assert few.transform(X) * np.sqrt(4) == pytest.approx((ten.transform(X) * np.sqrt(10))[:, :4])
    assert len(few.tables["activation_steps"]) == 2
