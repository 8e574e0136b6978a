"""Columns of a batch that hold each other's values.

Undoing a swap distinguishes it from a drift: as given the columns do not fit their relation to the other columns
(or the labels), and exchanged they do (docs/decisions/0041-broken-or-moved.md).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.validation.column_statistics import FARTHEST, Array, NumericColumns, scores

Gains = dict[tuple[int, int], Array]
LabelGain = Callable[[NDArray[np.intp], Array], Array]
"""How much better the labels of some rows fit other values of these rows (n, d) than theirs: nats a row (n,)."""

MOST_ROWS = 1024
LEAST_ROWS = 5
MANY = 8
LEAST_PROMISED = 0.5
LEAST_GAIN = 0.4
SHARE_OF_PROMISED = 0.2
CERTAIN = 3.0
"""Standard errors by which the gain must exceed 0."""
COMMON = 0.15
"""Share of the mean gain that the median row must gain: a few far values prove nothing."""
DOUBTFUL = -0.5
"""Gain in the columns, in nats a row, from where the labels are asked."""
MOST_ASKED = 6
MOST_SWAPS = 8
NORMAL = 2.5
"""Scales from its location within which half of a column's cells must lie once it is put back."""
RESTORED, NARROW = 2.0, 16.0
"""Mean squared Mahalanobis distance a column within which the whole table must lie once columns are put back, more
where it has few columns: turned images exchange some pixels too, and stay far (digits: 4.9, and 1.4 after a swap).
"""
SHUFFLED = 0.5
MOSTLY_ONE_VALUE = 0.5
"""Share of other values under which a column mostly has one; two such columns are not distinguished."""


@dataclass(frozen=True)
class Swap:
    """Two exchanged columns by position, and what putting them back gains, in nats a row."""

    first: int
    second: int
    gain: float


def swapped_columns(
    X: NDArray[Any], reference: NumericColumns, label_gain: LabelGain | None = None
) -> list[tuple[str, str]]:
    """Pairs of columns of ``X`` (n, d) that fit only when they are exchanged; up to 64 columns are compared."""
    if not reference.correlation or len(X) < LEAST_ROWS:
        return []
    rows = np.unique(np.linspace(0, len(X) - 1, MOST_ROWS).astype(np.intp))
    cells = np.array(X[rows], dtype=np.float64)
    relations = _Relations(reference)
    gains = relations.gains(cells)
    found: list[Swap] = []
    while len(found) < MOST_SWAPS and (best := relations.best_swap(gains)):
        cells = _exchanged(cells, best)
        gains = relations.gains(cells)
        found.append(best)
    if not found and label_gain and (swap := relations.swap_shown_by_labels(gains, cells, rows, label_gain)):
        cells = _exchanged(cells, swap)
        found = [swap]
    if not relations.are_normal(cells, found):
        return []
    return [(reference.names[swap.first], reference.names[swap.second]) for swap in found]


def shuffled_table(batch: NumericColumns, reference: NumericColumns) -> bool:
    """Whether most columns of a table of at least eight fit far better in another order."""
    from scipy.optimize import linear_sum_assignment

    varying = np.flatnonzero((reference.array("spread") > 0) & (batch.array("spread") > 0))
    if len(varying) < MANY or batch.rows < LEAST_ROWS:
        return False
    costs = _divergences(batch, reference, varying)
    rows, order = linear_sum_assignment(costs)
    given, best = float(np.diag(costs).mean()), float(costs[rows, order].mean())
    return bool((order != rows).mean() > 0.5 and given > 4 * best and given - best > SHUFFLED)


