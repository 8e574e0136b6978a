"""Measures of one batch, computed once and compared with expectations afterwards."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from greenlightning.data.labels import Label
from tasks.data.batch_files import rows_without_label
from tasks.validation.category_statistics import CategoryColumns
from tasks.validation.column_statistics import NumericColumns

if TYPE_CHECKING:
    from tasks.validation.expectations import Expectations

RANGE_MARGIN = 0.1
FAR = 30.0
BLOCK_ROWS = 4096


@dataclass(frozen=True, eq=False)
class Measures:
    """Measures of the rows of a batch; ``frame`` has its columns by name, ``y`` the labels (n,) or None."""

    frame: pd.DataFrame
    y: NDArray[Any]
    task: str = "classification"

    @property
    def rows(self) -> int:
        """Number of samples."""
        return len(self.frame)

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [str(name) for name in self.frame.columns]

    @cached_property
    def numeric_names(self) -> list[str]:
        """Names of the columns of numbers, booleans among them."""
        return [
            str(name)
            for name, kind in self.frame.dtypes.items()
            if pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind)
        ]

    @cached_property
    def matrix(self) -> NDArray[Any]:
        """The numeric columns (n, d), not-a-number where a cell is missing."""
        part = self.frame[self.numeric_names]
        is_float = all(pd.api.types.is_float_dtype(kind) for kind in part.dtypes)
        return np.asarray(part.to_numpy() if is_float else part.to_numpy(dtype=np.float64))

    @cached_property
    def numeric(self) -> NumericColumns:
        """Statistics of the numeric columns; infinite cells count as missing."""
        X = self.matrix if np.isfinite(self.matrix).all() else np.where(np.isinf(self.matrix), np.nan, self.matrix)
        return NumericColumns.of(self.numeric_names, X)

    @cached_property
    def categories(self) -> CategoryColumns:
        """Shares of the values of the columns of text."""
        text = [
            name
            for name in self.names
            if name not in self.numeric_names and not pd.api.types.is_datetime64_any_dtype(self.frame[name])
        ]
        return CategoryColumns.of({name: self.frame[name] for name in text})

    @cached_property
    def infinite(self) -> dict[str, int]:
        """Infinite cells of the columns that have any."""
        if np.isfinite(self.matrix).all():
            return {}
        counts = np.isinf(self.matrix).sum(axis=0).tolist()
        return {name: count for name, count in zip(self.numeric_names, counts, strict=True) if count}

    @cached_property
    def missing(self) -> dict[str, float]:
        """Share of missing cells of every column."""
        return {str(name): float(share) for name, share in self.frame.isna().mean().fillna(0.0).items()}

    @cached_property
    def counts(self) -> dict[Label, int]:
        """How often each label occurs; empty in a regression."""
        if self.task == "regression":
            return {}
        return dict(Counter(label for label in self.y.tolist() if label is not None))

    @property
    def unlabelled(self) -> int:
        """Rows without a label."""
        return len(rows_without_label(self.y))

    @property
    def label_type(self) -> str:
        """The type of the labels: int, float, bool or str."""
        return kind_of(self.counts)

    @property
    def largest_class(self) -> float:
        """Share of the most frequent label."""
        return max(self.counts.values(), default=0) / max(1, sum(self.counts.values()))

    @cached_property
    def repeated_share(self) -> float:
        """Share of rows that repeat an earlier row, label included."""
        hashes: Any = pd.util.hash_pandas_object(self.frame, index=False) if self.rows else []
        content = pd.DataFrame({"row": hashes, "label": pd.Series(self.y.tolist(), dtype=object).to_numpy()})
        return float(content.duplicated().mean()) if self.rows else 0.0

    @property
    def varies(self) -> bool:
        """Whether any column has two values."""
        several = any(len(shares) > 1 for shares in self.categories.shares.values())
        dates = [name for name in self.names if pd.api.types.is_datetime64_any_dtype(self.frame[name])]
        return several or any(self.numeric.spread) or any(self.frame[name].nunique() > 1 for name in dates)

    def outside(self, base: "Expectations") -> NDArray[np.int64]:
        """For each row, how many numeric cells lie over 0.1 ranges outside the range of the batches before."""
        return self._beyond(base, RANGE_MARGIN, axis=1)

    def far(self, base: "Expectations") -> NDArray[np.float64]:
        """For each numeric column, the share of cells over 30 ranges outside; 0 where it was constant."""
        shares = self._beyond(base, FAR, axis=0) / max(1, self.rows)
        return np.where(base.recent.array("low") < base.recent.array("high"), shares, 0.0)

    def _beyond(self, base: "Expectations", margin: float, axis: int) -> NDArray[np.int64]:
        low, high = base.recent.array("low"), base.recent.array("high")
        reach = margin * (high - low)
        blocks = [self.matrix[start : start + BLOCK_ROWS] for start in range(0, self.rows, BLOCK_ROWS)]
        found = [((block < low - reach) | (block > high + reach)).sum(axis=axis) for block in blocks]
        if not found:
            return np.zeros(self.rows if axis == 1 else len(low), np.int64)
        return np.concatenate(found) if axis == 1 else np.sum(found, axis=0)


def kind_of(labels: Iterable[Label]) -> str:
    """The name of the labels' type; labels of one batch are of one type."""
    return next((type(label).__name__ for label in labels), "none")
