"""A batch beside the batches before it: what looks broken, and how far it has moved."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.validation.column_swaps import LabelGain, shuffled_table, swapped_columns
from tasks.validation.expectations import Expectations, target_columns
from tasks.validation.measures import Measures
from tasks.validation.row_numbers import row_numbers
from tasks.validation.unit_changes import LEAST_ORDINARY, converted_columns, rescaled_table

CAP = 2.0
FAR_SHARE = 0.05
HALF = 0.5
MOST_NAMED = 5


@dataclass(frozen=True, eq=False)
class Comparison:
    """The measures of a batch with the columns of ``base``, compared with what it expects."""

    measures: Measures
    base: Expectations
    label_gain: LabelGain | None = None

    @cached_property
    def converted(self) -> dict[str, str]:
        """Columns in another unit, the label of a regression among them; none where columns are exchanged."""
        if self.swapped or self.shuffled:
            return {}
        found = converted_columns(self.measures.numeric, [self.base.base, self.base.recent], self.base.latest)
        if self.base.target and not self.measures.unlabelled:
            found |= converted_columns(target_columns(self.measures), [self.base.target])
        return {name: unit for name, unit in found.items() if name not in self.row_numbers}

    @cached_property
    def row_numbers(self) -> frozenset[str]:
        """Columns that number the rows, which are not judged by their range."""
        return row_numbers(self.measures, self.base.base)

    @cached_property
    def swapped(self) -> list[tuple[str, str]]:
        """Pairs of columns that hold each other's values."""
        return swapped_columns(self._finite, self.base.recent, self.label_gain)

    @cached_property
    def shuffled(self) -> bool:
        """Whether the columns fit only in another order."""
        return not self.swapped and shuffled_table(self.measures.numeric, self.base.recent)

    @cached_property
    def rescaled(self) -> str:
        """The change of scale that explains all columns at once."""
        return "" if self.shuffled else rescaled_table(self.measures.numeric, self.base.recent)

    @cached_property
    def slipped(self) -> int:
        """By how many rows the labels slipped, or 0."""
        alignment = self.base.alignment
        if alignment is None or self.measures.unlabelled or self.converted or self.swapped or self.shuffled:
            return 0
        return alignment.slipped(self._finite, self.measures.y, self.base.recent)

    @property
    def slip_text(self) -> str:
        """In which direction the labels slipped."""
        return f"each belongs to the row {'before' if self.slipped > 0 else 'after'} its own"

    @cached_property
    def far(self) -> dict[str, float]:
        """For each column, the share of cells far away where that is half of its ordinary ones, else 0."""
        ordinary = self.base.recent.array("ordinary")
        shares = self.measures.far(self._ranges)
        judged = (ordinary >= LEAST_ORDINARY) & (shares > np.maximum(FAR_SHARE, HALF * ordinary))
        return dict(zip(self.base.recent.names, np.where(judged, shares, 0.0).tolist(), strict=True))

    @cached_property
    def outside(self) -> NDArray[np.int64]:
        """For each row, how many numeric cells lie outside the range so far."""
        return self.measures.outside(self._ranges)

    @cached_property
    def _ranges(self) -> Expectations:
        """The base, where a column that numbers the rows may hold any number."""
        recent = self.base.recent
        anywhere = [name in self.row_numbers for name in recent.names]
        low = tuple(np.where(anywhere, -np.inf, recent.low).tolist())
        high = tuple(np.where(anywhere, np.inf, recent.high).tolist())
        return self.base.model_copy(update={"recent": recent.model_copy(update={"low": low, "high": high})})

    @property
    def outside_share(self) -> float:
        """Share of all numeric cells outside the range so far."""
        return float(self.outside.sum()) / max(1, self.outside.size * len(self.measures.numeric_names))

    @cached_property
    def moves(self) -> dict[str, float]:
        """For each column that varied and numbers no rows, by how many standard deviations its mean moved."""
        recent, numeric = self.base.recent, self.measures.numeric
        judged = np.array([name not in self.row_numbers for name in recent.names], dtype=bool)
        varied = np.flatnonzero((recent.array("spread") > 0) & ~numeric.unknown & judged)
        step = np.abs(numeric.array("mean") - recent.array("mean"))[varied] / recent.array("spread")[varied]
        return dict(zip([recent.names[index] for index in varied], step.tolist(), strict=True))

    @property
    def shift(self) -> float:
        """RMS over columns of the moves, each capped at 2."""
        moves = np.minimum(list(self.moves.values()), CAP)
        return float(np.sqrt(np.mean(np.square(moves)))) if len(moves) else 0.0

    @property
    def most_moved(self) -> list[str]:
        """The columns whose means moved most."""
        return sorted(self.moves, key=lambda name: -self.moves[name])[:MOST_NAMED]

    @cached_property
    def gap(self) -> dict[str, float]:
        """For each column, the share of the cells it usually has that are missing now."""
        usual = dict(zip(self.base.recent.names, self.base.recent.missing, strict=True))
        usual |= self.base.categories.missing
        found = {}
        for name, share in self.measures.missing.items():
            present = 1 - usual.get(name, 0.0)
            found[name] = max(0.0, 1 - (1 - share) / present) if present > 0 else 0.0
        return found

    @property
    def gaps(self) -> float:
        """By how much the share of missing cells in the whole table rose."""
        usual = [*self.base.recent.missing, *self.base.categories.missing.values()]
        here = list(self.measures.missing.values())
        return float(np.mean(here) - (np.mean(usual) if usual else 0.0)) if here else 0.0

    def lost(self, share: float) -> list[str]:
        """Columns that miss more than ``share`` of their usual cells."""
        return [name for name, gone in self.gap.items() if gone > share]

    @property
    def awake(self) -> list[str]:
        """Columns that were constant so far and vary now."""
        slept = self.base.recent.array("spread") == 0
        woke = slept & (self.measures.numeric.array("spread") > 0)
        return [self.base.recent.names[index] for index in np.flatnonzero(woke)]

    def foreign(self, share: float) -> list[str]:
        """Text columns with more than ``share`` of values never seen."""
        return [name for name, unseen in self._unseen.items() if unseen > share]

    def mixed(self, distance: float) -> list[str]:
        """Text columns whose mix of values moved by more than ``distance``."""
        return [name for name, moved in self._mix.items() if moved > distance]

    @property
    def by_column(self) -> dict[str, list[float]]:
        """What the checks of the columns look at, a row a column."""
        names = self.measures.names
        awake = set(self.awake)
        return {
            "gap": [self.gap.get(name, 0.0) for name in names],
            "far": [self.far.get(name, 0.0) for name in names],
            "unseen": [self._unseen.get(name, 0.0) for name in names],
            "mix": [self._mix.get(name, 0.0) for name in names],
            "woke": [int(name in awake) for name in names],
        }

    @property
    def in_total(self) -> dict[str, Any]:
        """What the checks of the whole batch look at."""
        return {
            "gaps": self.gaps,
            "converted": len(self.converted),
            "swapped": len(self.swapped),
            "shuffled": int(self.shuffled),
            "rescaled": int(bool(self.rescaled)),
            "slipped": int(self.slipped != 0),
            "outside": self.outside_share,
            "shift": self.shift,
        }

    @cached_property
    def _unseen(self) -> dict[str, float]:
        return self.base.categories.unseen(self.measures.categories)

    @cached_property
    def _mix(self) -> dict[str, float]:
        return self.base.categories.moved(self.measures.categories)

    @property
    def _finite(self) -> NDArray[Any]:
        X = self.measures.matrix
        return np.where(np.isinf(X), np.nan, X) if self.measures.infinite else X
