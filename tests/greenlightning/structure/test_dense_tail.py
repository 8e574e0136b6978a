"""The dense ReLU layers at the end of an existing torch network become a structure."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from greenlightning import Structure
from greenlightning.errors import InputError
from greenlightning.structure.dense_tail import dense_tail, tail_inputs


@pytest.fixture
def dense() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 8, bias=False), nn.ReLU(), nn.Linear(8, 3))


@pytest.fixture
def conv() -> nn.Sequential:
    """Conv trunk, batch norm, then two dense ReLU layers with dropout between, some ReLUs in place."""
    torch.manual_seed(0)
    trunk = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Flatten())
    head = nn.Sequential(
        nn.Linear(144, 20), nn.ReLU(inplace=True), nn.Dropout(), nn.Linear(20, 10), nn.ReLU(), nn.Linear(10, 2)
    )
    return nn.Sequential(trunk, head)


def own_signs(layers: list[nn.Linear], inputs: NDArray[np.float32]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Signs (n, units) that torch itself finds, and which lie further than 1e-2 of their spread from zero."""
    hidden, found = torch.from_numpy(inputs), []
    with torch.no_grad():
        for layer in layers:
            found.append(layer(hidden))
            hidden = found[-1].relu()
    z = torch.cat(found, dim=1).numpy()
    return z > 0, np.abs(z) > 1e-2 * z.std(axis=0)


@pytest.mark.parametrize(("low", "high"), [(-2, 2), (0, 255), (-0.01, 0.01)])
def test_a_sequential_keeps_its_signs_in_any_range(dense: nn.Sequential, low: float, high: float) -> None:
    X = np.random.default_rng(0).uniform(low, high, size=(400, 6)).astype(np.float32)
    structure = Structure.from_module(dense, X)
    signs, clear = own_signs([dense[0], dense[2]], X)
    assert structure.hidden_layer_sizes == (16, 8)
    assert (structure.patterns(X) == signs)[clear].all()
    assert clear.mean() > 0.9
    assert 0.05 < signs.mean() < 0.95


def test_a_sequential_that_starts_dense_needs_no_example(dense: nn.Sequential) -> None:
    structure = Structure.from_module(dense, seen=("batch",))
    X = np.random.default_rng(0).normal(size=(200, 6)).astype(np.float32)
    signs, clear = own_signs([dense[0], dense[2]], X)
    assert (structure.patterns(X) == signs)[clear].all()
    assert structure.seen == ("batch",)


def test_a_conv_network_gives_its_dense_tail(conv: nn.Sequential) -> None:
    images = np.random.default_rng(0).normal(size=(60, 1, 8, 8))
    structure = Structure.from_module(conv, images[:40])
    layers = dense_tail(conv, images[:1])
    inputs = tail_inputs(conv, images)
    assert [(layer.in_features, layer.out_features) for layer in layers] == [(144, 20), (20, 10)]
    assert inputs.shape == (60, 144)
    signs, clear = own_signs(layers, inputs)
    assert (structure.patterns(inputs) == signs)[clear].all()
    assert structure.n_features_in == 144


def test_the_network_is_left_as_it_was(conv: nn.Sequential) -> None:
    conv.train()
    conv[0][1].eval()
    before = {name: value.clone() for name, value in conv.state_dict().items()}
    Structure.from_module(conv, np.zeros((2, 1, 8, 8)))
    assert conv.training
    assert not conv[0][1].training
    assert [m.inplace for m in conv.modules() if isinstance(m, nn.ReLU)] == [True, True, False]
    assert not any(m._forward_hooks for m in conv.modules())
    assert all(torch.equal(value, before[name]) for name, value in conv.state_dict().items())


def test_relus_in_place_change_nothing(conv: nn.Sequential) -> None:
    images = np.random.default_rng(0).normal(size=(5, 1, 8, 8))
    in_place = Structure.from_module(conv, images).digest
    for module in conv.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = not module.inplace
    assert Structure.from_module(conv, images).digest == in_place


def test_a_relu_in_place_does_not_reach_the_example() -> None:
    example = np.full((2, 3), -1.0, dtype=np.float32)
    dense_tail(nn.Sequential(nn.ReLU(inplace=True), nn.Linear(3, 2), nn.ReLU()), example)
    assert (example == -1).all()


def test_a_network_of_float64_is_taken_too(dense: nn.Sequential) -> None:
    assert Structure.from_module(dense.double()).digest == Structure.from_module(dense.float()).digest


class Skip(nn.Module):
    """A dense ReLU layer beside the input, then one more: only the last is the tail."""

    def __init__(self) -> None:
        super().__init__()
        self.beside, self.last, self.relu = nn.Linear(6, 6), nn.Linear(6, 4), nn.ReLU()
        self.out = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.relu(self.beside(x)) + x
        result: torch.Tensor = self.out(self.relu(self.last(y)))
        return result


def test_a_skip_connection_ends_the_tail() -> None:
    assert [layer.out_features for layer in dense_tail(Skip(), np.zeros((1, 6)))] == [4]


class Broken(nn.Sequential):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("torn")


def test_a_network_that_fails_is_left_as_it_was() -> None:
    broken = Broken(nn.Linear(3, 2), nn.ReLU(inplace=True))
    with pytest.raises(RuntimeError, match="torn"):
        dense_tail(broken, np.zeros((1, 3)))
    assert broken.training
    assert broken[1].inplace
    assert not broken[0]._forward_hooks


@pytest.mark.parametrize(
    ("module", "example", "cause"),
    [
        (nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU()), None, "no example was given"),
        (Skip(), None, "no example was given"),
        (nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU()), np.zeros((1, 1, 4, 4)), "does not follow a dense layer"),
        (nn.Sequential(nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 2)), None, "does not follow a dense layer"),
        (
            nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.ReLU()),
            np.zeros((2, 3)),
            "does not follow a dense layer",
        ),
        (nn.Sequential(nn.Linear(3, 2), nn.ReLU()), np.zeros((1, 5, 3)), "does not follow a dense layer"),
    ],
    ids=["conv alone", "not sequential", "conv last", "no relu", "batch norm between", "tokens"],
)
def test_what_has_no_dense_tail_is_refused(
    module: nn.Module, example: NDArray[np.float64] | None, cause: str
) -> None:
    with pytest.raises(InputError, match=cause):
        Structure.from_module(module, example)
