"""Twenty retrainings under one structure: where it keeps up with training again, where it fails, what health said.

A share of the training rows is the base, the rest arrives in 20 batches. Accuracy is that on test rows as the
world is in that round: in the stream of new classes on the labels seen so far, under moving inputs on moved rows.
A tenth of the base is held out, for the health reference, from the ways that keep a structure. The networks have
the setting that ``benchmarks.peers.tuning`` chose.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.core import streams
from benchmarks.core.records import Record
from benchmarks.peers.network import FROM_SCRATCH
from benchmarks.peers.ours import gate_sizes
from benchmarks.peers.tuning import tuned
from benchmarks.study.following import Array
from benchmarks.study.kept import Kept
from greenlightning import GreenLightningClassifier
from greenlightning.data.batch import Batch
from greenlightning.data.datasets import Dataset
from greenlightning.data.splits import split_rows
from greenlightning.evaluation.conventional_network import FINE_TUNING_RATE, ConventionalNetwork, random_gates

ROUNDS = 20
SHARES = 0.9, 0.7, 0.5
ORDERS = {"iid": "iid", "drifted": "drifted", "new classes": "incremental", "moving inputs": "iid"}
LOOKS, FEW_LOOKS, MANY_ROWS = (1, 5, 10, 15, 20), (10, 20), 5_000
MOVE, HELD = 0.3, 0.1
UNTUNED = {"hidden_layer_sizes": [64], "max_epochs": 20}
KEPT, GREW, RANDOM = "structure kept", "structure grows", "random gates kept"
AGAIN, SCRATCH, WARM = "structure trained again", "network from scratch", "network, warm start"
WAYS = KEPT, GREW, RANDOM, AGAIN, SCRATCH, WARM


@dataclass(frozen=True)
class World:
    """The rows of each part, as they arrive, and the test rows of each round."""

    data: Dataset
    stream: str
    parts: tuple[streams.Rows, ...]
    shift: Array

    @classmethod
    def of(cls, data: Dataset, stream: str, share: float, rounds: int, seed: int) -> "World":
        order = streams.arrange(ORDERS[stream], data.y_train, seed, share=share, batches=rounds)
        span = data.X_train.max(axis=0) - data.X_train.min(axis=0)
        signs = np.random.default_rng(seed).choice([-1, 1], size=span.shape)
        return cls(data, stream, order.parts, MOVE * span * signs if stream == "moving inputs" else 0 * span)

    def part(self, number: int) -> tuple[Array, Array]:
        """The base, or the batch of a round."""
        rows = self.parts[number]
        return self._moved(self.data.X_train[rows], number), self.data.y_train[rows]

    def so_far(self, number: int) -> tuple[Array, Array]:
        """Every row up to a round."""
        X, y = zip(*(self.part(i) for i in range(number + 1)), strict=True)
        return np.concatenate(X), np.concatenate(y)

    def test(self, number: int) -> tuple[Array, Array]:
        """Test rows of labels that have been seen, as the world is in that round."""
        known = np.isin(self.data.y_test, self.so_far(number)[1])
        return self._moved(self.data.X_test[known], number), self.data.y_test[known]

    def _moved(self, X: Array, number: int) -> Array:
        return np.asarray(X + self.shift * (number / (len(self.parts) - 1)), dtype=np.float32)


def measured(data: Dataset, seed: int, stream: str, share: float, rounds: int = ROUNDS) -> Record:
    """Accuracies by round and way, processor seconds of a retraining in the last round, and health by round."""
    world = World.of(data, stream, share, rounds, seed)
    looks = [look for look in (LOOKS if len(data.y_train) < MANY_ROWS else FEW_LOOKS) if look <= rounds]
    ways = dict(_kept(world, seed))
    again = _again(data, seed)
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    seconds: dict[str, float] = {}
    for number in range(1, rounds + 1):
        for kept in ways.values():
            kept.learn(*world.part(number))
        if number in looks:
            test, rows = world.test(number), world.so_far(number)
            for name, kept in ways.items():
                found[name].append(kept.accuracy(*test))
            for name, train in again.items():
                begin = time.process_time()
                model = train(*rows)
                seconds[name] = time.process_time() - begin
                found[name].append(float(np.mean(model.predict(test[0]) == test[1])))
    seconds |= {name: float(np.mean(kept.seconds)) for name, kept in ways.items()}
    return {
        "looks": looks,
        "rows": [len(world.parts[0]), len(world.parts[1])],
        "accuracies": {name: [round(value, 4) for value in values] for name, values in found.items()},
        "processor_seconds": {name: round(value, 4) for name, value in seconds.items()},
        "health": ways[KEPT].said,
        "growths": ways[GREW].growths,
        "health_grown": ways[GREW].said,
    }


def _kept(world: World, seed: int) -> Iterator[tuple[str, Kept]]:
    X, y = world.part(0)
    learnt, held = split_rows(y, HELD, seed)
    base, rest = Batch(X[learnt], y[learnt], "base"), (X[held], y[held])
    trained = GreenLightningClassifier(random_state=seed).fit(base.X, base.y)
    yield KEPT, Kept(trained, base, rest, seed)
    yield GREW, Kept(trained, base, rest, seed, grows=True)
    gates = random_gates(base.X, gate_sizes(*base.X.shape), seed)
    untrained = GreenLightningClassifier(random_state=seed).fit_structure(gates, base.X, base.y)
    yield RANDOM, Kept(untrained, base, rest, seed)


def _again(data: Dataset, seed: int) -> dict[str, Callable[[Array, Array], Any]]:
    """The ways that read all rows again: ours from the beginning, a network from scratch, and one that goes on."""
    setting = tuned(data, ()).get(FROM_SCRATCH, UNTUNED)
    warm: list[ConventionalNetwork] = []

    def go_on(X: Array, y: Array) -> ConventionalNetwork:
        """From the weights of the last look, at the full rate."""
        if not warm:
            warm.append(ConventionalNetwork(**setting, random_state=seed).fit(X, y))
            warm[0].learning_rate /= FINE_TUNING_RATE
            return warm[0]
        return warm[0].fine_tune(X, y)

    return {
        AGAIN: lambda X, y: GreenLightningClassifier(random_state=seed).fit(X, y),
        SCRATCH: lambda X, y: ConventionalNetwork(**setting, random_state=seed).fit(X, y),
        WARM: go_on,
    }
