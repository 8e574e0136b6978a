"""Ours, and the learners that need numbers: all behind the library's encoder, fitted on the base."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import SGDClassifier
from sklearn.preprocessing import StandardScaler

from benchmarks.tables.learner import Labels, LearnerKind, Probabilities, TableLearner
from greenlightning import GreenLightningClassifier
from greenlightning.tables import TableEncoder, conform, infer_schema

OURS, SGD = "ours", "SGD partial_fit"
MOST_PASSES, PATIENCE, HELD = 50, 3, 0.1


class Encoded:
    """The library's encoder, as the estimator fits it on the base."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._schema = infer_schema(frame, label=None)
        self._encoder = TableEncoder.fit(conform(frame, self._schema).frame, self._schema)

    def __call__(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Return numbers (n, d) without a missing value."""
        return self._encoder.transform(conform(frame, self._schema).columns)


class Ours(TableLearner):
    """Encoder, structure, path features and ridge strength from the base; an update learns a batch and solves."""

    def start(self, frame: pd.DataFrame, y: Labels) -> None:
        self.model = GreenLightningClassifier(random_state=self.seed).fit(frame, y)
        self._solve()

    def update(self, frame: pd.DataFrame, y: Labels) -> None:
        self.model.partial_fit(frame, y)
        self._solve()

    def proba(self, frame: pd.DataFrame) -> Probabilities:
        return self.spread(self.model.predict_proba(frame), self.model.classes_)

    def _solve(self) -> None:
        """Coefficients are solved on first use: use them, so that the solve is in the time."""
        _ = self.model.model_.coefficients


class Linear(TableLearner):
    """scikit-learn's SGD on standardised columns: one pass over each batch.

    Passes over the base until accuracy on a tenth of it held out has not risen for three.
    """

    def start(self, frame: pd.DataFrame, y: Labels) -> None:
        self._encoder = Encoded(frame)
        self._scaler = StandardScaler().fit(self._encoder(frame))
        self._model = SGDClassifier(loss="log_loss", random_state=self.seed)
        self._rng = np.random.default_rng(self.seed)
        X, order = self._inputs(frame), self._rng.permutation(len(y))
        held, kept = np.split(order, [max(round(len(y) * HELD), 1)])
        best, since = -1.0, 0
        for _ in range(MOST_PASSES):
            self._pass(X[kept], y[kept])
            score = self._model.score(X[held], y[held])
            best, since = (score, 0) if score > best else (best, since + 1)
            if since == PATIENCE:
                break

    def update(self, frame: pd.DataFrame, y: Labels) -> None:
        self._pass(self._inputs(frame), y)

    def proba(self, frame: pd.DataFrame) -> Probabilities:
        return np.asarray(self._model.predict_proba(self._inputs(frame)))

    def _inputs(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        return np.asarray(self._scaler.transform(self._encoder(frame)))

    def _pass(self, X: NDArray[np.float64], y: Labels) -> None:
        order = self._rng.permutation(len(y))
        self._model.partial_fit(X[order], y[order], classes=self.labels)


KINDS = (LearnerKind(OURS, Ours, "batch"), LearnerKind(SGD, Linear, "batch"))
