"""The score of predictions where the file has labels, summed block by block."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from greenlightning.errors import InputError
from greenlightning.evaluation.answers import SMALLEST_PROBABILITY
from greenlightning.tables import TableSchema
from greenlightning.tables.labels import canonical_labels, real_targets
from tasks.core.constants import Metric
from tasks.predictions.predictor import Predictions


@dataclass
class RunningScore:
    """Accuracy and log-loss of classes, or RMSE, MAE and R² of numbers, over the rows that have a label."""

    schema: TableSchema
    classes: tuple[Any, ...] = ()
    rows: int = 0
    right: int = 0
    loss: float = 0.0
    absolute: float = 0.0
    squared: float = 0.0
    total: float = 0.0
    total_squared: float = 0.0
    note: str = ""

    def add(self, cells: "pd.Series[Any]", answers: Predictions) -> None:
        """Add the rows of a block; labels that cannot be read end the score with a note, never the predictions."""
        if self.note:
            return
        try:
            if self.classes:
                self._add_classes(canonical_labels(cells.tolist(), self.schema.labels), answers)
            else:
                self._add_numbers(real_targets(cells), answers.predicted)
        except InputError as error:
            self.note = f"no score: {error.cause}"

    def _add_classes(self, labels: NDArray[Any], answers: Predictions) -> None:
        assert answers.proba is not None
        place = {label: column for column, label in enumerate(self.classes)}
        truth = np.array([-2 if label is None else place.get(label, -1) for label in labels.tolist()])
        known, labelled = truth >= 0, truth > -2
        likely = np.zeros(len(truth))
        likely[known] = answers.proba[known, truth[known]]
        self.loss -= float(np.log(np.clip(likely[labelled], SMALLEST_PROBABILITY, 1.0)).sum())
        self.right += int((labels[labelled] == answers.predicted[labelled]).sum())
        self.rows += int(labelled.sum())

    def _add_numbers(self, truth: NDArray[np.float64], predicted: NDArray[np.float64]) -> None:
        known = ~np.isnan(truth)
        error, y = truth[known] - predicted[known], truth[known]
        self.rows += len(y)
        self.absolute += float(np.abs(error).sum())
        self.squared += float(np.square(error).sum())
        self.total += float(y.sum())
        self.total_squared += float(np.square(y).sum())

    @property
    def scores(self) -> dict[str, float]:
        """The scores by the names of their metrics; none without labels."""
        if not self.rows or self.note:
            return {}
        if self.classes:
            return {str(Metric.ACCURACY): self.right / self.rows, str(Metric.LOG_LOSS): self.loss / self.rows}
        variance = self.total_squared - self.total**2 / self.rows
        found = {
            str(Metric.RMSE): math.sqrt(self.squared / self.rows),
            str(Metric.MAE): self.absolute / self.rows,
        }
        return found | ({str(Metric.R2): 1.0 - self.squared / variance} if variance > 0 else {})
