"""Boosted trees, with categories as the libraries handle them, and river's forest."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from benchmarks.tables.learner import Labels, LearnerKind, Probabilities, TableLearner

HISTOGRAMS, LIGHTGBM = "HistGradientBoosting, refit on all", "LightGBM, refit on all"
LIGHTGBM_CONTINUED, LIGHTGBM_LEAVES = "LightGBM, init_model", "LightGBM, refit of leaves"
FOREST = "river adaptive random forest"
ROUNDS, MORE_ROUNDS = 100, 10


class Categories:
    """Text columns as pandas categories of the base's values; values that come later are missing."""

    def __init__(self, frame: pd.DataFrame) -> None:
        text = [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]
        self._of = {name: pd.CategoricalDtype(sorted(frame[name].dropna().unique())) for name in text}

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.astype(self._of)

    def codes(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Numbers (n, d): categories as codes, missing cells NaN."""
        found = self(frame).apply(lambda c: c.cat.codes.where(c.notna()) if c.name in self._of else c)
        return found.to_numpy(dtype=np.float64)

    def positions(self, frame: pd.DataFrame) -> list[int]:
        """Where the text columns are."""
        return [frame.columns.get_loc(name) for name in self._of]


class Histograms(TableLearner):
    """scikit-learn's boosted trees with their defaults."""

    def start(self, frame: pd.DataFrame, y: Labels) -> None:
        self._categories = Categories(frame)
        self._model = HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=self.seed)
        self._model.fit(self._categories(frame), y)

    def update(self, frame: pd.DataFrame, y: Labels) -> None:
        self.start(frame, y)

    def proba(self, frame: pd.DataFrame) -> Probabilities:
        return self.spread(self._model.predict_proba(self._categories(frame)), self._model.classes_)


class LightGBM(TableLearner):
    """LightGBM with its defaults, on one thread: 100 rounds on all rows that it is given."""

    def start(self, frame: pd.DataFrame, y: Labels) -> None:
        self._categories = Categories(frame)
        self._trained(frame, y, ROUNDS)

    def update(self, frame: pd.DataFrame, y: Labels) -> None:
        self.start(frame, y)

    def proba(self, frame: pd.DataFrame) -> Probabilities:
        found = np.asarray(self._model.predict(self._categories.codes(frame)))
        return np.column_stack([1 - found, found]) if found.ndim == 1 else found

    def _trained(self, frame: pd.DataFrame, y: Labels, rounds: int, before: Any = None) -> None:
        import lightgbm

        many = len(self.labels) > 2
        objective = {"objective": "multiclass", "num_class": len(self.labels)} if many else {"objective": "binary"}
        parameters = {**objective, "num_threads": 1, "verbose": -1, "seed": self.seed}
        data = lightgbm.Dataset(
            self._categories.codes(frame),
            np.searchsorted(self.labels, y),
            categorical_feature=self._categories.positions(frame),
            free_raw_data=False,
        )
        self._model = lightgbm.train(parameters, data, rounds, init_model=before)


class ContinuedLightGBM(LightGBM):
    """Ten more rounds on the batch alone, on top of the trees so far."""

    def update(self, frame: pd.DataFrame, y: Labels) -> None:
        self._trained(frame, y, MORE_ROUNDS, self._model)


class RefittedLeaves(LightGBM):
    """The trees of the base; their leaves' values move a tenth of the way to the batch's."""

    def update(self, frame: pd.DataFrame, y: Labels) -> None:
        self._model = self._model.refit(self._categories.codes(frame), np.searchsorted(self.labels, y))


class Forest(TableLearner):
    """river's adaptive random forest with its defaults, a row at a time."""

    def start(self, frame: pd.DataFrame, y: Labels) -> None:
        from river.forest import ARFClassifier

        text = Categories(frame).positions(frame)
        self._nominal = [str(frame.columns[i]) for i in text]
        self._model = ARFClassifier(seed=self.seed, nominal_attributes=self._nominal or None)
        self._fill = frame.median(numeric_only=True).fillna(0.0)
        self.update(frame, y)

    def update(self, frame: pd.DataFrame, y: Labels) -> None:
        for row, label in zip(self._rows(frame), y.tolist(), strict=True):
            self._model.learn_one(row, label)

    def proba(self, frame: pd.DataFrame) -> Probabilities:
        found = [self._model.predict_proba_one(row) for row in self._rows(frame)]
        chances = np.array([[row.get(label, 0.0) for label in self.labels.tolist()] for row in found])
        return chances if chances.size else np.zeros((0, len(self.labels)))

    def _rows(self, frame: pd.DataFrame) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = frame.fillna(self._fill).fillna("missing").to_dict("records")
        return rows


KINDS = (
    LearnerKind(HISTOGRAMS, Histograms, "far", stages=(10,)),
    LearnerKind(LIGHTGBM, LightGBM, "far"),
    LearnerKind(LIGHTGBM_CONTINUED, ContinuedLightGBM, "batch"),
    LearnerKind(LIGHTGBM_LEAVES, RefittedLeaves, "batch"),
    LearnerKind(FOREST, Forest, "batch", most_rows=500, seeds=1),
)
