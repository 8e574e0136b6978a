"""Shares of the values of categorical columns, what a later batch is compared with."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict

from tasks.validation.column_statistics import MODERN

MOST_VALUES = 1_000


class CategoryColumns(BaseModel):
    """For each column the shares of its most frequent values (1,000 at most) among the cells that are there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shares: dict[str, dict[str, float]] = {}
    missing: dict[str, float] = {}

    @classmethod
    def of(cls, columns: Mapping[str, "pd.Series[Any]"]) -> "CategoryColumns":
        """Count the values of ``columns``."""
        shares = {
            name: {str(value): float(share) for value, share in _shares(column).items() if share > 0}
            for name, column in columns.items()
        }
        missing = {name: float(column.isna().mean()) if len(column) else 0.0 for name, column in columns.items()}
        return cls(shares=shares, missing=missing)

    def unseen(self, new: "CategoryColumns") -> dict[str, float]:
        """Share of cells of a ``new`` batch whose value these columns do not have."""
        return {
            name: sum(share for value, share in new.shares.get(name, {}).items() if value not in known)
            for name, known in self.shares.items()
        }

    def moved(self, new: "CategoryColumns") -> dict[str, float]:
        """Total variation distance of the mix of values in a ``new`` batch, from 0 (the same) to 1."""
        found = {}
        for name, known in self.shares.items():
            fresh = new.shares.get(name, {})
            found[name] = sum(abs(known.get(value, 0.0) - fresh.get(value, 0.0)) for value in {*known, *fresh}) / 2
        return found

    def followed_by(self, new: "CategoryColumns") -> "CategoryColumns":
        """Return shares moved towards those of a ``new`` batch, which weighs a quarter; its values are known."""
        shares = {}
        for name, known in self.shares.items():
            fresh = new.shares.get(name) or known
            shares[name] = {
                value: (1 - MODERN) * known.get(value, 0.0) + MODERN * fresh.get(value, 0.0)
                for value in {**known, **fresh}
            }
        missing = {name: max(share, new.missing.get(name, 0.0)) for name, share in self.missing.items()}
        return CategoryColumns(shares=shares, missing=missing)


def _shares(column: "pd.Series[Any]") -> Mapping[Any, float]:
    return dict(column.value_counts(normalize=True).head(MOST_VALUES))
