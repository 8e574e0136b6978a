"""The conventional network: a fair, tuned opponent; and the training loop that it shares with extraction."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from torch import nn

from greenlightning.data.datasets import load
from greenlightning.evaluation.conventional_network import ConventionalNetwork
from greenlightning.structure.training import EpochState, TrainingOptions, relu_network, train_epochs
from tests.helpers.real_data import real_root

pytestmark = pytest.mark.slow

Rows = tuple[NDArray[np.float64], NDArray[np.int64]]


@pytest.fixture(scope="module")
def digits() -> tuple[Rows, Rows]:
    """1,400 rows to train on and 397 to test on."""
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))
    X, y = X[order], y[order]
    return (X[:1400], y[:1400]), (X[1400:], y[1400:])


@pytest.fixture(scope="module")
def fitted(digits: tuple[Rows, Rows]) -> ConventionalNetwork:
    """A network trained on the digits."""
    return ConventionalNetwork((64, 64)).fit(*digits[0])


def test_it_learns_the_digits(fitted: ConventionalNetwork, digits: tuple[Rows, Rows]) -> None:
    assert fitted.score(*digits[1]) > 0.94
    assert fitted.classes_.tolist() == list(range(10))
    assert fitted.n_features_in_ == 64


def test_probabilities_are_rows_that_sum_to_one(fitted: ConventionalNetwork, digits: tuple[Rows, Rows]) -> None:
    proba = fitted.predict_proba(digits[1][0])
    assert proba.shape == (397, 10)
    assert np.allclose(proba.sum(axis=1), 1)
    assert (fitted.predict(digits[1][0]) == proba.argmax(axis=1)).all()


def test_the_same_seed_gives_the_same_network(fitted: ConventionalNetwork, digits: tuple[Rows, Rows]) -> None:
    again = clone(fitted).fit(*digits[0])
    assert again.n_epochs_ == fitted.n_epochs_
    assert (again.predict_proba(digits[1][0]) == fitted.predict_proba(digits[1][0])).all()


def test_units_of_the_columns_do_not_matter(digits: tuple[Rows, Rows]) -> None:
    (X, y), (X_test, _) = digits
    plain, scaled = (
        ConventionalNetwork((16,), max_epochs=3).fit(X * unit + unit, y).predict_proba(X_test * unit + unit)
        for unit in (1.0, 1024.0)
    )
    assert np.allclose(plain, scaled, atol=1e-4)


def test_it_stops_early_and_keeps_the_weights_that_validated_best(digits: tuple[Rows, Rows]) -> None:
    X, y = digits[0]
    noise = np.random.default_rng(0).permutation(y)
    network = ConventionalNetwork((64,), max_epochs=100, patience=2).fit(X, noise)
    assert network.n_epochs_ < 100
    best = ConventionalNetwork((64,), max_epochs=100, patience=100).fit(X, y)
    held = np.random.default_rng(0).permutation(len(X))[:140]
    assert best.n_epochs_ == 100
    assert best.score(X[held], y[held]) >= 0.97


def test_fine_tuning_improves_on_new_data_and_forgets_some_old(digits: tuple[Rows, Rows]) -> None:
    (X, y), (X_test, y_test) = digits
    low, high = y < 5, y >= 5
    network = ConventionalNetwork((64, 64)).fit(X[low], y[low])
    before = network.score(X_test[y_test < 5], y_test[y_test < 5])
    network.fine_tune(X[high], y[high])
    assert network.classes_.tolist() == list(range(10))
    assert network.predict_proba(X_test).shape == (397, 10)
    assert network.score(X_test[y_test >= 5], y_test[y_test >= 5]) > 0.5
    assert network.score(X_test[y_test < 5], y_test[y_test < 5]) < before


def test_a_new_label_leaves_the_old_outputs_where_they_were(digits: tuple[Rows, Rows]) -> None:
    (X, y), _ = digits
    names = np.array(["b", "d"])[y % 2]
    network = ConventionalNetwork((8,), max_epochs=2).fit(X, names)
    old = network.module_[-1].weight.detach().clone()
    network.learning_rate = 1e-12
    network.fine_tune(X[:20], np.array(["a", "c"] * 10))
    assert network.classes_.tolist() == ["a", "b", "c", "d"]
    assert torch.allclose(network.module_[-1].weight[[1, 3]], old, atol=1e-9)


def test_it_must_be_fitted_first() -> None:
    for call in (
        lambda: ConventionalNetwork((8,)).predict_proba([[0.0]]),
        lambda: ConventionalNetwork((8,)).fine_tune([[0.0], [1.0]], [0, 1]),
    ):
        with pytest.raises(NotFittedError):
            call()


def test_it_learns_real_images() -> None:
    data = load("fashion-mnist", real_root("fashion-mnist"))
    network = ConventionalNetwork((64,), max_epochs=3).fit(data.X_train[:12_000], data.y_train[:12_000])
    assert network.score(data.X_test, data.y_test) > 0.82


def train(X: torch.Tensor, y: torch.Tensor, **changes: object) -> list[EpochState]:
    """Five epochs of a small network."""
    called = {"n_outputs": 2} | {name: changes.pop(name) for name in ("n_outputs", "module") if name in changes}
    options = TrainingOptions((8,), max_epochs=5, batch_size=10, learning_rate=0.01, label_smoothing=0.0)
    return list(train_epochs(X, y, replace(options, **changes), **called))  # type: ignore[arg-type]


@pytest.fixture
def blobs() -> tuple[torch.Tensor, torch.Tensor]:
    """64 points of two classes, 3 columns."""
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(64) % 2
    return torch.randn(64, 3, generator=generator) + 2.0 * y[:, None], y


def test_training_yields_each_epoch_with_a_falling_loss(blobs: tuple[torch.Tensor, torch.Tensor]) -> None:
    states = train(*blobs)
    assert [state.epoch for state in states] == [1, 2, 3, 4, 5]
    assert states[-1].train_loss < states[0].train_loss
    assert [type(layer) for layer in states[0].module] == [nn.Linear, nn.ReLU, nn.Linear]


def test_training_neither_reads_nor_changes_torch_s_random_state(
    blobs: tuple[torch.Tensor, torch.Tensor],
) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = train(*blobs)
    assert (torch.get_rng_state() == before).all()
    torch.manual_seed(2)
    second = train(*blobs)
    assert [s.train_loss for s in first] == [s.train_loss for s in second]
    assert (first[-1].module[0].weight == second[-1].module[0].weight).all()
    assert [s.train_loss for s in train(*blobs, random_state=1)] != [s.train_loss for s in first]


def test_float_targets_are_fitted_by_least_squares(blobs: tuple[torch.Tensor, torch.Tensor]) -> None:
    X, y = blobs
    states = train(X, y.float(), n_outputs=1, max_epochs=40)
    with torch.no_grad():
        error = nn.functional.mse_loss(states[-1].module(X)[:, 0], y.float()).item()
    assert error < 0.1
    assert states[-1].train_loss == pytest.approx(error, rel=0.5)


def test_training_can_continue_an_existing_network(blobs: tuple[torch.Tensor, torch.Tensor]) -> None:
    module = relu_network(3, (8,), 2, torch.Generator().manual_seed(5))
    states = train(*blobs, module=module)
    assert all(state.module is module for state in states)


def test_no_rate_no_change(blobs: tuple[torch.Tensor, torch.Tensor]) -> None:
    module = relu_network(3, (8,), 2, torch.Generator().manual_seed(5))
    before = [p.detach().clone() for p in module.parameters()]
    train(*blobs, module=module, learning_rate=0.0)
    assert all((a == b).all() for a, b in zip(before, module.parameters(), strict=True))
