"""Intervals beside the inputs: where a value lies in them, what is saved, and that older structures stay alike."""

from pathlib import Path

import numpy as np
import torch

from greenlightning.structure.bins import NO_BINS, Bins
from greenlightning.structure.extraction import extract_structure
from greenlightning.structure.gates import Structure
from greenlightning.structure.training import TrainingOptions
from tests.helpers.small import blobs


def test_a_value_fills_the_intervals_below_it_and_a_part_of_its_own() -> None:
    bins = Bins.of(np.array([[0.0], [1.0], [2.0], [3.0], [4.0]]), 2)
    assert (bins.low.tolist(), bins.width.tolist()) == ([0.0, 2.0], [2.0, 2.0])
    places = bins.expand(torch.tensor([[-1.0], [0.5], [3.0], [9.0]], dtype=torch.float64))
    assert places.tolist() == [[-1.0, 0.0, 0.0], [0.5, 0.25, 0.0], [3.0, 1.0, 0.5], [9.0, 1.0, 1.0]]


def test_columns_of_two_values_stay_whole_and_few_values_are_cut_at_each() -> None:
    X = np.array([[0.0, 5.0], [1.0, 6.0], [0.0, 8.0], [1.0, 6.0]])
    bins = Bins.of(X, 8)
    assert bins.column.tolist() == [1, 1]
    assert (bins.low.tolist(), bins.width.tolist()) == ([5.0, 6.0], [1.0, 2.0])
    assert len(Bins.of(X, 0)) == 0


def test_a_structure_with_intervals_comes_back_from_disk(tmp_path: Path) -> None:
    X, y = blobs(120, n_features=3)
    structure = extract_structure(X, y, options=TrainingOptions((6, 5), max_epochs=2, bins=4))
    assert (structure.n_features_in, structure.n_encoded) == (3, 15)
    structure.save(tmp_path)
    loaded = Structure.load(tmp_path)
    assert loaded.digest == structure.digest
    assert (loaded.patterns(X) == structure.patterns(X)).all()
    assert (structure.patterns(X[:7]) == structure.patterns(X)[:7]).all()


def test_without_intervals_the_digest_is_the_one_before_them() -> None:
    assert NO_BINS.arrays() == {}
    structure = Structure.from_arrays([0], [1], [[[1], [-1]]], [[0, 0]])
    assert set(structure.arrays()) == {"mean", "scale", "weight.0", "bias.0"}
