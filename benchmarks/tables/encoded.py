"""Ours, and the learners that need numbers: all behind the library's encoder, fitted on the base."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import SGDClassifier
from sklearn.preprocessing import StandardScaler

from benchmarks.tables.learner import Labels, LearnerKind, Probabilities, TableLearner
from greenlightning import GreenLightningClassifier
from greenlightning.tables.encoder import TableEncoder
from greenlightning.tables.inference import infer_schema

OURS, SGD = "ours", "SGD partial_fit"
LABEL = "label"
MOST_PASSES, PATIENCE, HELD = 50, 3, 0.1


def encoder_of(frame: pd.DataFrame, y: Labels) -> TableEncoder:
    """The encoder that the library would fit on the base."""
    schema = infer_schema(frame.assign(**{LABEL: y}), label=LABEL, task="classification")
    return TableEncoder.fit(frame, schema, y)


class Ours(TableLearner):
    """Encoder, structure, path features and ridge strength from the base; an update learns the batch and solves."""

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
    """scikit-learn's SGD on standardised columns: passes over the base until a held-out tenth has the best, one a batch."""

    def start(self, frame: pd.DataFrame, y: Labels) -> None:
        self._encoder = encoder_of(frame, y)
        self._scaler = StandardScaler().fit(self._encoder.transform(frame))
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
        return np.asarray(self._scaler.transform(self._encoder.transform(frame)))

    def _pass(self, X: NDArray[np.float64], y: Labels) -> None:
        order = self._rng.permutation(len(y))
        self._model.partial_fit(X[order], y[order], classes=self.labels)


KINDS = (LearnerKind(OURS, Ours, "batch"), LearnerKind(SGD, Linear, "batch"))
