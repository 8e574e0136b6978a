"""Whether the labels of a batch belong to their rows, or slipped to the rows before or after.

A linear model, fitted to the base, tells from the columns of a row and its neighbours where the label changes.
Changes take out whatever persists over many rows. Labels that slipped by one row fit its forecast one row further,
and not as given (docs/decisions/0041-broken-or-moved.md).
"""

import math
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from greenlightning.data.labels import Label
from tasks.validation.column_statistics import Array, NumericColumns, scores

REACH = 2
"""Rows before and after that the forecast sees."""
MOST_CLASSES = 16
MOST_COLUMNS = 64
MOST_ROWS = 20_000
ROWS_PER_COLUMN = 25
LEAST_ROWS = 30
RIDGE = 1e-4
FLOOR = 0.02
"""Share of the changes that counts as unexplained even by a perfect forecast."""
CERTAIN = 3.4
"""Standard deviations between the evidence of a normal batch and an alarm: three false ones in 10,000 batches."""
LEAST_PROMISED = 3.0
"""Nats that a batch must promise; with less nothing is certain."""
RESTORED = 0.3
"""Share of the evidence of a normal batch that the labels must have once they are put back."""
LEAST_EVIDENCE = 75.0
"""Nats times observations: where labels hardly ever change, chance needs more room."""
NATS_PER_CHANGE = 2.5
"""What a change of class counts, set on simulated streams so that the evidence has twice its mean as variance."""
MOSTLY_ONE_VALUE = 0.5


