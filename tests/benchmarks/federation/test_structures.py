"""Gates of a federation from four sources, each of which gives a recipe that learns."""

import numpy as np
import pytest
import torch

from benchmarks.federation.structures import SOURCES, as_structure, gates
from benchmarks.federation.study.local_training import fresh_network, hidden_and_scores
from benchmarks.federation.study.setting import Setting
from benchmarks.federation.study.sites import divide
from benchmarks.federation.travelling import accuracy
from greenlightning.paths import SyntheticLandmarks
from greenlightning.structure.extraction import standardisation


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_gives_gates_that_learn_the_digits(source: str) -> None:
    setting = Setting.of("digits", 0)
    structure, X, y = gates(source, setting, divide(setting.y, "dirichlet 1.0", 10, 0))
    paths = SyntheticLandmarks.build(structure, X, y, n_landmarks=64, random_state=0)
    learnt = np.concatenate([setting.X_base, setting.X]), np.concatenate([setting.y_base, setting.y])
    assert accuracy(paths, learnt, (setting.X_test, setting.y_test)) > 0.85


def test_gates_of_a_network_fire_where_its_last_hidden_units_do() -> None:
    X = np.random.default_rng(0).normal(size=(200, 6)).astype(np.float32)
    network = fresh_network((6, 12, 8, 3), 0)
    mean, scale = standardisation(X)
    before, _ = hidden_and_scores(network, torch.from_numpy(((X - mean) / scale).astype(np.float32)))
    patterns = as_structure(network, X).patterns(X)
    fired = np.asarray(patterns)[:, -8:]
    assert np.mean(fired == (before > 0).numpy()) > 0.97
