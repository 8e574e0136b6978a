"""A model whose structure is kept over many batches and watched by its health; it may grow where that is red."""

import time
from dataclasses import dataclass, field

import numpy as np

from benchmarks.core.growing import rows_for_gates
from benchmarks.study.following import Array
from greenlightning import GreenLightningClassifier
from greenlightning.data.batch import Batch
from greenlightning.estimators.inputs import encoded_inputs
from greenlightning.health import HealthReference, Verdict, assess
from greenlightning.model.growing import MOST_GROWTHS, new_paths, rooted

OFTEN = 5
"""Rounds after which it grows again, at the earliest."""


@dataclass
class Kept:
    """What has learnt a base, and goes on batch by batch; ``held`` rows (n, d) with labels are never learnt.

    ``said`` is one verdict a batch, with the statistic that decided; ``seconds`` those of the processor, of each
    batch, without the verdict's.
    """

    estimator: GreenLightningClassifier
    base: Batch
    held: tuple[Array, Array]
    seed: int
    grows: bool = False
    growths: int = field(default=0, init=False)
    said: list[str] = field(default_factory=list, init=False)
    seconds: list[float] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.model = self.estimator.model_
        self.batches, self._red, self._asks = [self._encoded(self.base)], list[Batch](), False
        self._refer([])

    def learn(self, X: Array, y: Array) -> None:
        """Ask for the health of a batch, learn it, and grow where that is red and was not done lately."""
        batch = self._encoded(Batch(X, y, str(len(self.batches))))
        found = assess(self._reference, self.model, batch.X, batch.y)
        self.said.append(f"{found.verdict}: {found.deciding.name}" if found.deciding else str(found.verdict))
        begin = time.process_time()
        self.model = self.model.learn(batch)
        self.batches.append(batch)
        if found.verdict is Verdict.RED:
            self._red.append(batch)
            self._asks = True
        if self.grows and self._asks and len(self.said) % OFTEN == 0:
            self._grow()
        _ = self.model.coefficients
        self.seconds.append(time.process_time() - begin)

    def accuracy(self, X: Array, y: Array) -> float:
        """The share of rows whose label is found."""
        labels = self.model.predict(encoded_inputs(self.estimator, X, reset=False))
        return float(np.mean(labels == y))

    def _grow(self) -> None:
        """New gates from all red batches and earlier rows; they take the place of those that grew before."""
        names = {batch.id for batch in self._red}
        X, y = rows_for_gates(self._red, [one for one in self.batches if one.id not in names], self.seed)
        start = rooted(self.model) if len(self.model.paths.structures) > MOST_GROWTHS else self.model
        self.model = start.grow(new_paths(start, X, y, random_state=self.seed), self.batches)
        self.growths += 1
        self._asks = False
        self._refer(self._red)

    def _refer(self, red: list[Batch]) -> None:
        """A new reference: held-out rows of the base, and the red rows that were grown for."""
        X, y = encoded_inputs(self.estimator, self.held[0], reset=False), self.held[1]
        origin = [0] * len(y) + [1] * sum(batch.rows for batch in red)
        inputs = np.concatenate([X, *(batch.X for batch in red)])
        labels = np.concatenate([y, *(batch.y for batch in red)])
        base = self.batches[0]
        self._reference = HealthReference.of(
            self.model, base.X, base.y, inputs, labels, origin if red else (), random_state=self.seed
        )

    def _encoded(self, batch: Batch) -> Batch:
        return Batch(encoded_inputs(self.estimator, batch.X, reset=False), batch.y, batch.id)
