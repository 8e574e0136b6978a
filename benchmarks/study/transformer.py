"""A small transformer whose last feed-forward block is replaced: imitated, solved on frozen gates, or trained.

Rows of a picture are tokens. The last block adds its feed-forward part to the residual stream, whose mean over the
tokens goes to a linear head, without a norm between: logits are then linear in the mean of the tokens and of their
path features, so that block and head together have an exact solution.
"""

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from benchmarks.core.records import Record
from greenlightning import PathLinear
from greenlightning.data.datasets import Dataset
from greenlightning.data.splits import split_rows

WIDTH, HEADS, HIDDEN, LAYERS = 32, 2, 64, 2
EPOCHS, BATCH, RATE, BLOCK_RATE = 40, 64, 3e-3, 0.01
MOST_ROWS, LATER, HELD = 4_000, 0.2, 0.1
ALPHAS = 1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0
NETWORK, TUNED, HEAD = "network", "network, trained on", "head solved"
IMITATED, SOLVED, RANDOM, DESCENDED = "imitated", "block solved", "random gates solved", "block by gradients"
Classify = Callable[[Tensor], Tensor]


class Layer(nn.Module):
    """Attention, then a feed-forward block with ReLU, each added to what comes in."""

    def __init__(self) -> None:
        super().__init__()
        self.before, self.between = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attention = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        self.block: nn.Module = nn.Sequential(nn.Linear(WIDTH, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, WIDTH))

    def attended(self, tokens: Tensor) -> Tensor:
        """What the block's part is added to."""
        normal = self.before(tokens)
        return tokens + self.attention(normal, normal, normal, need_weights=False)[0]

    def forward(self, tokens: Tensor) -> Tensor:
        attended = self.attended(tokens)
        return attended + self.block(self.between(attended))


class Transformer(nn.Module):
    """Rows (n, tokens, columns) to logits (n, k)."""

    def __init__(self, tokens: int, columns: int, k: int) -> None:
        super().__init__()
        self.embed = nn.Linear(columns, WIDTH)
        self.places = nn.Parameter(0.02 * torch.randn(tokens, WIDTH))
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.head = nn.Linear(WIDTH, k)

    def attended(self, pictures: Tensor) -> Tensor:
        """The residual stream that the last feed-forward block is added to."""
        found = self.embed(pictures) + self.places
        for layer in self.layers[:-1]:
            found = layer(found)
        return self.last.attended(found)

    @property
    def last(self) -> Any:
        """The layer whose block is replaced."""
        return self.layers[-1]

    def forward(self, pictures: Tensor) -> Tensor:
        return Ending(self, self.last.block)(self.attended(pictures))


@dataclass(frozen=True)
class Pictures:
    """Pictures (n, tokens, columns) with their classes; ``later`` are rows that come after the first training."""

    X: Tensor
    y: Tensor
    first: Tensor
    X_test: Tensor
    y_test: Tensor

    @classmethod
    def of(cls, data: Dataset, seed: int) -> "Pictures":
        side = round(data.X_train.shape[1] ** 0.5)
        chosen = np.random.default_rng(seed).permutation(len(data.y_train))[:MOST_ROWS]
        labels = np.unique(data.y_train)

        def tensors(X: Any, y: Any) -> tuple[Tensor, Tensor]:
            shown = torch.from_numpy(X.reshape(len(X), side, -1).astype(np.float32) / data.X_train.max())
            return shown, torch.from_numpy(np.searchsorted(labels, y))

        X, y = tensors(data.X_train[chosen], data.y_train[chosen])
        first, _ = split_rows(y.numpy(), LATER, seed)
        return cls(X, y, torch.from_numpy(first), *tensors(data.X_test, data.y_test))


