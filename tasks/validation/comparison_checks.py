"""The checks of a batch against the batches before it: what is broken, and what has moved."""

from dataclasses import replace
from typing import Any

from greenlightning.tables.labels import alike_labels
from tasks.validation.checks import SHOWN, Check, bounded, few, unknown_labels
from tasks.validation.comparison import Comparison
from tasks.validation.expectations import Expectations
from tasks.validation.measures import FAR, Measures, kind_of

STRANGE = 0.2
GAP = 0.8
"""Share of the cells that a column usually has whose loss is a fault."""
ALL_GAPS = 0.3
"""How far the share of missing cells in the whole table may rise."""
UNSEEN = 0.9
"""Share of values never seen before that is a fault: another column, or another code."""
MIX = 0.25


def broken_checks(found: Comparison, base: Expectations, new_labels: bool) -> list[Check]:
    """Checks of what no stream does by itself: gaps, units, scales, swaps, slipped labels, repeats, new labels."""
    measures = found.measures
    far = [name for name, share in found.far.items() if share > 0]
    units = [f"{name!r} ({unit})" for name, unit in found.converted.items()]
    swaps = [f"{first!r} and {second!r}" for first, second in found.swapped]
    checks = [
        bounded(
            "features",
            "gap",
            {"max_value": GAP},
            f"No column lost over {GAP:.0%} of the cells that it usually has",
            f"Columns that lost nearly all their cells: {few(found.lost(GAP))}",
        ),
        bounded(
            "batch",
            "gaps",
            {"max_value": ALL_GAPS},
            f"The share of missing cells rose by at most {ALL_GAPS:.0%}",
            f"The share of missing cells rose by {found.gaps:.1%}; at most {ALL_GAPS:.0%} is a gap",
        ),
        bounded(
            "features",
            "far",
            {"max_value": 0},
            f"No column lies {FAR:.0f} ranges away",
            f"Columns far outside their range (another unit?): {few(far)}",
        ),
        _none("converted", "No column is in another unit", f"Columns in another unit: {', '.join(units[:SHOWN])}"),
        _none("rescaled", "The table has its usual scale", f"The whole table is {found.rescaled}"),
        _none("swapped", "No columns are swapped", f"Columns are swapped: {', '.join(swaps[:SHOWN])}"),
        _none("shuffled", "The columns are not shuffled", "The columns fit only in another order"),
        _none(
            "slipped", "The labels are those of their rows", f"The labels slipped by one row: {found.slip_text}"
        ),
        bounded(
            "features",
            "unseen",
            {"max_value": UNSEEN},
            f"No column has over {UNSEEN:.0%} new values",
            f"Columns with values that were never seen: {few(found.foreign(UNSEEN))}",
        ),
        bounded(
            "batch",
            "repeated",
            {"max_value": base.max_repeated(measures.rows)},
            f"At most {base.max_repeated(measures.rows):.1%} of the rows repeat an earlier one",
            f"{measures.repeated_share:.1%} of the rows repeat an earlier one; at most "
            f"{base.max_repeated(measures.rows):.1%} may",
        ),
    ]
    return checks + _label_checks(measures, base, new_labels)


def moved_checks(found: Comparison, base: Expectations) -> list[Check]:
    """Checks of what a moving stream does: ranges, means, mixes, gaps, the balance of classes."""
    measures, rows = found.measures, found.measures.rows
    slack = base.slack(rows)
    outside, shift = base.max_outside + slack, base.max_shift + slack
    strange = max(1, int(STRANGE * len(measures.numeric_names)))
    strange_share = min(1.0, max(base.max_strange_rows, 3 / max(1, rows)))
    cells = "cell" if strange == 1 else "cells"
    strange_rows = float((found.outside > strange).mean())
    checks = [
        _moved(
            "samples",
            "outside",
            {"max_value": strange, "mostly": 1 - strange_share},
            f"At most {strange_share:.1%} of the rows have over {strange} {cells} outside the range so far",
            f"{strange_rows:.1%} of the rows have over {strange} {cells} outside the range so far",
        ),
        _moved(
            "batch",
            "outside",
            {"max_value": outside},
            f"At most {outside:.1%} of the cells lie outside the range so far",
            f"{found.outside_share:.1%} of the cells lie outside the range so far",
        ),
        _moved(
            "batch",
            "shift",
            {"max_value": shift},
            f"The means moved by at most {shift:.2f} standard deviations",
            f"The means moved by {found.shift:.2f} standard deviations, most in {few(found.most_moved)}",
        ),
        _moved(
            "features",
            "woke",
            {"max_value": 0},
            "Constant columns stay constant",
            f"Columns that were constant vary: {few(found.awake)}",
        ),
        _moved(
            "features",
            "mix",
            {"max_value": MIX + slack},
            "The mix of values is the usual one",
            f"Columns with another mix of values: {few(found.mixed(MIX + slack))}",
        ),
    ]
    if not base.target:
        largest = base.max_largest_class(rows)
        checks.append(
            _moved(
                "batch",
                "largest_class",
                {"max_value": largest},
                f"The most frequent label takes at most {largest:.1%}",
                f"The most frequent label takes {measures.largest_class:.1%} of the rows",
            )
        )
    return checks


def _label_checks(measures: Measures, base: Expectations, new_labels: bool) -> list[Check]:
    if base.target:
        return []
    kind = Check(
        "batch",
        "ExpectColumnValuesToBeInSet",
        {"column": "label_type", "value_set": [kind_of(base.labels)]},
        "The labels are of the base's type",
        f"The labels are of type {measures.label_type} where the base has {kind_of(base.labels)}",
    )
    if new_labels:
        return [kind]
    unknown = unknown_labels(measures, base)
    count = sum(measures.counts[label] for label in unknown)
    alike = alike_labels([*base.labels, *unknown]) if kind_of(base.labels) == "str" else []
    remedy = (
        f"{alike[0][0]!r} and {alike[0][1]!r} differ by case or blanks only: write them alike"
        if alike
        else "write them as before, or let them in with --allow-new-labels"
    )
    known = Check(
        "samples",
        "ExpectColumnValuesToBeInSet",
        {"column": "label", "value_set": list(base.labels)},
        "Every label is known to the base",
        f"Labels that the base does not know: {few(unknown)}, in {count} of {measures.rows} rows ({remedy})",
    )
    return [kind, known]


def _moved(frame: str, column: str, bounds: dict[str, Any], title: str, failure: str) -> Check:
    return replace(bounded(frame, column, bounds, title, failure), moved=True)


def _none(column: str, title: str, failure: str) -> Check:
    return bounded("batch", column, {"max_value": 0}, title, failure)
