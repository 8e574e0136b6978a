"""Ours over a window of the stream: fixed, or the one of several that predicted recent batches best."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from benchmarks.tables.encoded import OURS, SGD, Linear, Ours
from benchmarks.tables.learner import Labels, LearnerKind, Probabilities
from benchmarks.tables.trees import FOREST, HISTOGRAMS, Forest, Histograms
from greenlightning.data.batch import Batch
from greenlightning.data.labels import label_array
from greenlightning.data.ledger import LedgerEntry
from greenlightning.estimators.inputs import encoded_inputs
from greenlightning.model import GreenLightningModel
from greenlightning.model.windows import Windows

OURS_AUTO, OURS_WINDOW, WINDOW = "ours, keep auto", "ours, newest 16 batches", 16


class Windowed(Ours):
    """Windows side by side, as ``--keep auto`` has them; ``choose`` says which one predicts."""

    def __init__(
        self, labels: Labels, seed: int, choose: Callable[[Windows], GreenLightningModel] = lambda w: w.chosen
    ) -> None:
        super().__init__(labels, seed)
        self._choose = choose

    def start(self, frame: pd.DataFrame, y: Labels) -> None:
        super().start(frame, y)
        model = self.model.model_
        self._stream = list(model.ledger)
        self._parts = {self._stream[0]: model.statistics}
        self._windows = Windows.begin(model, self._stream, self._parts.__getitem__)

    def update(self, frame: pd.DataFrame, y: Labels) -> None:
        batch = Batch(encoded_inputs(self.model, frame, reset=False), y)
        if batch.id in self._parts:
            return
        models = self._windows.models
        self._windows = self._windows.scored({s: self._errors(m, batch) for s, m in models.items()})
        statistics = self.model.model_.collect(batch.X, batch.y)
        self._stream.append(batch.id)
        self._parts[batch.id] = statistics
        entry, parts = LedgerEntry(batch.rows), self._parts
        self._windows = self._windows.learn(batch.id, entry, statistics, self._stream, parts.__getitem__)
        _ = self._choose(self._windows).coefficients

    def proba(self, frame: pd.DataFrame) -> Probabilities:
        model = self._choose(self._windows)
        found = model.predict_proba(encoded_inputs(self.model, frame, reset=False))
        return self.spread(found, label_array(model.classes))

    def _errors(self, model: GreenLightningModel, batch: Batch) -> float:
        return float(np.sum(model.predict(batch.X) != batch.y))


def newest(labels: Labels, seed: int) -> Windowed:
    """The newest sixteen batches, the base being one."""
    return Windowed(labels, seed, lambda windows: windows.models[WINDOW])


KINDS = (
    LearnerKind(OURS, Ours, "batch"),
    LearnerKind(OURS_WINDOW, newest, "batch"),
    LearnerKind(OURS_AUTO, Windowed, "batch"),
    LearnerKind(HISTOGRAMS, Histograms, "far"),
    LearnerKind(SGD, Linear, "batch"),
    LearnerKind(FOREST, Forest, "batch", seeds=1),
)
