"""The study: who has which rows, how networks are averaged, and that its one round has the central digest."""

import numpy as np
import pytest
import torch

from benchmarks.federation.study.averaging import Federation, Method, oui, typical
from benchmarks.federation.study.local_training import averaged, fresh_network, pick_rows, train_locally
from benchmarks.federation.study.ours import Terms, summed
from benchmarks.federation.study.plan import TUNED_ON, TUNING, cells
from benchmarks.federation.study.setting import Setting
from benchmarks.federation.study.sites import SPLITS, divide


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("n_sites", [3, 40])
def test_every_row_is_at_one_site_and_every_site_has_one(split: str, n_sites: int) -> None:
    y = np.random.default_rng(0).integers(0, 5, 400)
    sites = divide(y, split, n_sites, seed=1)
    assert len(sites) == n_sites and min(map(len, sites)) >= 1
    assert sorted(np.concatenate(sites).tolist()) == list(range(400))


def test_the_smaller_the_parameter_the_purer_the_sites() -> None:
    y = np.repeat(np.arange(10), 200)

    def purity(split: str) -> float:
        shares = [np.bincount(y[rows]).max() / len(rows) for rows in divide(y, split, 50, seed=0)]
        return float(np.mean(shares))

    found = [purity(split) for split in SPLITS]
    assert found[0] > 0.75 > found[1] > 0.5 > found[2] and found[3] > 0.85


def test_networks_of_two_sites_are_those_that_each_would_train_alone() -> None:
    rng = np.random.default_rng(0)
    X, y = torch.from_numpy(rng.normal(size=(60, 4)).astype(np.float32)), torch.from_numpy(rng.integers(0, 3, 60))
    start, sites = fresh_network((4, 5, 3), 0), [np.arange(20), np.arange(20, 60)]
    picked = pick_rows(sites, 3, rng)
    assert set(picked[0].flatten().tolist()) <= set(range(20))
    both = train_locally(start, X, y, picked, 0.1, proximal=0.5)
    for site in range(2):
        alone = train_locally(start, X, y, picked[site : site + 1], 0.1, proximal=0.5)
        assert all(torch.allclose(a[site], b[0], atol=1e-6) for a, b in zip(both, alone, strict=True))


def test_the_mean_is_weighted_by_rows() -> None:
    found = averaged([torch.tensor([[[0.0]], [[4.0]]])], np.array([1.0, 3.0]))
    assert found[0].tolist() == [[3.0]]


def test_a_pull_to_the_start_keeps_networks_near_it() -> None:
    X, y = torch.eye(4), torch.tensor([0, 1, 0, 1])
    start, picked = fresh_network((4, 3, 2), 0), torch.zeros((1, 20, 32), dtype=torch.long)

    def moved(pull: float) -> float:
        trained = train_locally(start, X, y, picked, 0.1, pull)
        return sum(float((copy[0] - part).square().sum()) for copy, part in zip(trained, start, strict=True))

    assert moved(1.0) < moved(0.1) < moved(0.0)


def test_oui_is_one_for_halves_and_zero_for_units_that_never_divide() -> None:
    identity = [torch.eye(2), torch.zeros(1, 2), torch.eye(2), torch.zeros(1, 2)]
    probe = torch.tensor([[1.0, 1.0], [1.0, 1.0], [-1.0, 1.0], [-1.0, 1.0]])
    assert oui([part[None] for part in identity], probe).tolist() == [0.5]


def test_the_middle_of_a_round_is_more_typical_than_its_ends() -> None:
    found = typical(np.array([0.1, 0.5, 0.52, 0.48, 0.9]))
    assert found.argmax() in (1, 2, 3) and found[[0, 4]].max() < found[1:4].min()
    assert typical(np.array([0.3, 0.3])).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("split", ["dirichlet 0.01", "one class"])
def test_one_round_of_ours_has_the_digest_of_learning_in_one_place(split: str) -> None:
    setting = Setting.of("digits", 0)
    terms = Terms.of(setting, paths="synthetic", n_landmarks=16, n_random_features=0, max_epochs=1)
    model, bytes_up = summed(setting, divide(setting.y, split, 12, 0), terms)
    assert model.statistics.digest == terms.central.statistics.digest
    assert bytes_up > 12 * 1_000


def test_rounds_learn_and_the_best_look_counts() -> None:
    setting = Setting.of("digits", 0)
    found = Federation(setting, divide(setting.y, "dirichlet 1.0", 10, 0)).run(Method(0.3, 5, budget=150))
    assert found.accuracy > 0.8 and 0 < found.best_round <= found.rounds == 30
    parameters = 64 * 128 + 128 + 128 * 128 + 128 + 128 * 10 + 10
    assert found.bytes_up == found.best_round * 10 * 4 * parameters


def test_each_cell_comes_after_the_tuning_that_it_needs() -> None:
    ordered = list(cells())
    tuned = {(cell.dataset, cell.split): place for place, cell in enumerate(ordered) if cell.method == TUNING}
    for place, cell in enumerate(ordered):
        if cell.method.startswith("Fed"):
            assert tuned[cell.dataset, TUNED_ON[cell.split]] < place
