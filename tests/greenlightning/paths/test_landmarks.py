"""Landmark features: the kernel compared with all paths written out, and the choice of landmarks."""

from itertools import product

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from greenlightning import Structure
from greenlightning.paths import LandmarkPaths
from greenlightning.paths.landmarks import draw_landmarks, worst_explained
from tests.helpers.small import blobs, random_structure

Floats = NDArray[np.float64]


def all_paths(structure: Structure, X: Floats, unit: float) -> Floats:
    """Every path of a two-layer structure, written out: x_i a_j b_k, bias paths b_k, and the last bias.

    Their weights are the kernel's constants: ``unit`` for products of inputs, input bias 0.05, layer bias 0.01,
    and each layer's overlap over its width.
    """
    gates = structure.patterns(X).astype(np.float64)
    first, second = structure.hidden_layer_sizes
    a, b = gates[:, :first], gates[:, first:]
    inputs = np.c_[X * np.sqrt(unit), np.full(len(X), np.sqrt(0.05))]
    through = np.einsum("ni,nj,nk->nijk", inputs, a, b).reshape(len(X), -1) / np.sqrt(first * second)
    return np.c_[through, b * np.sqrt(0.01 / second), np.full(len(X), np.sqrt(0.01))]


def test_features_are_the_inner_products_of_all_paths_with_each_landmark() -> None:
    """Less their mean, over their largest magnitude; which points become landmarks depends on rounding."""
    X = np.array(list(product([-1.0, 0.0, 1.0], repeat=3)))
    structure = random_structure(3, (5, 4))
    for bits, tolerance in ((8, 1 / 254), (12, 1 / 4094), (16, 1 / 60_000)):
        paths = LandmarkPaths.build(structure, X, n_landmarks=27, feature_bits=bits)
        landmarks = paths.tables["landmarks"] / 127.0
        assert np.isin(landmarks, [-1.0, 0.0, 1.0]).all()
        unit = 1 / np.square(landmarks).sum(axis=1).mean()
        written_out = all_paths(structure, X, unit)
        assert written_out.shape == (27, 4 * 5 * 4 + 4 + 1)
        kernel = written_out @ all_paths(structure, landmarks, unit).T
        centred = kernel - kernel.mean(axis=0)
        peak = np.abs(centred).max(axis=0)
        assert 20 < (peak > 1e-9).sum() < 27, "some points open no path"
        expected = centred / np.where(peak < 1e-9, np.inf, peak)
        assert np.abs(paths.transform(X) * np.sqrt(27) - expected).max() <= tolerance + 1e-6


def test_a_feature_saturates_beyond_the_largest_value_of_the_base() -> None:
    structure = random_structure(4, (12, 10))
    X, y = blobs(400)
    X = X / X.std()
    paths = LandmarkPaths.build(structure, X[:300], y[:300], n_landmarks=250)
    assert np.abs(paths.transform(X[:300])).max() == pytest.approx(1 / np.sqrt(250))
    assert np.abs(paths.transform(3 * X)).max() == pytest.approx(1 / np.sqrt(250))


def test_landmarks_are_drawn_evenly_over_the_labels() -> None:
    y = np.array(["rare"] * 5 + ["common"] * 95)
    chosen = draw_landmarks(100, y, 10, np.random.default_rng(0))
    assert (y[chosen] == "rare").sum() == 5
    assert (np.diff(chosen) > 0).all()
    assert len(draw_landmarks(100, None, 10, np.random.default_rng(0))) == 10
    assert draw_landmarks(3, None, 10, np.random.default_rng(0)).tolist() == [0, 1, 2]


def test_each_landmark_is_the_row_that_those_before_explain_worst() -> None:
    """Written out as Gram-Schmidt on all paths: take the longest row left, and take its direction from all."""
    structure = random_structure(3, (5, 4))
    X = np.array(list(product([-1.0, 0.0, 1.0], repeat=3)))
    rows = all_paths(structure, X, unit=1 / np.square(X).sum(axis=1).mean())
    rows -= rows.mean(axis=0)
    expected: list[int] = []
    for _ in range(6):
        expected.append(int(np.square(rows).sum(axis=1).round(9).argmax()))
        direction = rows[expected[-1]] / np.linalg.norm(rows[expected[-1]])
        rows -= np.outer(rows @ direction, direction)
    encoded = structure.encode(torch.from_numpy(X))
    assert worst_explained(structure, encoded, 6).tolist() == sorted(expected)
    assert worst_explained(structure, encoded, 40).tolist() == list(range(27))


def test_rows_all_alike_are_one_landmark_and_tell_nothing() -> None:
    paths = LandmarkPaths.build(random_structure(4, (6, 5)), np.ones((20, 4)), n_landmarks=10)
    assert paths.n_features_out == 1
    assert not paths.transform(np.ones((5, 4))).any()


def test_some_landmarks_are_nobodys_row_but_each_of_their_values_is_somebodys() -> None:
    """Rows with twice the same number; one candidate in four has its columns from two rows."""
    X = np.repeat(np.random.default_rng(0).normal(size=(90, 1)), 2, axis=1)
    structure = random_structure(2, (30, 20))
    landmarks = LandmarkPaths.build(structure, X, n_landmarks=40).tables["landmarks"]
    known = LandmarkPaths.build(structure, X, n_landmarks=90).tables["landmarks"]
    alike = landmarks[:, 0] == landmarks[:, 1]
    assert len(landmarks) == 40
    assert 0 < (~alike).sum() <= 30
    assert set(landmarks.ravel()) <= set(known.ravel())


def test_saturation_tells_a_shifted_batch() -> None:
    X, y = blobs(300)
    paths = LandmarkPaths.build(random_structure(4, (12, 10)), X / 4, y, n_landmarks=40)
    assert paths.saturation(X / 4) < 0.03 < paths.saturation(8 * X)
