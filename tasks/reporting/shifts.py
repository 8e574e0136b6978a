"""The columns whose distribution moved most from the base to the batch that was learnt last."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from greenlightning.evaluation.score_text import score_text
from tasks.data.batch_files import read_content
from tasks.data.batch_index import known_batch
from tasks.data.versioning import checkout
from tasks.figures.shift_figure import Shift

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.models.version_info import VersionInfo

MOST_COLUMNS, MOST_ROWS, MOST_VALUES, BINS = 6, 5_000, 8, 24
LEAST = 0.05
"""Distance under which a column counts as unmoved."""


def shifts_of(serving: "VersionInfo", base: "Iterable[str]") -> tuple[list[Shift], str]:
    """The moved columns of a version, the most moved first, and the source of its last batch; none without one."""
    seen = set(base)
    refs = [known_batch(serving.dataset, batch) for batch in serving.batches]
    here = sorted((ref for ref in refs if ref), key=lambda ref: (ref.landed_at, ref.id))
    first, later = [one for one in here if one.id in seen], [one for one in here if one.id not in seen]
    if not (first and later):
        return [], ""
    before = pd.concat([read_content(checkout(ref)).frame for ref in first], ignore_index=True).head(MOST_ROWS)
    after = read_content(checkout(later[-1])).frame.head(MOST_ROWS)
    return moved_columns(before, after), later[-1].source


def moved_columns(before: pd.DataFrame, after: pd.DataFrame) -> list[Shift]:
    """The columns that moved most between two tables, by the largest distance of their distributions (0 to 1)."""
    found = [_shift(str(name), before[name], after[name]) for name in before.columns if name in after.columns]
    moved = sorted((one for one in found if one and one.distance >= LEAST), key=lambda one: -one.distance)
    return moved[:MOST_COLUMNS]


def _shift(name: str, before: "pd.Series[float]", after: "pd.Series[float]") -> Shift | None:
    before, after = before.dropna(), after.dropna()
    if before.empty or after.empty or pd.api.types.is_datetime64_any_dtype(before):
        return None
    if not all(pd.api.types.is_numeric_dtype(one) for one in (before, after)):
        return _of_categories(name, before.astype(str), after.astype(str))
    a, b = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    a, b = a[np.isfinite(a)], b[np.isfinite(b)]
    both = np.unique(np.concatenate([a, b]))
    if len(both) < 2 or not len(a) or not len(b):
        return None
    shares = [np.searchsorted(np.sort(one), both, side="right") / len(one) for one in (a, b)]
    low, high = (float(np.quantile(np.concatenate([a, b]), share)) for share in (0.005, 0.995))
    edges = np.linspace(low, high if high > low else low + 1.0, BINS + 1)
    bars = [np.histogram(np.clip(one, low, high), edges)[0] / len(one) for one in (a, b)]
    ticks = (score_text(low, ".4g"), score_text(high, ".4g"))
    return Shift(name, float(np.abs(shares[0] - shares[1]).max()), bars[0].tolist(), bars[1].tolist(), ticks)


def _of_categories(name: str, before: "pd.Series[str]", after: "pd.Series[str]") -> Shift:
    """Shares of the most frequent values; the distance is the total variation."""
    a, b = before.value_counts(normalize=True), after.value_counts(normalize=True)
    both = pd.concat([a, b], axis=1, keys=["a", "b"]).fillna(0.0)
    distance = float((both["a"] - both["b"]).abs().sum() / 2)
    shown = (
        both.assign(most=both.max(axis=1)).sort_values("most", ascending=False, kind="stable").head(MOST_VALUES)
    )
    return Shift(name, distance, shown["a"].tolist(), shown["b"].tolist(), tuple(map(str, shown.index)))
