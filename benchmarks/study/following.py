"""Follow one training: what single minibatches change in gates and weights, and snapshots to solve on."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmarks.core.records import Record
from greenlightning.structure import settling
from greenlightning.structure.extraction import RANGE_ROWS, as_floats, blank_structure, frozen_gates
from greenlightning.structure.gates import Structure
from greenlightning.structure.training import StepState, TrainingOptions, relu_network, train_steps

FRACTIONS = 1 / 16, 1 / 8, 1 / 4, 1 / 2
FIRST_LOOKS, LATER_LOOKS = 32, 96
PROBES = 512
Array = NDArray[Any]
Layers = list[Array]


@dataclass(frozen=True)
class Rows:
    """Inputs (n, d) that train, with their class positions (n,); those that are held out, and theirs."""

    X: Array
    y: Array
    X_held: Array
    y_held: Array


@dataclass(frozen=True)
class Change:
    """What one minibatch changed, layer by layer: the share of gates, and the relative change of weights."""

    epoch: float
    patterns: list[float]
    weights: list[float]


@dataclass(frozen=True)
class Moment:
    """A snapshot: gates that could be frozen here, and what training had cost until then in processor seconds."""

    epoch: float
    seconds: float
    structure: Structure
    patterns: Layers
    weights: Layers
    network_accuracy: float


@dataclass(frozen=True)
class Followed:
    """One training as it was seen; ``flips`` are those of whole epochs, as the stop rule reads them."""

    changes: list[Change]
    moments: list[Moment]
    flips: list[float]

    @property
    def settled(self) -> int | None:
        """The epoch after which the default rule would have stopped, or None."""
        rule = settling.SettlingRule()
        epochs = range(1, len(self.flips) + 1)
        return next((epoch for epoch in epochs if rule.settled(self.flips[:epoch])), None)

    def distances(self) -> list[Record]:
        """How far each snapshot is from the end, layer by layer: share of gates, relative distance of weights."""
        end = self.moments[-1]
        return [
            {
                "epoch": moment.epoch,
                "patterns": [
                    settling.flip_rate(*pair) for pair in zip(moment.patterns, end.patterns, strict=True)
                ],
                "weights": [_relative(*pair) for pair in zip(end.weights, moment.weights, strict=True)],
            }
            for moment in self.moments
        ]


def follow(rows: Rows, options: TrainingOptions, epochs: tuple[int, ...]) -> Followed:
    """Train on ``rows`` to the last epoch, with snapshots in the first epoch and after each of ``epochs``."""
    blank = blank_structure(rows.X, options.bins)
    inputs, held = (as_floats(blank.encode(torch.from_numpy(X))) for X in (rows.X, rows.X_held))
    codes, truth = torch.from_numpy(rows.y), torch.from_numpy(rows.y_held)
    generator = torch.Generator().manual_seed(options.random_state)
    n_outputs = int(rows.y.max()) + 1
    network = relu_network(
        blank.n_encoded, options.hidden_layer_sizes, n_outputs, generator, reconstruction=options.reconstruction
    )
    per_epoch = -(-len(inputs) // options.batch_size)
    chosen = np.random.default_rng(options.random_state).permutation(len(held))[:PROBES]
    probes = held[torch.from_numpy(np.sort(chosen))]

    def moment(step: int, seconds: float) -> Moment:
        structure = frozen_gates(blank, network).in_int8(rows.X[:RANGE_ROWS])
        accuracy = float((_outputs(network, held)[:, :n_outputs].argmax(dim=1) == truth).float().mean())
        gates, weights = patterns_of(network, probes), weights_of(network)
        return Moment(step / per_epoch, seconds, structure, gates, weights, accuracy)

    stops = {max(1, round(share * per_epoch)) for share in FRACTIONS} | {e * per_epoch for e in epochs}
    looks = looked_at(per_epoch, options.max_epochs)
    followed = Followed([], [moment(0, 0.0)], [])
    of_epoch = before = patterns_of(network, probes)
    weights = weights_of(network)
    for seconds, state in _timed(train_steps(inputs, codes, options, n_outputs=n_outputs, module=network)):
        step = state.step
        if step in looks:
            after, new = patterns_of(network, probes), weights_of(network)
            changed = [settling.flip_rate(*pair) for pair in zip(before, after, strict=True)]
            moved = [_relative(*pair) for pair in zip(weights, new, strict=True)]
            followed.changes.append(Change(step / per_epoch, changed, moved))
        if step + 1 in looks:
            before, weights = patterns_of(network, probes), weights_of(network)
        if step in stops:
            followed.moments.append(moment(step, seconds))
        if state.ends_epoch:
            ended = patterns_of(network, probes)
            followed.flips.append(settling.flip_rate(np.hstack(of_epoch), np.hstack(ended)))
            of_epoch = ended
    return followed


def looked_at(per_epoch: int, epochs: int) -> set[int]:
    """The steps whose own change is measured: densely in the first epoch, evenly after it; never two in a row."""
    first = np.linspace(1, per_epoch, min(FIRST_LOOKS, max(per_epoch // 2, 1)))
    later = np.linspace(per_epoch + 2, epochs * per_epoch, min(LATER_LOOKS, max((epochs - 1) * per_epoch // 3, 1)))
    return {round(step) for step in (*first, *later) if step <= epochs * per_epoch}


def patterns_of(network: nn.Sequential, inputs: Tensor) -> Layers:
    """The gates (n, h) of each hidden layer for standardised inputs (n, d)."""
    gates, values = [], inputs
    with torch.no_grad():
        for layer in network:
            values = layer(values)
            if isinstance(layer, nn.ReLU):
                gates.append((values > 0).numpy())
    return gates


def weights_of(network: nn.Sequential) -> Layers:
    """A copy of the weights of each hidden layer."""
    dense = [layer for layer in network if isinstance(layer, nn.Linear)][:-1]
    return [layer.weight.detach().numpy().copy() for layer in dense]


def _relative(before: Array, after: Array) -> float:
    return settling.weight_change([before], [after])


def _outputs(network: nn.Sequential, inputs: Tensor) -> Tensor:
    with torch.inference_mode():
        return torch.cat([network(block) for block in inputs.split(4_096)])


def _timed(steps: Iterator[StepState]) -> Iterator[tuple[float, StepState]]:
    """Each step with the processor seconds that the steps so far took, without what happens between them."""
    spent = 0.0
    while True:
        begin = time.process_time()
        state = next(steps, None)
        spent += time.process_time() - begin
        if state is None:
            return
        yield spent, state
