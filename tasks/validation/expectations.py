"""Expectations of a batch: learnt from the base, and moved along with every batch that is learnt.

Why these measures and limits: docs/decisions/0008-validation.md and 0041-broken-or-moved.md.
"""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from greenlightning.data.labels import Label
from greenlightning.errors import InputError
from greenlightning.tables import Column, Kind, TableSchema, in_form_of
from tasks.data.batch_files import BatchContent, joined, read_content
from tasks.validation.category_statistics import CategoryColumns
from tasks.validation.column_statistics import NumericColumns
from tasks.validation.label_alignment import LabelAlignment
from tasks.validation.measures import Measures

DISTINCT_SHARE, UNSEEN = 0.75, 3
LEAST_BASE_ROWS = 10
LEAST_BASE_CLASSES = 2


class Expectations(BaseModel):
    """Statistics of the batches so far and bounds for later ones: frozen, stored as JSON, named by a digest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    features: tuple[str, ...] = Field(description="feature columns, in order")
    base: NumericColumns = Field(description="numeric columns of the base")
    recent: NumericColumns = Field(description="the same, moved along with every batch that was learnt")
    latest: NumericColumns | None = Field(None, description="the same, of the batch that was learnt last")
    categories: CategoryColumns = CategoryColumns()
    target: NumericColumns | None = Field(None, description="the label of a regression, moved along too")
    alignment: LabelAlignment | None = Field(None, description="how labels change from row to row")
    labels: tuple[Label, ...]
    rows: int = Field(description="rows of the base")
    repeated: float = Field(description="share of the base's rows that repeat an earlier row")
    largest_class: float = Field(description="share of the base's most frequent label")
    learnt: tuple[str, ...] = Field((), description="batches after the base that these expectations know")
    max_outside: float = Field(default=0.1, description="share of cells outside the range from where it has moved")
    max_strange_rows: float = Field(
        default=0.02, description="share of rows mostly outside from where they have moved"
    )
    max_shift: float = Field(
        default=0.8, description="shift of the means, in standard deviations, that counts as moved"
    )
    allow_new_labels: bool = False

    @model_validator(mode="before")
    @classmethod
    def _of_first_release(cls, content: Any) -> Any:
        """Read expectations of version 0.1, which had numeric columns only."""
        if not isinstance(content, dict) or "low" not in content:
            return content
        old = dict(content)
        low, high, mean, spread = (old.pop(name) for name in ("low", "high", "mean", "spread"))
        for name in ("min_rows", "min_classes", "max_far"):
            old.pop(name, None)
        constant = [a == b for a, b in zip(low, high, strict=True)]
        spread = [0.0 if same else value for same, value in zip(constant, spread, strict=True)]
        columns = {
            "names": old["features"],
            "rows": old["rows"],
            "low": low,
            "high": high,
            "mean": mean,
            "spread": spread,
            "location": mean,
            "scale": spread,
            "ordinary": [0.0 if same else 1.0 for same in constant],
            "missing": [0.0] * len(low),
        }
        return old | {"base": columns, "recent": columns}

    @property
    def digest(self) -> str:
        """sha256 of the canonical JSON."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def knowing(self, labels: Iterable[Label]) -> "Expectations":
        """The same expectations, with ``labels`` added to the known ones."""
        if self.target:
            return self
        known = {(type(label), label) for label in self.labels}
        new = tuple(label for label in labels if (type(label), label) not in known)
        return self.model_copy(update={"labels": self.labels + new})

    def following(self, batch: str, measures: Measures) -> "Expectations":
        """Expectations moved along with a batch; the same ones where they know it already."""
        if batch in self.learnt or not measures.rows:
            return self
        target = self.target.followed_by(target_columns(measures)) if self.target else None
        update = {
            "recent": self.recent.followed_by(measures.numeric),
            "latest": measures.numeric.model_copy(update={"correlation": ()}),
            "categories": self.categories.followed_by(measures.categories),
            "target": target,
            "learnt": (*self.learnt, batch),
        }
        return self.model_copy(update=update).knowing(sorted(measures.counts))

    def measures(self, content: BatchContent) -> Measures:
        """Measure the rows of a batch; columns take the kinds that they have here, whatever schema came since."""
        if not set(self.features) <= set(content.features):
            return measures_of_content(content)
        frame = in_form_of(content.frame, TableSchema(self.columns, label=""))
        return Measures(frame, content.y, content.task)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The feature columns with the kinds that they have here."""
        return tuple(Column(name, self._kind(name)) for name in self.features)

    def _kind(self, name: str) -> Kind:
        if name in self.base.names:
            return Kind.NUMERIC
        return Kind.CATEGORICAL if name in self.categories.shares else Kind.DATETIME

    def slack(self, rows: int) -> float:
        """Allowance for chance in a share or mean: one standard error of the smaller of batch and base."""
        return 1 / math.sqrt(max(1, min(rows, self.rows)))

    def max_repeated(self, rows: int) -> float:
        """At least three quarters of the distinct rows that the base predicts for ``rows`` rows are required.

        A batch larger than the base repeats more: where few rows of the base do, in proportion to its size, and
        three more of them may do so unseen; at most so that it has no row that the base lacks.
        """
        larger = max(1.0, rows / max(1, self.rows))
        seldom = max(0.0, 1 - self.repeated - UNSEEN / max(1, self.rows))
        expected = (1 - self.repeated) if larger == 1 else max((1 - self.repeated) / larger, seldom**larger)
        return 1 - DISTINCT_SHARE * expected

    def max_largest_class(self, rows: int) -> float:
        """The most frequent label may take three quarters of what the base leaves to the others."""
        return min(1, self.largest_class + 0.75 * (1 - self.largest_class) + self.slack(rows))


def learn_expectations(
    *paths: Path, schema: TableSchema | None = None, allow_new_labels: bool = False
) -> Expectations:
    """Learn from the batches of a base, in order; InputError unless they vary and are labelled.

    The columns take the kinds of ``schema``; by default those that they had when they were ingested.
    """
    contents = [read_content(path) for path in paths]
    if schema:
        contents = [replace(one, frame=in_form_of(one.frame, schema)) for one in contents]
    expectations = expectations_after(measures_of_content(joined(contents)), paths[0].stem)
    return expectations.model_copy(update={"allow_new_labels": allow_new_labels})


def expectations_after(base: Measures, name: str) -> Expectations:
    """Expectations of batches that follow a base of these measures; InputError where it is unfit."""
    classification = base.task == "classification"
    faults = {
        "has infinite values": bool(base.infinite),
        "has rows without a label": base.unlabelled > 0,
        "has only one class": classification and len(base.counts) < LEAST_BASE_CLASSES,
        "has no feature that varies": not base.varies,
        f"has only {base.rows} rows": base.rows < LEAST_BASE_ROWS,
    }
    if cause := next((cause for cause, present in faults.items() if present), None):
        raise InputError(f"The base batch {name} {cause}", "Nothing can be learnt from it; ingest another")
    return Expectations(
        features=tuple(base.names),
        base=base.numeric,
        recent=base.numeric,
        categories=base.categories,
        target=None if classification else target_columns(base),
        alignment=LabelAlignment.of(base.matrix, base.y, base.numeric, classification),
        labels=tuple(sorted(base.counts)),
        rows=base.rows,
        repeated=base.repeated_share,
        largest_class=base.largest_class,
    )


def measures_of_content(content: BatchContent) -> Measures:
    """Measure the rows of a batch; columns that name a row, which are text, have no distribution."""
    return Measures(content.frame.select_dtypes(exclude=["object", "str"]), content.y, content.task)


def target_columns(measures: Measures) -> NumericColumns:
    """Statistics of numbers as labels."""
    return NumericColumns.of(["label"], np.asarray(measures.y, dtype=np.float64)[:, None])