class LabelAlignment(BaseModel):
    """A forecast of how the label changes from row to row; frozen with the base.

    ``columns`` are positions among the numeric columns, ``modes`` the value of those that mostly have one;
    ``classes`` is empty where the label is a number, which ``centre`` and ``width`` then scale.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: tuple[int, ...]
    modes: dict[int, float]
    classes: tuple[Label, ...]
    centre: float
    width: float
    coefficients: tuple[tuple[float, ...], ...] = ()
    usual: float = 0.0
    """Nats for each change by which unseen labels of the base fit better in their place."""

    @classmethod
    def of(
        cls, X: NDArray[Any], y: NDArray[Any], reference: NumericColumns, classification: bool
    ) -> "LabelAlignment | None":
        """Fit the forecast to rows ``X`` (n, d) and their labels (n,), in the order of their file."""
        X, y = X[:MOST_ROWS], y[:MOST_ROWS]
        most = min(MOST_COLUMNS, len(X) // ROWS_PER_COLUMN)
        varying = np.flatnonzero(reference.array("scale") > 0)
        order = np.argsort(-reference.array("ordinary")[varying], kind="stable")
        chosen = np.sort(varying[order[:most]]).tolist()
        if not chosen or len(X) < 3 * LEAST_ROWS:
            return None
        rare = [index for index in chosen if reference.ordinary[index] < MOSTLY_ONE_VALUE]
        frequent = Counter(label for label in y.tolist() if label is not None) if classification else Counter()
        centre, width = (0.0, 1.0) if classification else (float(y.mean()), float(y.std()) or 1.0)
        empty = cls(
            columns=tuple(chosen),
            modes={index: reference.location[index] for index in rare},
            classes=tuple(sorted(label for label, _ in frequent.most_common(MOST_CLASSES))),
            centre=centre,
            width=width,
        )
        late = len(X) - len(X) // 3
        unseen = empty._fitted(X[:late], y[:late], reference).evidence(X[late:], y[late:], reference)
        usual = -max(unseen.values(), default=0.0) / max(1.0, empty._weight(y[late:]))
        return empty._fitted(X, y, reference).model_copy(update={"usual": max(0.0, usual)})

    def slipped(self, X: NDArray[Any], y: NDArray[Any], reference: NumericColumns) -> int:
        """By how many rows the labels slipped: 1 (each belongs to the row before its own), -1, or 0."""
        weight = max(1.0, self._weight(y[:MOST_ROWS]))
        expected = self.usual * weight
        if expected < LEAST_PROMISED:
            return 0
        by_chance = max(LEAST_EVIDENCE / weight, CERTAIN * math.sqrt(2 * expected) - expected)
        found = self.evidence(X, y, reference)
        best = max(found, key=lambda step: found[step], default=0)
        if not best or found[best] <= max(by_chance, RESTORED * expected):
            return 0
        return best if self._explains(X, y, reference, best) else 0

    def _explains(self, X: NDArray[Any], y: NDArray[Any], reference: NumericColumns, step: int) -> bool:
        """Whether labels put back by ``step`` rows are explained better than labels that mean the contrary.

        Otherwise the relation of labels and columns has turned, and no label has slipped.
        """
        forecast, changes = self._aligned(X, y, reference)
        return bool(np.square(changes[step] - forecast).sum() < np.square(changes[0] + forecast).sum())

    def _aligned(
        self, X: NDArray[Any], y: NDArray[Any], reference: NumericColumns
    ) -> tuple[Array, dict[int, Array]]:
        """The forecast for each row, and the changes of the labels as given (0) and put back by 1 and -1 rows."""
        forecast = (self._windows(X[:MOST_ROWS], reference) @ np.array(self.coefficients))[1:-1]
        changes, count = self._changes(y[:MOST_ROWS]), len(forecast)
        return forecast, {step: changes[REACH + step : REACH + step + count] for step in (0, 1, -1)}

    def evidence(self, X: NDArray[Any], y: NDArray[Any], reference: NumericColumns) -> dict[int, float]:
        """Log-likelihood ratio of labels that slipped by a number of rows against labels in their place."""
        if len(X) < LEAST_ROWS:
            return {}
        forecast, changes = self._aligned(X, y, reference)
        floor = FLOOR * float(np.square(changes[0]).sum())
        if not floor:
            return {}
        unexplained = {step: float(np.square(one - forecast).sum()) + floor for step, one in changes.items()}
        weight = self._weight(y[:MOST_ROWS])
        return {step: weight * math.log(unexplained[0] / unexplained[step]) for step in (1, -1)}

    def _weight(self, y: NDArray[Any]) -> float:
        """How many observations the labels are worth: half of the rows, or 2.5 for each change of class."""
        if not self.classes:
            return len(y) / 2
        return NATS_PER_CHANGE * float(np.abs(self._changes(y)).any(axis=1).sum())

    def _fitted(self, X: NDArray[Any], y: NDArray[Any], reference: NumericColumns) -> "LabelAlignment":
        windows, changes = self._windows(X, reference), self._changes(y)[REACH - 1 : -REACH]
        penalty = RIDGE * len(windows) * np.eye(windows.shape[1])
        found = np.linalg.solve(windows.T @ windows + penalty, windows.T @ changes)
        return self.model_copy(update={"coefficients": tuple(tuple(row) for row in found.tolist())})

    def _windows(self, X: NDArray[Any], reference: NumericColumns) -> Array:
        """Scores of the columns in rows i - 2 to i + 2, and which are unusual: (n - 4, features)."""
        chosen = list(self.columns)
        cells = np.asarray(X[:, chosen], dtype=np.float64)
        location, scale = reference.array("location")[chosen], reference.array("scale")[chosen]
        rare = [cells[:, chosen.index(index)] != mode for index, mode in self.modes.items()]
        seen = np.column_stack([scores(cells, location, scale), *rare])
        n = len(seen) - 2 * REACH
        around = [seen[offset : offset + n] for offset in range(2 * REACH + 1)]
        return np.column_stack([*around, np.ones(n)])

    def _changes(self, y: NDArray[Any]) -> Array:
        """Change of the label, one-hot or scaled, from each row to the next: (n - 1, classes)."""
        if not self.classes:
            return np.diff(np.clip((np.asarray(y, np.float64)[:, None] - self.centre) / self.width, -8, 8), axis=0)
        return np.diff(
            np.array([[label == known for known in self.classes] for label in y.tolist()], np.float64), axis=0
        )
