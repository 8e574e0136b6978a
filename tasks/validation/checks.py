"""The checks of a batch: the Great Expectations class, the small frame it runs on, and the text of a failure.

A check is of what is *broken* (the batch is quarantined) or of what has *moved* (it is learnt, and reported).
Great Expectations takes 19 s to check each of 784 columns. So NumPy measures the batch first, and the
expectations run on four small frames: the header, a row per feature, a row per sample, and one row for the batch.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from greenlightning.data.labels import Label
from tasks.data.batch_files import gaps_in
from tasks.validation.comparison import Comparison
from tasks.validation.expectations import LEAST_BASE_CLASSES, LEAST_BASE_ROWS, Expectations
from tasks.validation.measures import Measures

SHOWN = 5


@dataclass(frozen=True)
class Check:
    """One expectation: ``kind`` with ``options`` on ``frame``; texts for the check and for its failure."""

    frame: str
    kind: str
    options: dict[str, Any]
    title: str
    failure: str
    moved: bool = False


def header_checks(names: list[str], base: Expectations) -> list[Check]:
    """Checks that the columns are those of the base, in its order."""
    wanted = list(base.features)
    here, there = set(names), set(wanted)
    lost = [name for name in wanted if name not in here]
    new = [name for name in names if name not in there]
    differences = [f"{what} {few(which)}" for what, which in (("without", lost), ("with", new)) if which]
    columns = Check(
        "header",
        "ExpectTableColumnsToMatchSet",
        {"column_set": wanted, "exact_match": True},
        "The columns are those of the base",
        f"The columns are not those of the base: {' and '.join(differences)} "
        "(after a change of the schema, train again first)",
    )
    if differences:
        return [columns]
    swapped = next((i for i, name in enumerate(names) if name != wanted[i]), 0)
    order = Check(
        "header",
        "ExpectTableColumnsToMatchOrderedList",
        {"column_list": wanted},
        "The columns are in the order of the base",
        f"The columns are not in the order of the base: {names[swapped]!r} at position {swapped + 1} "
        f"where the base has {wanted[swapped]!r}",
    )
    return [columns, order]


def intrinsic_checks(measures: Measures, base: Expectations | None) -> list[Check]:
    """Checks of any batch, with or without a base; a base must have ten rows and two classes."""
    rows, classes = (1, 1) if base else (LEAST_BASE_ROWS, LEAST_BASE_CLASSES)
    checks = [
        bounded(
            "batch",
            "infinite",
            {"max_value": 0},
            "Every cell is finite",
            f"Infinite cells: {sum(measures.infinite.values())}, in columns {few(measures.infinite)}",
        ),
        Check(
            "samples",
            "ExpectColumnValuesToNotBeNull",
            {"column": "label"},
            "Every row has a label",
            gaps_in(measures.y),
        ),
        bounded(
            "batch",
            "rows",
            {"min_value": rows},
            f"There are at least {rows} rows" if rows > 1 else "There is a row",
            f"The batch has {measures.rows} rows; at least {rows} are needed",
        ),
    ]
    if measures.rows > 1:
        checks.append(
            bounded(
                "batch",
                "varying",
                {"min_value": 1},
                "At least one feature varies",
                "All rows are the same: no feature varies",
            )
        )
    if measures.task == "classification":
        checks.append(
            bounded(
                "batch",
                "classes",
                {"min_value": classes},
                f"There are at least {classes} classes" if classes > 1 else "There is a class",
                f"Classes: {len(measures.counts)} ({few(measures.counts)}); at least {classes} are needed",
            )
        )
    return checks


def frames(measures: Measures, found: Comparison | None) -> dict[str, pd.DataFrame]:
    """The four small frames that the checks run on."""
    batch = {
        "rows": measures.rows,
        "classes": len(measures.counts),
        "infinite": sum(measures.infinite.values()),
        "varying": int(measures.varies),
        "repeated": measures.repeated_share,
        "largest_class": measures.largest_class,
        "label_type": measures.label_type,
    }
    features: dict[str, Any] = {"feature": measures.names}
    samples: dict[str, Any] = {"label": pd.Series(measures.y.tolist(), dtype=object)}
    if found:
        features |= found.by_column
        samples["outside"] = found.outside
        batch |= found.in_total
    return {
        "header": pd.DataFrame(columns=measures.names, dtype=float),
        "features": pd.DataFrame(features),
        "samples": pd.DataFrame(samples),
        "batch": pd.DataFrame({name: [value] for name, value in batch.items()}),
    }


def unknown_labels(measures: Measures, base: Expectations) -> list[Label]:
    """The labels that the base does not have; none in a regression."""
    if base.target:
        return []
    known = {(type(label), label) for label in base.labels}
    return [label for label in sorted(measures.counts) if (type(label), label) not in known]


def few(items: Iterable[Any]) -> str:
    """The first items, quoted, and how many more there are."""
    quoted = [repr(item) for item in items]
    more = f" and {len(quoted) - SHOWN} more" if len(quoted) > SHOWN else ""
    return ", ".join(quoted[:SHOWN]) + more


def bounded(frame: str, column: str, bounds: dict[str, Any], title: str, failure: str) -> Check:
    return Check(frame, "ExpectColumnValuesToBeBetween", {"column": column, **bounds}, title, failure)
