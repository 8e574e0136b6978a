"""Training a ReLU network epoch by epoch: the loop that extraction and the conventional network share."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from greenlightning.compute.devices import available


@dataclass(frozen=True)
class EpochState:
    """The live network after one epoch: the next one changes its weights in place, copy them to keep them."""

    epoch: int
    module: nn.Sequential
    train_loss: float


def relu_network(
    n_features: int,
    hidden_layer_sizes: Sequence[int],
    n_outputs: int,
    generator: torch.Generator,
    *,
    reconstruction: float = 0.0,
) -> nn.Sequential:
    """Dense ReLU network with torch's own uniform initialisation, drawn from ``generator`` alone.

    With ``reconstruction`` its inputs follow the ``n_outputs``.
    """
    sizes = [n_features, *hidden_layer_sizes, n_outputs + (n_features if reconstruction else 0)]
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise(sizes):
        layer = nn.Linear(fan_in, fan_out, device="meta").to_empty(device="cpu")
        bound = 1 / math.sqrt(fan_in)
        nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
        nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def train_epochs(
    X: Tensor,
    y: Tensor,
    hidden_layer_sizes: Sequence[int],
    *,
    n_outputs: int,
    batch_size: int,
    learning_rate: float,
    weight_decay: float,
    max_epochs: int,
    random_state: int,
    label_smoothing: float = 0.0,
    reconstruction: float = 0.0,
    input_noise: float = 0.0,
    device: str = "cpu",
    module: nn.Sequential | None = None,
) -> Iterator[EpochState]:
    """Train on ``X`` (n, d) float32 and yield the network after each epoch; stop by leaving the loop.

    ``y`` int64 (n,) holds class codes and is fitted by cross-entropy with ``label_smoothing``; float (n,)
    or (n, ``n_outputs``) is fitted by mean squared error. With ``reconstruction`` above 0 the network has d
    more outputs, that many times whose mean squared error from ``X`` joins the loss. ``input_noise`` is the
    standard deviation of Gaussian noise that is added to what the network sees. AdamW (Loshchilov & Hutter
    2019), its rate falling to 0 along a cosine over ``max_epochs``. ``module`` continues from an existing
    network, in place. Weights and minibatches depend on ``random_state`` only; torch's global random state is
    neither read nor changed.
    """
    device = available(device)
    generator = torch.Generator().manual_seed(random_state)
    network = module or relu_network(
        X.shape[1], hidden_layer_sizes, n_outputs, generator, reconstruction=reconstruction
    )
    network.to(device).train()
    inputs, targets = X.to(device), y.to(device)
    loss_of: nn.Module = nn.CrossEntropyLoss(label_smoothing=label_smoothing)
    if targets.is_floating_point():
        loss_of, targets = nn.MSELoss(), targets.view(len(targets), -1)
    optimiser = torch.optim.AdamW(network.parameters(), lr=learning_rate, weight_decay=weight_decay, fused=True)
    n = len(inputs)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max_epochs * math.ceil(n / batch_size))
    for epoch in range(1, max_epochs + 1):
        total = torch.zeros((), device=device)
        order = torch.randperm(n, generator=generator).to(device)
        for start in range(0, n, batch_size):
            rows = order[start : start + batch_size]
            given = inputs.index_select(0, rows)
            seen = given
            if input_noise:
                seen = given + input_noise * torch.randn(given.shape, generator=generator).to(device)
            outputs = network(seen)
            loss = loss_of(outputs[:, :n_outputs], targets.index_select(0, rows))
            if reconstruction:
                loss = loss + reconstruction * mse_loss(outputs[:, n_outputs:], given)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.detach() * len(rows)
        yield EpochState(epoch, network, total.item() / n)
