"""What sums reveal of few rows, and noise that hides each row: calibrated, and sums that a coordinator accepts."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr
from sklearn.datasets import load_digits

from greenlightning.data.targets import ClassTargets, RealTargets
from greenlightning.errors import InputError
from greenlightning.evaluation.conventional_network import random_gates
from greenlightning.federation import SigningKey, combine, read_contribution, sign_sums, withdraw
from greenlightning.federation.privacy import BLOCKS, TYPICAL, Privacy, ShortenedPaths, gaussian, private_sums
from greenlightning.linear.statistics import Statistics
from greenlightning.model import GreenLightningModel
from greenlightning.paths import RandomFeatures, SyntheticLandmarks
from greenlightning.paths.scaled import int8_inputs

X, Y = load_digits(return_X_y=True)
GATES = random_gates(X, (24,))
EMPTY = GreenLightningModel.empty(SyntheticLandmarks.build(GATES, X, Y, n_landmarks=16), alpha=1.0)
MILD = Privacy(epsilon=10.0, delta=1e-5)
needs_opacus = pytest.mark.usefixtures("opacus")


@pytest.fixture
def opacus() -> None:
    pytest.importorskip("opacus", reason="opacus is not installed: pip install '.[privacy]'")


def features(model: GreenLightningModel, rows: slice) -> NDArray[np.float64]:
    return np.concatenate([block.numpy() for _, block in model.paths.blocks(X[rows])]).astype(np.float64)


def test_one_row_is_read_back_from_its_sums() -> None:
    """G is the row's features times themselves. Directions of random features are published, so inputs follow."""
    model = GreenLightningModel.empty(RandomFeatures.build(GATES, X, n_features=512), alpha=1.0)
    sums = model.collect(X[7:8], Y[7:8])
    place = int(np.diagonal(sums.G).argmax())
    read = sums.G[place] / np.sqrt(sums.G[place, place])
    read *= np.sign(sums.feature_sums[place])
    assert np.array_equal(np.rint(read), features(model, slice(7, 8))[0])
    tables = model.paths.tables
    values = read / tables["per_unit"] + tables["centre"]
    is_open = values > 0.1 * values.max()
    directions = tables["directions"][is_open].astype(np.float64)
    inputs, *_ = np.linalg.lstsq(directions, (values + tables["kinks"])[is_open], rcond=None)
    true = int8_inputs(GATES.encode(torch.from_numpy(X[7:8])), {"input_step": torch.tensor(tables["input_step"])})
    assert np.corrcoef(inputs, true[0])[0, 1] > 0.99


@needs_opacus
@pytest.mark.parametrize("epsilon", [1.0, 3.0, 10.0])
def test_the_accountant_needs_hardly_more_noise_than_the_analytic_gaussian_mechanism(epsilon: float) -> None:
    """Balle and Wang, "Improving the Gaussian Mechanism for Differential Privacy", 2018, theorem 8."""

    def delta(sigma: float, allowed: float) -> float:
        a, b = 1 / (2 * sigma), allowed * sigma
        return float(ndtr(a - b) - np.exp(allowed) * ndtr(-a - b))

    exact = brentq(lambda sigma: delta(sigma, epsilon) - 1e-5, 0.05, 100)
    found = Privacy(epsilon, 1e-5).noise_multiplier()
    assert exact <= found <= 1.02 * exact
    assert delta(found, epsilon) <= 1e-5
    assert Privacy(epsilon, 1e-5, releases=4).noise_multiplier() == pytest.approx(2 * found, rel=0.02)


@given(st.integers(0, len(X) - 1), st.floats(0.01, 20))
def test_no_row_moves_the_sums_by_more_than_the_noise_is_made_for(row: int, factor: float) -> None:
    longest = TYPICAL * np.sqrt(EMPTY.paths.n_features_out)
    short = ShortenedPaths(EMPTY.paths, longest)
    sums = Statistics.collect(short, ClassTargets(), X[row : row + 1] * factor, Y[row : row + 1])
    parts = (np.triu(sums.G) / longest**2, sums.B / longest, sums.target_sums)
    assert sum(float(np.square(part).sum()) for part in parts) <= BLOCKS * (1 + 1e-12)


@needs_opacus
def test_noised_sums_are_integers_that_pass_every_check_and_a_site_leaves_as_before(tmp_path: Path) -> None:
    key = SigningKey.generate()
    sent = []
    for site, rows in (("north", slice(0, 900)), ("south", slice(900, 1_797))):
        (tmp_path / site).mkdir()
        sums, noise = private_sums(EMPTY, X[rows], Y[rows], MILD)
        assert sums.G.dtype == sums.B.dtype == np.int64
        assert sums.n == sums.target_sums.sum()
        message = sign_sums(sums, tmp_path / site, key, site=site, batch=f"drawn for {site}", noise=noise)
        assert message.about["noise"]["epsilon"] == 10.0
        sent.append(read_contribution(tmp_path / site, EMPTY))
    both = combine(EMPTY, sent)
    assert np.mean(both.predict(X) == Y) > 0.3
    assert withdraw(both, sent, "south").statistics == combine(EMPTY, sent[:1]).statistics


@needs_opacus
def test_the_noise_is_as_large_as_it_says_and_never_the_same() -> None:
    first, about = private_sums(EMPTY, X, Y, MILD)
    second, _ = private_sums(EMPTY, X, Y, MILD)
    deviation = np.std(first.B - second.B) / np.sqrt(2)
    assert deviation == pytest.approx(about["noise"] * about["longest"], rel=0.3)
    draws = gaussian((20_000,))
    assert abs(draws.mean()) < 0.05 and draws.std() == pytest.approx(1, abs=0.05)


@needs_opacus
def test_what_noise_cannot_do_is_refused() -> None:
    with pytest.raises(InputError, match="would be noise alone"):
        private_sums(EMPTY, X[:30], Y[:30], Privacy(0.1, 1e-5))
    with pytest.raises(InputError, match="Noise is for labels"):
        private_sums(replace(EMPTY, targets=ClassTargets({1: 2.0})), X, Y, MILD)
    with pytest.raises(InputError, match="Noise is for labels"):
        private_sums(replace(EMPTY, targets=RealTargets(np.zeros(1), np.ones(1))), X, Y, MILD)
    with pytest.raises(InputError, match="No noise gives epsilon -1"):
        Privacy(-1, 1e-5)
