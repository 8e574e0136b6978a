"""Where a classifier errs: precision and recall of each class, and the pairs that it confuses most."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from greenlightning.evaluation.scores import Evaluation

MOST_CLASSES, MOST_PAIRS = 30, 8
Row = tuple[str, ...]


class Table(NamedTuple):
    """A table of the report; of its columns the first ``texts`` hold no numbers."""

    title: str
    columns: Row
    texts: int
    rows: list[Row]


def error_tables(found: "Evaluation") -> list[Table]:
    """Precision and recall of each class, and the pairs that are confused most, on the holdout."""
    classes = Table(
        "Classes, the worst recall first", ("class", "rows", "precision", "recall"), 1, class_rows(found)
    )
    pairs = confused_pairs(found)
    if not pairs:
        return [classes]
    return [classes, Table("Most confused", ("true", "answered", "rows", "of its class"), 2, pairs)]


def class_rows(found: "Evaluation") -> list[Row]:
    """Label, rows, precision and recall of each class, the worst recall first; 30 classes at most."""
    counts = np.asarray(found.confusion)
    rows, answered, right = counts.sum(axis=1), counts.sum(axis=0), np.diag(counts)
    recall = np.divide(right, rows, out=np.full(len(rows), np.nan), where=rows > 0)
    precision = np.divide(right, answered, out=np.full(len(rows), np.nan), where=answered > 0)
    order = np.argsort(recall, kind="stable")[:MOST_CLASSES]
    return [
        (str(found.classes[at]), f"{rows[at]:,}", _share(precision[at]), _share(recall[at]))
        for at in order.tolist()
    ]


def confused_pairs(found: "Evaluation") -> list[Row]:
    """True label, answer, how many rows, and their share of the true label's; the most rows first."""
    counts = np.asarray(found.confusion).copy()
    rows = np.maximum(counts.sum(axis=1), 1)
    np.fill_diagonal(counts, 0)
    order = np.argsort(-counts, axis=None, kind="stable")[:MOST_PAIRS]
    places = zip(*(axis.tolist() for axis in np.unravel_index(order, counts.shape)), strict=True)
    return [
        (str(found.classes[a]), str(found.classes[b]), f"{counts[a, b]:,}", f"{counts[a, b] / rows[a]:.1%}")
        for a, b in places
        if counts[a, b]
    ]


def _share(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.4f}"
