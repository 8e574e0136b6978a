"""The paper's equation: a ReLU network is the sum of its open paths, and a head becomes their coefficients."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import nn

from greenlightning import PathLinear, Structure
from greenlightning.errors import InputError

GRID = 2.0**-10


def mlp(sizes: list[int], seed: int) -> nn.Sequential:
    """Dense layers with ReLUs between, of weights and biases that the structure's grid holds exactly."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.ReLU()]
    network = nn.Sequential(*layers[:-1])
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_((parameter / GRID).round() * GRID)
    return network.double()


def rows(n: int, d: int, seed: int) -> NDArray[np.float64]:
    return np.clip(np.random.default_rng(seed).normal(size=(n, d)), -3.9, 3.9)


def own_gates(network: nn.Sequential, X: NDArray[np.float64]) -> NDArray[np.bool_]:
    """What torch itself finds open, layer after layer."""
    hidden, found = torch.from_numpy(X), []
    with torch.no_grad():
        for layer in network:
            hidden = layer(hidden)
            if isinstance(layer, nn.Linear):
                found.append(hidden.numpy() > 0)
    return np.concatenate(found[:-1], axis=1)


def output(network: nn.Module, X: NDArray[np.float64]) -> NDArray[np.float64]:
    with torch.no_grad():
        return np.asarray(network(torch.from_numpy(X)).double().numpy())


def sum_over_paths(
    network: nn.Sequential, X: NDArray[np.float64], patterns: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """``Σ x_i v_(i, j1 .. jL, k) Π a_l,jl(x)``, and paths that start at a bias: each path by itself, in a loop."""
    layers = [layer for layer in network if isinstance(layer, nn.Linear)]
    weights = [layer.weight.detach().numpy() for layer in layers]
    gates = np.split(patterns, np.cumsum([len(w) for w in weights[:-1]])[:-1], axis=1)
    total = np.tile(layers[-1].bias.detach().numpy(), (len(X), 1))
    carried = [(X[:, i], weights[0][:, i]) for i in range(X.shape[1])]
    carried.append((np.ones(len(X)), layers[0].bias.detach().numpy()))
    for gate, weight, following in zip(gates, weights[1:], layers[1:], strict=True):
        units = range(gate.shape[1])
        carried = [(x * gate[:, j], coefficient[j] * weight[:, j]) for x, coefficient in carried for j in units]
        if following is not layers[-1]:
            carried.append((np.ones(len(X)), following.bias.detach().numpy()))
    for x, coefficient in carried:
        total += np.outer(x, coefficient)
    return total


@settings(max_examples=20)
@given(sizes=st.lists(st.integers(1, 4), min_size=3, max_size=5), seed=st.integers(0, 1_000))
def test_a_network_is_the_sum_of_the_paths_that_its_structure_leaves_open(sizes: list[int], seed: int) -> None:
    network, X = mlp(sizes, seed), rows(30, sizes[0], seed)
    patterns = Structure.from_module(network).patterns(X)
    alike = (patterns == own_gates(network, X)).all(axis=1)
    assert alike.mean() > 0.8
    difference = sum_over_paths(network, X, patterns) - output(network, X)
    assert np.abs(difference[alike]).max() < 1e-12


@settings(max_examples=20)
@given(d=st.integers(1, 6), h=st.integers(1, 8), k=st.integers(1, 4), seed=st.integers(0, 1_000))
def test_the_block_of_a_head_is_the_head_where_gates_are_its_own(d: int, h: int, k: int, seed: int) -> None:
    """Features are rounded to 2^-13 of ±4, so outputs move by at most that times the sum of path weights."""
    network, X = mlp([d, h, k], seed), rows(50, d, seed)
    block = PathLinear.from_mlp(network)
    alike = (block.paths.structure.patterns(X) == own_gates(network, X)).all(axis=1)
    first, last = (network[i].weight.abs().detach().numpy() for i in (0, 2))
    rounding = 2.0**-12 * (last @ (first.sum(axis=1) + 1)).max()
    assert alike.mean() > 0.8
    assert np.abs(output(block, X) - output(network, X))[alike].max() <= rounding + 1e-5


@pytest.mark.parametrize("low_high", [(0, 255), (-0.02, 0.02)])
def test_features_of_any_range_are_taken_when_they_are_given(low_high: tuple[float, float]) -> None:
    X = np.random.default_rng(0).uniform(*low_high, size=(300, 5))
    network = mlp([5, 12, 3], seed=1)
    expected, found = output(network, X), output(PathLinear.from_mlp(network, X), X)
    assert np.abs(found - expected).max() < 2e-3 * np.abs(expected).max()


def test_a_deep_head_is_imitated_over_landmarks() -> None:
    X, new = rows(600, 4, 0), rows(300, 4, 1)
    network = mlp([4, 32, 16, 3], seed=2)
    block = PathLinear.from_mlp(network, X, n_landmarks=256)
    expected, found = output(network, new), output(block, new)
    explained = 1 - np.square(found - expected).sum() / np.square(expected - expected.mean(axis=0)).sum()
    assert (block.paths.kind, len(block.weight)) == ("landmarks", 256)
    assert explained > 0.95


def test_a_projection_routes_principal_axes() -> None:
    X = rows(200, 8, 0)
    block = PathLinear.from_mlp(mlp([8, 5, 2], seed=0), X, projection=3)
    assert block.weight.shape == (5 * (3 + 1), 2)


def test_a_head_without_biases_is_taken() -> None:
    network = nn.Sequential(nn.Linear(3, 6, bias=False), nn.ReLU(), nn.Linear(6, 2, bias=False))
    X = rows(40, 3, 0).astype(np.float32)
    found = output(PathLinear.from_mlp(network, X), X)
    assert np.abs(found - output(network, X)).max() < 1e-3


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (nn.Sequential(nn.Linear(3, 4), nn.ReLU()), "does not end in one nn.Linear"),
        (nn.Sequential(nn.Linear(3, 4)), "last ReLU does not follow"),
        (nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)), "last ReLU does not follow"),
        (nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2), nn.Linear(2, 2)), "does not end in one"),
    ],
)
def test_what_is_no_mlp_head_is_refused(head: nn.Module, message: str) -> None:
    with pytest.raises(InputError, match=message):
        PathLinear.from_mlp(head)


def test_landmarks_need_features_and_kinds_have_names() -> None:
    deep = mlp([4, 8, 8, 2], seed=0)
    with pytest.raises(InputError, match="none were given"):
        PathLinear.from_mlp(deep)
    with pytest.raises(InputError, match="paths='forest' is not known"):
        PathLinear.from_mlp(deep, rows(10, 4, 0), paths="forest")  # type: ignore[arg-type]
