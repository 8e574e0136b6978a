"""Validation: Great Expectations checks every batch; what is broken fails, what has moved is reported."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from greenlightning.errors import InputError
from tasks.core.steps import task
from tasks.core.workspace import checked_name
from tasks.data.batch_files import LandedBatch
from tasks.validation.checks import (
    frames,
    header_checks,
    intrinsic_checks,
    unknown_labels,
)
from tasks.validation.column_swaps import LabelGain
from tasks.validation.comparison import Comparison
from tasks.validation.comparison_checks import broken_checks, moved_checks
from tasks.validation.engine_process import run_checks
from tasks.validation.expectations import Expectations, measures_of_content
from tasks.validation.gx_runner import DOCS_SITE, CheckResults
from tasks.validation.measures import Measures
from tasks.validation.pages.page import render_validation, validation_page

__all__ = ["ValidationReport", "validate"]

LabelGainOf = Callable[[Measures], LabelGain]


class ValidationReport(BaseModel):
    """Whether a batch passed: why not, and how it has moved, in readable lines; ``docs`` is the page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str
    batch: str
    passed: bool
    failures: tuple[str, ...]
    moved: tuple[str, ...] = ()
    statistics: dict[str, Any]
    docs: Path

    def failing(self, *failures: str) -> "ValidationReport":
        """The same report with more failures."""
        return self.model_copy(update={"passed": False, "failures": (*failures, *self.failures)})


def unjudged(landed: LandedBatch, cause: str) -> ValidationReport:
    """The report on a batch that could not be validated; it has no page."""
    return ValidationReport(
        dataset=landed.dataset,
        batch=landed.id,
        passed=False,
        failures=(cause,),
        statistics={},
        docs=validation_page(landed.dataset, landed.id),
    )


@task(task_run_name="validate {landed.dataset} {landed.id}", persist_result=False)
def validate(
    landed: LandedBatch,
    expectations: Expectations | None = None,
    allow_new_labels: bool = False,
    label_gain: LabelGainOf | None = None,
) -> ValidationReport:
    """Check a batch against what is expected, or, without expectations, for what a base itself must fulfil.

    A file that cannot be opened gives a failed report, so that it can be quarantined. ``label_gain`` asks the
    champion where columns may be swapped. Builds the page and the Data Docs.
    """
    checked_name(landed.dataset)
    try:
        measures = (expectations.measures if expectations else measures_of_content)(landed.content)
    except InputError as error:
        return _report(landed, [error.cause], CheckResults(), {})
    found = None
    checks = header_checks(measures.names, expectations) if expectations else []
    checks += intrinsic_checks(measures, expectations)
    if expectations and tuple(measures.names) == expectations.features and measures.rows:
        found = Comparison(measures, expectations, label_gain(measures) if label_gain else None)
        new_labels = allow_new_labels or expectations.allow_new_labels
        checks += broken_checks(found, expectations, new_labels) + moved_checks(found, expectations)
    outcome = run_checks(checks, frames(measures, found), landed.dataset, landed.id)
    return _report(landed, outcome.failures, outcome, _statistics(measures, found))


def _statistics(measures: Measures, found: Comparison | None) -> dict[str, Any]:
    statistics: dict[str, Any] = {
        "rows": measures.rows,
        "features": len(measures.names),
        "missing_cells": int(measures.frame.isna().to_numpy().sum()),
        "infinite_cells": sum(measures.infinite.values()),
        "repeated_share": round(measures.repeated_share, 6),
    }
    if not (found and found.base.target):
        statistics["largest_class_share"] = round(measures.largest_class, 6)
        statistics["class_counts"] = {str(label): measures.counts[label] for label in sorted(measures.counts)}
    if found:
        statistics["outside_share"] = round(found.outside_share, 6)
        statistics["shift"] = round(found.shift, 6)
        statistics["new_labels"] = unknown_labels(measures, found.base)
    return statistics


def _report(
    landed: LandedBatch, failures: Sequence[str], outcome: CheckResults, statistics: dict[str, Any]
) -> ValidationReport:
    """Write the page and return the report."""
    page = validation_page(landed.dataset, landed.id)
    page.parent.mkdir(parents=True, exist_ok=True)
    html = render_validation(
        dataset=landed.dataset,
        batch=landed.id,
        passed=not failures,
        failures=failures,
        moved=outcome.moved,
        checks=outcome.results,
        statistics={"source": landed.source, "landed_at": landed.landed_at, **statistics},
        links={frame: f"../../../docs/{DOCS_SITE}/{link}" for frame, link in outcome.pages.items()},
    )
    page.write_text(html)
    return ValidationReport(
        dataset=landed.dataset,
        batch=landed.id,
        passed=not failures,
        failures=tuple(failures),
        moved=tuple(outcome.moved),
        statistics=statistics,
        docs=page,
    )
