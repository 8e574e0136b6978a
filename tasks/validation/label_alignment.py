"""Whether the labels of a batch belong to their rows, or slipped to the rows before or after.

A model of transitions, fitted to the base, gives the likelihood of each label from the label before it and from
the columns of its row and its neighbours. The label before takes out whatever persists over many rows. Labels that
slipped by one row are unlikely as given, and likely one row further (docs/decisions/0041-broken-or-moved.md).
"""

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from greenlightning.data.labels import Label
from tasks.validation.column_statistics import Array, NumericColumns, scores

REACH = 2
"""Rows before and after whose columns the model sees."""
MOST_CLASSES = 16
MOST_COLUMNS = 64
MOST_ROWS = 20_000
ROWS_PER_COLUMN = 25
LEAST_ROWS = 30
RIDGE = 1e-4
TOLERANCE = 1e-3
LEAST_PROBABILITY = 0.02
"""No label is thought less likely, and no number farther than this density from the forecast."""
LEAST_GAIN = 5.0
"""Nats from which an alarm is possible: at most one clean batch in 75 gains as much by chance (Markov's bound)."""
LEAST_PROMISED = 6.0
"""Nats that labels must lose by slipping; where they lose less nothing is certain."""
SHARE_OF_PROMISED = 0.2
RESTORED = 0.55
"""Share of the lost likelihood that labels must regain once they are put back."""
MOSTLY_ONE_VALUE = 0.5


