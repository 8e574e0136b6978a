"""What a peer is: started on the base, then updated with one batch after another."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.core.records import Record

Array = NDArray[Any]
Setting = dict[str, Any]
FEW_STAGES = (1, 5, 10)


@dataclass(frozen=True)
class About:
    """What a peer may know beforehand: the set's name, a seed, every label to come, and the tuned network."""

    dataset: str
    seed: int
    labels: Array
    network: Setting = field(default_factory=dict)


class Peer(ABC):
    """A model under test.

    ``rows_kept`` counts rows of its own memory that an update reads beside those given, ``bytes_of_watching`` what
    the benchmark itself keeps of a training.
    """

    rows_kept = 0
    bytes_of_watching = 0

    @abstractmethod
    def start(self, X: Array, y: Array) -> None:
        """Train on rows ``X`` (n, d), ``y`` (n,), with nothing known before."""

    @abstractmethod
    def update(self, X: Array, y: Array) -> None:
        """Take in rows, on top of what is known."""

    @abstractmethod
    def predict(self, X: Array) -> Array:
        """Labels (n,)."""

    def extras(self, X_test: Array, y_test: Array) -> Record:
        """What else to write down after an update; never timed."""
        return {}


class Refit(Peer):
    """Trains a new estimator on all the rows it is given, each time."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def start(self, X: Array, y: Array) -> None:
        self.model = self._make().fit(X, y)

    def update(self, X: Array, y: Array) -> None:
        self.start(X, y)

    def predict(self, X: Array) -> Array:
        return np.asarray(self.model.predict(X))


@dataclass(frozen=True)
class Kind:
    """A peer's name, how it is made, what it is given and the settings that tuning tries.

    ``sees`` is what an update is handed: the ``batch``, or all rows so ``far``, the batch included. On the sets
    in ``few_on`` only stages 1, 5 and 10 are measured; at most ``seeds`` repetitions run. ``absent`` tells
    why it cannot run on a set, or nothing.
    """

    name: str
    make: Callable[[Setting, About], Peer]
    sees: Literal["batch", "far"]
    grid: tuple[Setting, ...] = ({},)
    few_on: tuple[str, ...] = ()
    seeds: int = 1_000
    absent: Callable[[str], str] = lambda dataset: ""

    def measured_at(self, dataset: str, stage: int) -> bool:
        """Whether this stage is written down; a peer that sees batches learns at every stage all the same."""
        return dataset not in self.few_on or stage in FEW_STAGES


def grid(**choices: list[Any]) -> tuple[Setting, ...]:
    """Every combination of the choices."""
    return tuple(dict(zip(choices, values, strict=True)) for values in product(*choices.values()))
