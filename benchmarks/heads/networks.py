"""Networks of the GreenLightningAI papers, small: convolutions stay as they are, ``PathLinear`` is their head.

``python -m benchmarks.heads.networks`` trains them on 5,000 rows of Fashion-MNIST, or of CIFAR-10 where a user
has it, and adds a section to docs/heads.md. Kernels are those of the papers' networks, channels are fewer.
"""

import argparse
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from benchmarks.core.machine import remember
from benchmarks.core.records import Records, code_version
from benchmarks.heads import page
from benchmarks.heads.cifar import cifar10
from benchmarks.heads.work import Work
from greenlightning import PathLinear
from greenlightning.data.datasets import load

ROWS, TEST_ROWS, EPOCHS, BATCH, SEEDS = 5_000, 2_000, 3, 64, range(2)
LANDMARKS, DESCENT_RATE = 1_024, 0.05


def lenet5(channels: int, side: int) -> nn.Sequential:
    """LeNet-5 with ReLUs: two convolutions of 5 x 5, dense layers of 120 and 84."""
    convolutions = [_conv(channels, 6, 5), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)]
    return _with_head(convolutions, channels, side, (120, 84))


def alexnet(channels: int, side: int) -> nn.Sequential:
    """AlexNet's five convolutions and two dense layers, for small pictures."""
    pool = nn.MaxPool2d(2)
    convolutions = [
        _conv(channels, 16, 5),
        pool,
        _conv(16, 32, 5),
        pool,
        _conv(32, 48),
        _conv(48, 48),
        _conv(48, 32),
    ]
    return _with_head([*convolutions, pool], channels, side, (128, 128))


def vgg8(channels: int, side: int) -> nn.Sequential:
    """Six convolutions of 3 x 3 in pairs, one dense layer and the output: eight layers with weights."""
    sizes = (channels, 16, 16, 32, 32, 64, 64)
    pairs = [[_conv(*sizes[i : i + 2]), _conv(*sizes[i + 1 : i + 3]), nn.MaxPool2d(2)] for i in (0, 2, 4)]
    return _with_head([layer for pair in pairs for layer in pair], channels, side, (128,))


NETWORKS: dict[str, Callable[[int, int], nn.Sequential]] = {
    "LeNet-5": lenet5,
    "AlexNet-style": alexnet,
    "VGG8-style": vgg8,
}


def _conv(before: int, after: int, size: int = 3) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, size, padding=size // 2), nn.ReLU())


def _with_head(convolutions: list[nn.Module], channels: int, side: int, hidden: tuple[int, ...]) -> nn.Sequential:
    """A backbone of convolutions, and a head of dense layers with ReLUs between."""
    backbone = nn.Sequential(*convolutions, nn.Flatten())
    with torch.no_grad():
        sizes = (backbone(torch.zeros(1, channels, side, side)).shape[1], *hidden)
    dense = [layer for i, o in pairwise(sizes) for layer in (nn.Linear(i, o), nn.ReLU())]
    return nn.Sequential(backbone, nn.Sequential(*dense, nn.Linear(sizes[-1], 10)))


def descend(module: nn.Module, X: Tensor, y: Tensor, rate: float) -> None:
    """Train by Adam along a cosine."""
    optimiser = torch.optim.Adam(module.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS * -(-len(X) // BATCH))
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(X)).split(BATCH):
            optimiser.zero_grad()
            cross_entropy(module(X[rows]), y[rows]).backward()
            optimiser.step()
            schedule.step()


@torch.no_grad()
def outputs(module: nn.Module, X: Tensor) -> Tensor:
    """What a module makes of rows, some at a time."""
    return torch.cat([module(rows) for rows in X.split(500)])


@torch.no_grad()
def open_gates(backbone: nn.Sequential, X: Tensor) -> tuple[int, float]:
    """Gates of the convolutions a picture, and the share of them that is open."""
    found: list[Tensor] = []
    relus = [module for module in backbone.modules() if isinstance(module, nn.ReLU)]
    hooks = [relu.register_forward_hook(lambda _, __, output: found.append(output > 0)) for relu in relus]
    backbone(X)
    for hook in hooks:
        hook.remove()
    return sum(each[0].numel() for each in found), float(
        torch.cat([each.flatten() for each in found]).float().mean()
    )


def measure(name: str, data: tuple[Tensor, ...], seed: int) -> dict[str, Any]:
    """Accuracies and processor seconds of a network, and of its head solved or trained again."""
    X, y, X_test, y_test = data
    torch.manual_seed(seed)
    network = NETWORKS[name](X.shape[1], X.shape[2])
    backbone, head = network
    with Work() as training:
        descend(network, X, y, 1e-3)
    features, test = outputs(backbone.requires_grad_(False), X), outputs(backbone, X_test)
    number, share = open_gates(backbone, X_test[:200])
    block = PathLinear.from_mlp(head, features, paths="landmarks", n_landmarks=LANDMARKS, feature_bits=8)
    found = {"network": head(test), "imitated": outputs(block, test)}
    with Work() as solving:
        block.fit(features, y)
    found["solved"] = outputs(block, test)
    with torch.no_grad():
        block.weight.zero_()
        block.bias.zero_()
    with Work() as descending:
        descend(block, features, y, DESCENT_RATE)
    found["gradient"] = outputs(block, test)
    seconds = {"network": training, "solved": solving, "gradient": descending}
    return {
        "features": features.shape[1],
        "gates": block.paths.structure.hidden_layer_sizes,
        "convolution_gates": number,
        "open": share,
        "accuracies": {
            way: float((logits.argmax(dim=1) == y_test).double().mean()) for way, logits in found.items()
        },
        "processor_seconds": {way: work.processor_seconds for way, work in seconds.items()},
    }


def pictures(name: str) -> tuple[Tensor, ...]:
    """The first rows to train and to test on, in 0 to 1, with their classes."""
    if name == "cifar10":
        parts = [part for pair in cifar10() for part in pair]
    else:
        data = load(name)
        parts = [
            data.X_train.reshape(-1, 1, 28, 28),
            data.y_train,
            data.X_test.reshape(-1, 1, 28, 28),
            data.y_test,
        ]
    counts = (ROWS, ROWS, TEST_ROWS, TEST_ROWS)
    X, y, X_test, y_test = (torch.from_numpy(np.asarray(part[:n])) for part, n in zip(parts, counts, strict=True))
    return X.float() / 255, y.long(), X_test.float() / 255, y_test.long()


def main() -> None:
    """Measure every network that has no records of this code yet, then write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.heads.networks", description=__doc__)
    parser.add_argument("--dataset", choices=("fashion-mnist", "cifar10"), default="fashion-mnist")
    dataset = parser.parse_args().dataset
    torch.set_num_threads(1)
    data, records = pictures(dataset), Records("networks", code_version(page.HERE), remember())
    for seed in SEEDS:
        for name in NETWORKS:
            cell = {"dataset": dataset, "network": name, "seed": seed}
            if not records.has(**cell):
                records.add(
                    cell,
                    {"rows": len(data[0]), "epochs": EPOCHS, "landmarks": LANDMARKS} | measure(name, data, seed),
                )
    page.write()


if __name__ == "__main__":
    main()