class LabelAlignment(BaseModel):
    """A model of how the label follows from the label before and the columns around; frozen with the base.

    ``columns`` are positions among the numeric columns, ``modes`` the value of those that mostly have one;
    ``classes`` is empty where the label is a number, which ``centre`` and ``width`` then scale.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: tuple[int, ...]
    modes: dict[int, float]
    classes: tuple[Label, ...]
    centre: float
    width: float
    outcomes: tuple[int, ...] = ()
    """Codes of the labels that the model has seen, in the order of the rows of ``coefficients``."""
    coefficients: tuple[tuple[float, ...], ...] = ()
    noise: float = 1.0
    """Standard deviation of a number around its forecast."""
    usual: float = 0.0
    """Log-likelihood of a label in its place, in nats a row, on unseen rows of the base."""
    promised: float = 0.0
    """Nats that labels of the base lose by slipping, for each change of label."""

    @classmethod
    def of(
        cls, X: NDArray[Any], y: NDArray[Any], reference: NumericColumns, classification: bool
    ) -> "LabelAlignment | None":
        """Fit the model to rows ``X`` (n, d) and their labels (n,), in the order of their file."""
        X, y = X[:MOST_ROWS], y[:MOST_ROWS]
        most = min(MOST_COLUMNS, len(X) // ROWS_PER_COLUMN)
        varying = np.flatnonzero(reference.array("scale") > 0)
        order = np.argsort(-reference.array("ordinary")[varying], kind="stable")
        chosen = np.sort(varying[order[:most]]).tolist()
        late = len(X) - len(X) // 3
        if not chosen or len(X) < 3 * LEAST_ROWS or len(set(y[REACH : late - REACH].tolist())) < 2:
            return None
        rare = [index for index in chosen if reference.ordinary[index] < MOSTLY_ONE_VALUE]
        frequent = Counter(label for label in y.tolist() if label is not None) if classification else Counter()
        empty = cls(
            columns=tuple(chosen),
            modes={index: reference.location[index] for index in rare},
            classes=tuple(sorted(label for label, _ in frequent.most_common(MOST_CLASSES))),
            centre=0.0 if classification else float(y.mean()),
            width=1.0 if classification else float(y.std()) or 1.0,
        )
        unseen = empty._fitted(X[:late], y[:late], reference)._judged(X[late:], y[late:], reference)
        return empty._fitted(X, y, reference).model_copy(update=unseen)

    def slipped(self, X: NDArray[Any], y: NDArray[Any], reference: NumericColumns) -> int:
        """By how many rows the labels slipped: 1 (each belongs to the row before its own), -1, or 0."""
        X, y = X[:MOST_ROWS], y[:MOST_ROWS]
        promised = self.promised * _changes(y)
        if len(X) < LEAST_ROWS or promised < LEAST_PROMISED:
            return 0
        windows = self._windows(X, reference)
        found = self._likelihoods(windows, y)
        step = max((1, -1), key=lambda one: found[one])
        gain, lost = found[step] - found[0], self.usual * (len(X) - 4 * REACH) - found[0]
        if gain <= max(LEAST_GAIN, SHARE_OF_PROMISED * promised, RESTORED * lost):
            return 0
        contrary = self._log_likelihood(windows, self._contrary(y))
        return step if found[step] > contrary else 0

    def _likelihoods(self, windows: Array, y: NDArray[Any]) -> dict[int, float]:
        """Log-likelihood of the labels as given (0) and put back by 1 and by -1 rows."""
        return {step: self._log_likelihood(windows, np.roll(y, -step)) for step in (0, 1, -1)}

    def _judged(self, X: NDArray[Any], y: NDArray[Any], reference: NumericColumns) -> dict[str, float]:
        """``usual`` and ``promised`` by rows that the model has not seen; none where guessing is as good."""
        found = self._likelihoods(self._windows(X, reference), y)
        usual, lost = found[0] / (len(X) - 4 * REACH), found[0] - max(found[1], found[-1])
        shares = np.bincount(self._codes(y)) / len(y) if self.classes else np.zeros(1)
        guessing = float((shares * np.log(np.maximum(shares, LEAST_PROBABILITY))).sum())
        informed = not self.classes or usual > guessing
        return {"usual": usual, "promised": max(0.0, lost) / max(1, _changes(y)) if informed else 0.0}

    def _log_likelihood(self, windows: Array, y: NDArray[Any]) -> float:
        """Sum over the rows without two more at either end, where labels put back come from the other."""
        forecast = self._inputs(windows, y) @ np.array(self.coefficients).T
        if self.classes:
            shifted = np.exp(forecast - forecast.max(axis=1, keepdims=True))
            right = self._codes(y)[REACH:-REACH, None] == np.array(self.outcomes)
            chance = (shifted * right).sum(axis=1) / shifted.sum(axis=1)
        else:
            chance = np.exp(-np.square((self._scaled(y)[REACH:-REACH] - forecast[:, 0]) / self.noise) / 2)
        return float(np.log(np.maximum(chance, LEAST_PROBABILITY))[REACH:-REACH].sum())

    def _fitted(self, X: NDArray[Any], y: NDArray[Any], reference: NumericColumns) -> "LabelAlignment":
        inputs = self._inputs(self._windows(X, reference), y)
        if self.classes:
            from sklearn.linear_model import LogisticRegression

            found = LogisticRegression(tol=TOLERANCE, max_iter=1000, fit_intercept=False)
            found.fit(inputs, self._codes(y)[REACH:-REACH])
            rows = found.coef_ if len(found.coef_) > 1 else np.vstack([np.zeros_like(found.coef_), found.coef_])
            outcomes = tuple(found.classes_.tolist())
            return self.model_copy(update={"outcomes": outcomes, "coefficients": tuple(map(tuple, rows.tolist()))})
        target = self._scaled(y)[REACH:-REACH]
        penalty = RIDGE * len(inputs) * np.eye(inputs.shape[1])
        row = np.linalg.solve(inputs.T @ inputs + penalty, inputs.T @ target)
        noise = float(np.std(target - inputs @ row)) or 1.0
        return self.model_copy(update={"coefficients": (tuple(row.tolist()),), "noise": noise})

    def _inputs(self, windows: Array, y: NDArray[Any]) -> Array:
        """Columns around each row, the label before it, and for two classes their products: (n - 4, features)."""
        before = slice(REACH - 1, -REACH - 1)
        if not self.classes:
            return np.column_stack([windows, self._scaled(y)[before]])
        previous = (self._codes(y)[before, None] == np.arange(len(self.classes))).astype(np.float64)
        products = windows * previous[:, :1] if len(self.classes) == 2 else windows[:, :0]
        return np.column_stack([windows, previous, products])

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

    def _contrary(self, y: NDArray[Any]) -> NDArray[Any]:
        """Labels that mean the contrary: two classes exchanged, numbers mirrored; more classes stay."""
        if not self.classes:
            return 2 * self.centre - np.asarray(y, np.float64)
        return np.where(y == self.classes[0], *self.classes[::-1]) if len(self.classes) == 2 else y

    def _codes(self, y: NDArray[Any]) -> NDArray[np.intp]:
        """Position of each label among the classes; one more for every other label."""
        places = {label: place for place, label in enumerate(self.classes)}
        return np.array([places.get(label, len(places)) for label in y.tolist()], dtype=np.intp)

    def _scaled(self, y: NDArray[Any]) -> Array:
        return np.clip((np.asarray(y, np.float64) - self.centre) / self.width, -8, 8)


def _changes(y: NDArray[Any]) -> int:
    """Rows whose label differs from the one before."""
    return int((y[1:] != y[:-1]).sum())
