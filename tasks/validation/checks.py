"""The checks of a batch: the Great Expectations class, the small frame it runs on, and the text of a failure.

Great Expectations takes 19 s to check each of 784 columns. So NumPy measures the batch first, and the
expectations run on four small frames: the header, a row per feature, a row per sample, and one row for the batch.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from greenlightning.data.labels import Label
from tasks.validation.expectations import FAR, Expectations, Measures, kind_of

STRANGE = 0.2
SHOWN = 5


@dataclass(frozen=True)
class Check:
    """One expectation: ``kind`` with ``options`` on ``frame``; texts for the check and for its failure."""

    frame: str
    kind: str
    options: dict[str, Any]
    title: str
    failure: str


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
        f"The columns are not those of the base: {' and '.join(differences)}",
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


def intrinsic_checks(measures: Measures, names: list[str], min_rows: int, min_classes: int) -> list[Check]:
    """Checks of any batch, with or without a base."""
    missing = _named(names, measures.missing > 0)
    infinite = _named(names, measures.infinite > 0)
    unlabelled = measures.rows - sum(measures.counts.values())
    return [
        _bounded(
            "features",
            "missing",
            {"max_value": 0},
            "No cell is missing",
            f"Missing cells: {int(measures.missing.sum())}, in columns {few(missing)}",
        ),
        _bounded(
            "features",
            "infinite",
            {"max_value": 0},
            "Every cell is finite",
            f"Infinite cells: {int(measures.infinite.sum())}, in columns {few(infinite)}",
        ),
        Check(
            "features",
            "ExpectColumnMaxToBeBetween",
            {"column": "spread", "min_value": 0, "strict_min": True},
            "At least one feature varies",
            "All rows are the same: no feature varies",
        ),
        Check(
            "samples",
            "ExpectColumnValuesToNotBeNull",
            {"column": "label"},
            "Every row has a label",
            f"{unlabelled} of {measures.rows} rows have no label",
        ),
        _bounded(
            "batch",
            "rows",
            {"min_value": min_rows},
            f"There are at least {min_rows} rows",
            f"The batch has {measures.rows} rows; at least {min_rows} are needed",
        ),
        _bounded(
            "batch",
            "classes",
            {"min_value": min_classes},
            f"There are at least {min_classes} classes",
            f"Classes: {len(measures.counts)} ({few(measures.counts)}); at least {min_classes} are needed",
        ),
    ]


def learnt_checks(measures: Measures, names: list[str], base: Expectations, new_labels: bool) -> list[Check]:
    """Checks against the base: ranges, means, duplicates, class balance, labels."""
    rows = measures.rows
    slack = base.slack(rows)
    outside, shift = base.max_outside + slack, base.max_shift + slack
    far = _named(names, measures.far > base.max_far)
    strange = max(1, int(STRANGE * measures.features))
    strange_share = min(1.0, max(base.max_strange_rows, 3 / max(1, rows)))
    checks = [
        _bounded(
            "features",
            "far",
            {"max_value": base.max_far},
            f"No column lies {FAR:.0f} base ranges away",
            f"Columns far outside the base's range (another unit?): {few(far)}",
        ),
        _bounded(
            "samples",
            "outside",
            {"max_value": strange, "mostly": 1 - strange_share},
            f"At most {strange_share:.1%} of the rows have over {strange} cells outside the base's range",
            f"{(measures.outside > strange).mean():.1%} of the rows have over {strange} cells outside the "
            f"base's range; at most {strange_share:.1%} may",
        ),
        _bounded(
            "batch",
            "outside",
            {"max_value": outside},
            f"At most {outside:.1%} of the cells lie outside the base's range",
            f"{measures.outside_share:.1%} of the cells lie outside the base's range; at most {outside:.1%} may",
        ),
        _bounded(
            "batch",
            "shift",
            {"max_value": shift},
            f"The means moved by at most {shift:.2f} standard deviations",
            f"The means moved by {measures.shift:.2f} standard deviations of the base, over {shift:.2f}: "
            "other columns, another scale, or another source",
        ),
        _bounded(
            "batch",
            "repeated",
            {"max_value": base.max_repeated(rows)},
            f"At most {base.max_repeated(rows):.1%} of the rows repeat an earlier one",
            f"{measures.repeated_share:.1%} of the rows repeat an earlier one; at most "
            f"{base.max_repeated(rows):.1%} may",
        ),
        _bounded(
            "batch",
            "largest_class",
            {"max_value": base.max_largest_class(rows)},
            f"The most frequent label takes at most {base.max_largest_class(rows):.1%}",
            f"The most frequent label takes {measures.largest_class:.1%} of the rows; at most "
            f"{base.max_largest_class(rows):.1%} may",
        ),
    ]
    checks.append(_label_type_check(measures, base))
    return checks if new_labels else [*checks, _label_check(measures, base)]


def frames(measures: Measures, names: list[str], labels: list[Label | None]) -> dict[str, pd.DataFrame]:
    """The four small frames that the checks run on."""
    return {
        "header": pd.DataFrame(columns=names),
        "features": pd.DataFrame(
            {
                "feature": names,
                "missing": measures.missing,
                "infinite": measures.infinite,
                "spread": measures.spread,
                "far": measures.far,
            }
        ),
        "samples": pd.DataFrame({"outside": measures.outside, "label": pd.Series(labels, dtype=object)}),
        "batch": pd.DataFrame(
            {
                "rows": [measures.rows],
                "classes": [len(measures.counts)],
                "outside": [measures.outside_share],
                "shift": [measures.shift],
                "repeated": [measures.repeated_share],
                "largest_class": [measures.largest_class],
                "label_type": [measures.label_type],
            }
        ),
    }


def unknown_labels(measures: Measures, base: Expectations) -> list[Label]:
    """The labels that the base does not have."""
    known = {(type(label), label) for label in base.labels}
    return [label for label in sorted(measures.counts) if (type(label), label) not in known]


def few(items: Iterable[Any]) -> str:
    """The first items, quoted, and how many more there are."""
    quoted = [repr(item) for item in items]
    more = f" and {len(quoted) - SHOWN} more" if len(quoted) > SHOWN else ""
    return ", ".join(quoted[:SHOWN]) + more


def _label_type_check(measures: Measures, base: Expectations) -> Check:
    return Check(
        "batch",
        "ExpectColumnValuesToBeInSet",
        {"column": "label_type", "value_set": [kind_of(base.labels)]},
        "The labels are of the base's type",
        f"The labels are of type {measures.label_type} where the base has {kind_of(base.labels)}",
    )


def _label_check(measures: Measures, base: Expectations) -> Check:
    unknown = unknown_labels(measures, base)
    count = sum(measures.counts[label] for label in unknown)
    return Check(
        "samples",
        "ExpectColumnValuesToBeInSet",
        {"column": "label", "value_set": list(base.labels)},
        "Every label is known to the base",
        f"Labels that the base does not know: {few(unknown)}, in {count} of {measures.rows} rows "
        "(allow new labels to take them)",
    )


def _bounded(frame: str, column: str, bounds: dict[str, Any], title: str, failure: str) -> Check:
    return Check(frame, "ExpectColumnValuesToBeBetween", {"column": column, **bounds}, title, failure)


def _named(names: list[str], chosen: Any) -> list[str]:
    return [names[index] for index in np.flatnonzero(chosen)]
