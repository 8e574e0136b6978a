"""The conventional network three ways: from scratch on all rows, fine-tuned on the batch, and with replay."""

import copy
import time
from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from torch import Tensor

from benchmarks.core.records import Record
from benchmarks.peers.peer import About, Array, Kind, Peer, Refit, Setting, grid
from greenlightning.energy.meter import EnergyMeter
from greenlightning.evaluation.conventional_network import FINE_TUNING_RATE, ConventionalNetwork
from greenlightning.structure.training import EpochState

FROM_SCRATCH, FINE_TUNED, REPLAYED = "network from scratch", "network fine-tuned", "network with replay"


class WatchedNetwork(ConventionalNetwork):
    """The conventional network, keeping a copy of the weights of each epoch and what it had cost until then.

    ``curve`` turns them into accuracies when the clock no longer runs; a copy takes under a millisecond.
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        self._epochs: list[tuple[float, float, dict[str, Tensor]]] = []
        self._start = time.perf_counter()
        with EnergyMeter(self.device) as self._meter:
            super().fit(X, y)
        return self

    def _keep_best(self, states: Iterator[EpochState], inputs: Tensor, codes: Tensor, patience: int) -> None:
        self._held = inputs, codes
        super()._keep_best(self._watched(states), inputs, codes, patience)

    def _watched(self, states: Iterator[EpochState]) -> Iterator[EpochState]:
        for state in states:
            cost = time.perf_counter() - self._start, self._meter.energy.joules
            self._epochs.append((*cost, copy.deepcopy(state.module.state_dict())))
            yield state

    def curve(self, X_test: Array, y_test: Array) -> list[list[float]]:
        """For each epoch: seconds, joules, accuracy on its own held-out rows, accuracy on the test rows."""
        kept = copy.deepcopy(self.module_.state_dict())
        inputs, codes = self._held
        standard = self._standard(X_test)
        points = []
        for seconds, joules, weights in self._epochs:
            self.module_.load_state_dict(weights)
            held = (self._logits(inputs).argmax(dim=1) == codes).double().mean().item()
            test = np.mean(self.classes_[self._logits(standard).argmax(dim=1)] == y_test)
            points.append([seconds, joules, held, float(test)])
        self.module_.load_state_dict(kept)
        return points


class FromScratch(Refit):
    """Refit, with the curve of each training beside its end."""

    def start(self, X: Array, y: Array) -> None:
        super().start(X, y)
        weights = sum(p.nbytes for p in self.model.module_.parameters())
        self.bytes_of_watching = weights * self.model.n_epochs_

    def extras(self, X_test: Array, y_test: Array) -> Record:
        return {"epochs": self.model.n_epochs_, "curve": rises(self.model.curve(X_test, y_test))}


def rises(curve: list[list[float]]) -> list[list[float]]:
    """The points that pass all before them in one of the two accuracies: where a goal is reached first."""
    kept: list[list[float]] = []
    held = test = -1.0
    for point in curve:
        if point[2] > held or point[3] > test:
            kept.append(point)
        held, test = max(held, point[2]), max(test, point[3])
    return kept


class FineTuned(Peer):
    """Starts like the network from scratch, then continues on the new rows only."""

    def __init__(self, network: ConventionalNetwork, rate: float) -> None:
        self._network, self._rate = network, rate

    def start(self, X: Array, y: Array) -> None:
        self._network.fit(X, y)
        self._network.learning_rate *= self._rate / FINE_TUNING_RATE

    def update(self, X: Array, y: Array) -> None:
        self._network.fine_tune(X, y)

    def predict(self, X: Array) -> Array:
        return np.asarray(self._network.predict(X))


class Replayed(FineTuned):
    """Fine-tuned on the new rows and on a uniform sample of all earlier ones, ``ratio`` times as many.

    The sample is a reservoir: every row gets a random number when it is first seen, and the lowest stay.
    """

    def __init__(self, network: ConventionalNetwork, rate: float, ratio: int, seed: int) -> None:
        super().__init__(network, rate)
        self._ratio, self._rng = ratio, np.random.default_rng(seed)

    def start(self, X: Array, y: Array) -> None:
        super().start(X, y)
        self._X, self._y, self._keys = X, y, self._rng.random(len(y))

    def update(self, X: Array, y: Array) -> None:
        self._shrink(self._ratio * len(y))
        self.rows_kept = len(self._y)
        self._X, self._y = np.concatenate([self._X, X]), np.concatenate([self._y, y])
        self._keys = np.concatenate([self._keys, self._rng.random(len(y))])
        super().update(self._X, self._y)

    def _shrink(self, size: int) -> None:
        lowest = np.argsort(self._keys)[:size]
        self._X, self._y, self._keys = self._X[lowest], self._y[lowest], self._keys[lowest]


def _network(setting: Setting, about: About, kind: type[ConventionalNetwork] = ConventionalNetwork) -> Any:
    return kind(**setting, random_state=about.seed)


def _from_scratch(setting: Setting, about: About) -> Peer:
    return FromScratch(lambda: _network(setting, about, WatchedNetwork))


def _fine_tuned(setting: Setting, about: About) -> Peer:
    return FineTuned(_network(about.network, about), setting["rate"])


def _replayed(setting: Setting, about: About) -> Peer:
    return Replayed(_network(about.network, about), setting["rate"], setting["ratio"], about.seed)


NETWORKS = grid(
    hidden_layer_sizes=[[256, 128], [512, 256, 128]],
    learning_rate=[1e-3, 2e-3, 4e-3, 8e-3],
    batch_size=[64, 128, 256],
    max_epochs=[None, 20],
)
KINDS = (
    Kind(FROM_SCRATCH, _from_scratch, "far", NETWORKS, few_on=("letter", "fashion-mnist")),
    Kind(FINE_TUNED, _fine_tuned, "batch", grid(rate=[0.1, 0.3, 1.0])),
    Kind(REPLAYED, _replayed, "batch", grid(rate=[0.1, 0.3, 1.0], ratio=[1, 4])),
)
