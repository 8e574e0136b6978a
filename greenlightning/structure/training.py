"""Training a ReLU network epoch by epoch: the loop that extraction and the conventional network share."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from greenlightning.compute.devices import available
from greenlightning.structure.settling import SettlingRule

if TYPE_CHECKING:
    from greenlightning.structure.gates import Structure


@dataclass(frozen=True)
class TrainingOptions:
    """How a ReLU network is trained.

    Attributes
    ----------
    hidden_layer_sizes : sequence of int
        Units of each layer.
    max_epochs : int
        Epochs, at most.
    settling : SettlingRule
        When the gates count as settled, which ends the extraction of a structure.
    batch_size : int
        Rows of a minibatch.
    learning_rate : float
        AdamW's first learning rate.
    schedule : {"cosine", "constant"}
        Whether the learning rate falls to 0 along a cosine over ``max_epochs``, or stays.
    weight_decay : float
        AdamW's weight decay.
    label_smoothing : float
        Share of the probability that goes to all classes alike, in the cross-entropy.
    reconstruction : float
        Above 0 the network also learns to reconstruct its standardised inputs, with this weight in the loss.
    input_noise : float
        Standard deviation of the Gaussian noise added to standardised inputs.
    random_state : int
        Seed of weights and minibatches.
    device : str
        Torch device.
    bins : int
        Intervals into which each column is cut, beside the column itself; 0 for none.
    error_of : callable or None
        Error on held-out rows of a model solved on the Structure that it is given. Extraction asks for it after
        epochs 1, 2, 4, 8 and so on, and stops where the error is no longer 5 % below the least before.
    """

    hidden_layer_sizes: Sequence[int] = (512, 256, 128)
    max_epochs: int = 12
    settling: SettlingRule = field(default_factory=SettlingRule)
    batch_size: int = 64
    learning_rate: float = 1e-3
    schedule: Literal["cosine", "constant"] = "cosine"
    weight_decay: float = 0.0
    label_smoothing: float = 0.2
    reconstruction: float = 0.0
    input_noise: float = 0.0
    random_state: int = 0
    device: str = "cpu"
    bins: int = 0
    error_of: "Callable[[Structure], float] | None" = None


@dataclass(frozen=True)
class EpochState:
    """The live network after one epoch: the next one changes its weights in place, copy them to keep them.

    Attributes
    ----------
    epoch : int
        Number of the epoch, from 1.
    module : Sequential
        The network.
    train_loss : float
        Mean loss over the epoch's rows.
    """

    epoch: int
    module: nn.Sequential
    train_loss: float


@dataclass(frozen=True)
class StepState:
    """The live network after one minibatch: the next one changes its weights in place, copy them to keep them.

    Attributes
    ----------
    epoch : int
        Number of the epoch, from 1.
    step : int
        Number of the minibatch in all epochs, from 1.
    module : Sequential
        The network.
    summed_loss : Tensor of shape ()
        Loss of the minibatch times its rows.
    ends_epoch : bool
        Whether it was the epoch's last minibatch.
    """

    epoch: int
    step: int
    module: nn.Sequential
    summed_loss: Tensor
    ends_epoch: bool


def relu_network(
    n_features: int,
    hidden_layer_sizes: Sequence[int],
    n_outputs: int,
    generator: torch.Generator,
    *,
    reconstruction: float = 0.0,
) -> nn.Sequential:
    """Build a dense ReLU network with torch's own uniform initialisation, drawn from ``generator`` alone.

    Parameters
    ----------
    n_features : int
        Input columns.
    hidden_layer_sizes : sequence of int
        Units of each layer.
    n_outputs : int
        Classes or outputs.
    generator : Generator
        Source of the weights.
    reconstruction : float, default=0.0
        Above 0, as many outputs as input columns follow the ``n_outputs``.

    Returns
    -------
    Sequential
        The network, on the CPU.
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
    options: TrainingOptions,
    *,
    n_outputs: int,
    module: nn.Sequential | None = None,
) -> Iterator[EpochState]:
    """Train a network by AdamW [1]_ and yield it after each epoch; stop by leaving the loop.

    Weights and minibatches depend on ``options.random_state`` only; torch's global random state is neither read
    nor changed.

    Parameters
    ----------
    X : Tensor of shape (n, d), float32
        Standardised inputs.
    y : Tensor of shape (n,), int64, or of shape (n,) or (n, n_outputs), float32
        Class codes, fitted by cross-entropy, or outputs, fitted by mean squared error.
    options : TrainingOptions
        How to train.
    n_outputs : int
        Classes or outputs.
    module : Sequential, optional
        A network to continue from, in place.

    Yields
    ------
    EpochState
        The network after each epoch.

    References
    ----------
    .. [1] Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019.
    """
    total: Tensor | float = 0.0
    for state in train_steps(X, y, options, n_outputs=n_outputs, module=module):
        total = total + state.summed_loss
        if state.ends_epoch:
            yield EpochState(state.epoch, state.module, float(total) / len(X))
            total = 0.0


def train_steps(
    X: Tensor,
    y: Tensor,
    options: TrainingOptions,
    *,
    n_outputs: int,
    module: nn.Sequential | None = None,
) -> Iterator[StepState]:
    """Train a network as ``train_epochs`` does, and yield it after each minibatch."""
    device, n = available(options.device), len(X)
    generator = torch.Generator().manual_seed(options.random_state)
    network = module or relu_network(
        X.shape[1], options.hidden_layer_sizes, n_outputs, generator, reconstruction=options.reconstruction
    )
    network.to(device).train()
    inputs, targets = X.to(device), y.to(device)
    loss_of: nn.Module = nn.CrossEntropyLoss(label_smoothing=options.label_smoothing)
    if targets.is_floating_point():
        loss_of, targets = nn.MSELoss(), targets.view(len(targets), -1)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=options.learning_rate, weight_decay=options.weight_decay, fused=True
    )
    steps = options.max_epochs * math.ceil(n / options.batch_size)
    schedule = _schedule(optimiser, options.schedule, steps)
    batches = range(0, n, options.batch_size)
    for epoch in range(1, options.max_epochs + 1):
        order = torch.randperm(n, generator=generator).to(device)
        for number, start in enumerate(batches, start=1):
            rows = order[start : start + options.batch_size]
            given = inputs.index_select(0, rows)
            seen = given
            if options.input_noise:
                noise = torch.randn(given.shape, generator=generator)
                seen = given + options.input_noise * noise.to(device)
            outputs = network(seen)
            loss = loss_of(outputs[:, :n_outputs], targets.index_select(0, rows))
            if options.reconstruction:
                loss = loss + options.reconstruction * mse_loss(outputs[:, n_outputs:], given)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            step, ends = (epoch - 1) * len(batches) + number, number == len(batches)
            yield StepState(epoch, step, network, loss.detach() * len(rows), ends)


def _schedule(optimiser: torch.optim.Optimizer, name: str, steps: int) -> torch.optim.lr_scheduler.LRScheduler:
    if name == "constant":
        return torch.optim.lr_scheduler.ConstantLR(optimiser, factor=1.0)
    return torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
