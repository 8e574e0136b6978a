"""What a learner of tables is: started on the base, then given one batch after another."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Labels = NDArray[np.str_]
Probabilities = NDArray[np.float64]


class TableLearner(ABC):
    """A model under test. ``labels`` are all labels of the set, in ascending order; probabilities follow them."""

    def __init__(self, labels: Labels, seed: int) -> None:
        self.labels, self.seed = labels, seed

    @abstractmethod
    def start(self, frame: pd.DataFrame, y: Labels) -> None:
        """Train on the base, with nothing known before."""

    @abstractmethod
    def update(self, frame: pd.DataFrame, y: Labels) -> None:
        """Take in rows, on top of what is known."""

    @abstractmethod
    def proba(self, frame: pd.DataFrame) -> Probabilities:
        """Probabilities (n, k) of all labels."""

    def predict(self, frame: pd.DataFrame) -> Labels:
        """The most probable label of each row."""
        found: Labels = self.labels[self.proba(frame).argmax(axis=1)]
        return found

    def spread(self, probabilities: Probabilities, known: NDArray[Any]) -> Probabilities:
        """Probabilities of the labels known so far, with zeros for the others."""
        found = np.zeros((len(probabilities), len(self.labels)))
        found[:, np.searchsorted(self.labels, known)] = probabilities
        return found


@dataclass(frozen=True)
class LearnerKind:
    """A learner's name, how it is made, and what an update is given: the ``batch``, or all rows so ``far``.

    One that sees batches takes in all ten; one that trains again on all rows does so at ``stages`` only.
    It runs on sets of up to ``most_rows`` rows, and in the first ``seeds`` repetitions.
    """

    name: str
    make: Callable[[Labels, int], TableLearner]
    sees: Literal["batch", "far"]
    stages: tuple[int, ...] = (5, 10)
    most_rows: int = 1_000_000
    seeds: int = 1_000