def measured(data: Dataset, seed: int, epochs: int = EPOCHS) -> Record:
    """Accuracies and processor seconds: the network on the first rows, then each way to take in all of them."""
    torch.manual_seed(seed)
    rows = Pictures.of(data, seed)
    network = Transformer(*rows.X.shape[1:], int(rows.y.max()) + 1)
    found: dict[str, float] = {}
    seconds: dict[str, float] = {}

    def record(way: str, train: Callable[[], Classify], pictures: Tensor) -> None:
        begin = time.process_time()
        classify = train()
        seconds[way] = round(time.process_time() - begin, 4)
        with torch.no_grad():
            found[way] = float((classify(pictures) == rows.y_test).double().mean())

    first = rows.X[rows.first], rows.y[rows.first]
    record(NETWORK, lambda: descended(network, network, *first, epochs, RATE), rows.X_test)
    network.requires_grad_(False)
    attended, test = (in_blocks(network.attended, X) for X in (rows.X, rows.X_test))
    block, between = network.last.block, network.last.between
    paths = PathLinear.from_mlp(block, between(attended).reshape(-1, WIDTH))
    replaced = Ending(network, paths)
    record(IMITATED, lambda: lambda given: in_blocks(replaced, given).argmax(dim=1), test)
    for way, gates in ((HEAD, None), (SOLVED, block[0]), (RANDOM, nn.Linear(WIDTH, HIDDEN))):
        record(way, partial(solved, partial(pooled, between, gates), attended, rows.y), test)
    record(DESCENDED, lambda: descended(paths, replaced, attended, rows.y, epochs, BLOCK_RATE), test)
    network.requires_grad_(True)
    record(TUNED, lambda: descended(network, network, rows.X, rows.y, epochs, RATE / 3), rows.X_test)
    about = {"rows": [len(rows.first), len(rows.y)], "tokens": list(rows.X.shape[1:])}
    about |= {"path_features": len(paths.weight)}
    return about | {"accuracies": found, "processor_seconds": seconds}


@dataclass(frozen=True)
class Ending:
    """A network's last feed-forward part, made by ``block``, and its head."""

    network: Transformer
    block: nn.Module

    def __call__(self, attended: Tensor) -> Tensor:
        part = self.block(self.network.last.between(attended))
        return self.network.head((attended + part).mean(dim=1))


def descended(
    module: nn.Module, forward: Callable[[Tensor], Tensor], X: Tensor, y: Tensor, epochs: int, rate: float
) -> Classify:
    """Train what of a module is free by AdamW along a cosine; the epoch is kept that is best on rows held out."""
    kept, held = (torch.from_numpy(part) for part in split_rows(y.numpy(), HELD, 0))
    free = [weights for weights in module.parameters() if weights.requires_grad]
    optimiser = torch.optim.AdamW(free, lr=rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs * -(-len(kept) // BATCH))
    best, state = -1.0, module.state_dict()
    for _ in range(epochs):
        for chosen in kept[torch.randperm(len(kept))].split(BATCH):
            optimiser.zero_grad()
            cross_entropy(forward(X[chosen]), y[chosen]).backward()
            optimiser.step()
            schedule.step()
        score = float((in_blocks(forward, X[held]).argmax(dim=1) == y[held]).double().mean())
        if score > best:
            best, state = score, copy.deepcopy(module.state_dict())
    module.load_state_dict(state)
    return lambda given: in_blocks(forward, given).argmax(dim=1)


def pooled(between: nn.Module, gates: nn.Linear | None, attended: Tensor) -> Tensor:
    """Means over the tokens of the residual stream and of the open paths: what logits are linear in."""
    mean = attended.mean(dim=1)
    if gates is None:
        return mean
    values = between(attended)
    opened = (gates(values) > 0).float()
    inputs = torch.cat([values, torch.ones_like(values[..., :1])], dim=-1)
    paths = torch.einsum("nth,ntd->nhd", opened, inputs) / values.shape[1]
    return torch.cat([mean, paths.flatten(1)], dim=1)


def solved(features: Callable[[Tensor], Tensor], attended: Tensor, y: Tensor) -> Classify:
    """A ridge regression of the classes, its strength chosen by leaving one row out."""
    from sklearn.linear_model import RidgeClassifierCV

    model = RidgeClassifierCV(alphas=ALPHAS).fit(in_blocks(features, attended).double().numpy(), y.numpy())
    return lambda given: torch.from_numpy(model.predict(in_blocks(features, given).double().numpy()))


@torch.no_grad()
def in_blocks(module: Callable[[Tensor], Tensor], X: Tensor) -> Tensor:
    """What a module makes of rows, some at a time."""
    return torch.cat([module(rows) for rows in X.split(500)])