class _Relations:
    """The columns of normal batches as one multivariate normal distribution of their scores."""

    def __init__(self, reference: NumericColumns) -> None:
        self.reference = reference
        self.location, self.scale = reference.array("location"), reference.array("scale")
        self.ordinary = reference.array("ordinary")
        self.correlation = np.array(reference.correlation)
        self.precision = np.linalg.inv(self.correlation)

    @cached_property
    def promised(self) -> Array:
        """For each pair (d, d), the log-likelihood that a normal batch loses when they are exchanged, to 8 nats.

        With the covariance ``C`` of the scores and ``P`` its inverse it is ``(tr(P C') + m'P m - tr(P C)) / 2``,
        where ``C'`` and ``m`` are covariance and mean of the scores after the exchange.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = self.scale[None, :] / self.scale[:, None]
            step = (self.location[None, :] - self.location[:, None]) / self.scale[:, None]
            own, other = self._changes(ratio)
            squares = own + own.T + other + self._distance(step)
        varied = self.scale > 0
        differ = np.where(self.location[:, None] != self.location[None, :], math.inf, 0.0)
        promised = np.where(varied[:, None] & varied[None, :], squares / 2, differ)
        mostly_one = (self.ordinary > 0) & (self.ordinary < MOSTLY_ONE_VALUE)
        promised[mostly_one[:, None] & mostly_one[None, :]] = 0.0
        return np.asarray(np.minimum(promised, FARTHEST))

    def _changes(self, ratio: Array) -> tuple[Array, Array]:
        """What the first column's row adds to ``tr(P C)``, and what the two columns' common cells add (d, d)."""
        P, C = self.precision, self.correlation
        T, p, c = P @ C, np.diag(P)[:, None], np.diag(C)[:, None]
        others = ratio * (T - p * C - P * c.T) - (np.diag(T)[:, None] - p * c - P * C)
        own = 2 * others + p * (ratio**2 * c.T - c)
        return own, 2 * P * C * (ratio * ratio.T - 1)

    def _distance(self, step: Array) -> Array:
        """``m'P m`` for each pair (d, d): the two columns' means moved by ``step`` and its transpose."""
        p = np.diag(self.precision)
        return np.asarray(p[:, None] * step**2 + p[None, :] * step.T**2 + 2 * self.precision * step * step.T)

    def gains(self, cells: Array) -> Gains:
        """For each pair worth a look, the log-likelihood that exchanging it gains in each row (n,)."""
        z = scores(cells, self.location, self.scale)
        pull, precision = z @ self.precision, self.precision
        may_hold = self._may_hold(cells)
        looked_at = np.triu((self.promised >= LEAST_PROMISED) & may_hold & may_hold.T, 1)
        found: Gains = {}
        for i in np.flatnonzero(looked_at.any(axis=1)).tolist():
            js = np.flatnonzero(looked_at[i])
            left = scores(cells[:, js], self.location[i], self.scale[i]) - z[:, [i]]
            right = scores(cells[:, [i]], self.location[js], self.scale[js]) - z[:, js]
            squares = precision[i, i] * left**2 + np.diag(precision)[js] * right**2
            squares += 2 * precision[i, js] * left * right
            gained = -(left * pull[:, [i]] + right * pull[:, js] + squares / 2)
            found |= {(i, j): gain for j, gain in zip(js.tolist(), gained.T, strict=True)}
        return found

    def best_swap(self, gains: Gains) -> Swap | None:
        """The pair whose exchange gains most, if it gains for certain."""
        return max(self._certain(gains), key=lambda swap: swap.gain, default=None)

    def swap_shown_by_labels(
        self, gains: Gains, cells: Array, rows: NDArray[np.intp], label_gain: LabelGain
    ) -> Swap | None:
        """The best of the pairs that the columns leave in doubt, by columns and labels together."""
        doubtful = {pair: gain for pair, gain in gains.items() if gain.mean() > DOUBTFUL}
        asked = sorted(doubtful, key=lambda pair: -doubtful[pair].mean())[:MOST_ASKED]
        together = {pair: doubtful[pair] + label_gain(rows, _exchanged(cells, Swap(*pair, 0.0))) for pair in asked}
        return max(self._certain(together), key=lambda swap: swap.gain, default=None)

    def are_normal(self, cells: Array, swaps: list[Swap]) -> bool:
        """Whether the exchanged columns, put back, lie where they always did."""
        touched = sorted({column for swap in swaps for column in (swap.first, swap.second)})
        z = scores(cells, self.location, self.scale)
        if np.einsum("ni,ij,nj->n", z, self.precision, z).mean() > RESTORED * z.shape[1] + NARROW:
            return False
        return bool((np.median(np.abs(self.reference.scores(cells)[:, touched]), axis=0) < NORMAL).all())

    def _certain(self, gains: Gains) -> list[Swap]:
        found = []
        for (i, j), gain in gains.items():
            mean, error = float(gain.mean()), float(gain.std()) / math.sqrt(len(gain))
            if mean <= max(LEAST_GAIN, SHARE_OF_PROMISED * float(self.promised[i, j]), CERTAIN * error):
                continue
            if np.median(gain) >= COMMON * mean:
                found.append(Swap(i, j, mean))
        return found

    def _may_hold(self, cells: Array) -> NDArray[np.bool_]:
        """For each pair (d, d), whether the second has the first one's frequent value as often as that had it.

        Of columns without a frequent value any may be the other.
        """
        often = np.stack([(cells == value).mean(axis=0) for value in self.location])
        off = np.abs(often - (1 - self.ordinary)[:, None])
        return np.asarray((self.ordinary >= MOSTLY_ONE_VALUE)[:, None] | (off < np.diag(off)[:, None]))


def _exchanged(cells: Array, swap: Swap) -> Array:
    changed = cells.copy()
    changed[:, [swap.first, swap.second]] = cells[:, [swap.second, swap.first]]
    return changed


def _divergences(batch: NumericColumns, reference: NumericColumns, varying: NDArray[np.intp]) -> Array:
    """Kullback-Leibler divergences (d, d) of each reference column from each of the batch, as if normal."""
    centre, width = (reference.array(field)[varying, None] for field in ("mean", "spread"))
    mean, spread = (batch.array(field)[None, varying] for field in ("mean", "spread"))
    ratio = np.square(spread / width)
    divergence = (ratio + np.square((mean - centre) / width) - 1 - np.log(ratio)) / 2
    return np.asarray(np.minimum(divergence, FARTHEST))
