"""Validation: Great Expectations checks every batch; a batch that fails is quarantined with the reason."""

import json
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect import task
from pydantic import BaseModel, ConfigDict

from greenlightning.errors import InputError
from tasks.core.workspace import Workspace, checked_name
from tasks.data.ingestion import LandedBatch
from tasks.validation.checks import frames, header_checks, intrinsic_checks, learnt_checks, unknown_labels
from tasks.validation.expectations import Expectations, Measures, learn_expectations, measure
from tasks.validation.gx_runner import DOCS_SITE, CheckResults, run_checks
from tasks.validation.page import render_validation, validation_page

__all__ = ["Expectations", "ValidationReport", "learn_expectations", "quarantine", "validate"]


class ValidationReport(BaseModel):
    """Whether a batch passed; ``failures`` are readable lines, ``docs`` is the page that shows them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str
    batch: str
    passed: bool
    failures: tuple[str, ...]
    statistics: dict[str, Any]
    docs: Path


class QuarantinedBatch(BaseModel):
    """A batch that failed validation, and why."""

    batch: str
    source: str
    reasons: tuple[str, ...]


@task(task_run_name="validate {landed.dataset} {landed.id}", persist_result=False)
def validate(
    landed: LandedBatch, expectations: Expectations | None = None, allow_new_labels: bool = False
) -> ValidationReport:
    """Check a batch against the base's expectations, or, without any, for what a base itself must fulfil.

    A file that cannot be opened gives a failed report, so that it can be quarantined. Builds the page and the
    Data Docs.
    """
    checked_name(landed.dataset)
    try:
        content = landed.content
    except InputError as error:
        return _report(landed, [error.cause], CheckResults(), {})
    names = list(content.features)
    comparable = expectations if expectations and content.features == expectations.features else None
    measures = measure(content.X, content.y, comparable)
    checks = header_checks(names, expectations) if expectations else []
    minima = (expectations.min_rows, expectations.min_classes) if expectations else (10, 2)
    checks += intrinsic_checks(measures, names, *minima)
    if comparable and measures.rows:
        new_labels = allow_new_labels or comparable.allow_new_labels
        checks += learnt_checks(measures, names, comparable, new_labels)
    outcome = run_checks(checks, frames(measures, names, content.y.tolist()), landed.dataset, landed.id)
    return _report(landed, outcome.failures, outcome, _statistics(measures, comparable))


@task(task_run_name="quarantine {landed.dataset} {landed.id}", persist_result=False)
def quarantine(landed: LandedBatch, failures: Sequence[str]) -> Path:
    """Move a batch from incoming/ to quarantine/<dataset>/<batch id>/ beside its reason; return that folder.

    The reason is written first and the batch moved last, so the next call finishes one that was killed.
    Raises InputError for a file that does not wait in incoming/.
    """
    workspace, path = Workspace.current(), landed.path
    if path.parent != workspace.incoming(landed.dataset):
        raise InputError(
            f"{path} does not wait in incoming/ of {landed.dataset!r}", "Only waiting batches can be quarantined"
        )
    folder = workspace.quarantine(landed.dataset) / landed.id
    if not path.is_file() and (folder / "reason.json").is_file():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    page = validation_page(landed.dataset, landed.id)
    if page.is_file():
        shutil.copyfile(page, folder / page.name)
    reason = {
        "dataset": landed.dataset,
        "id": landed.id,
        "rows": landed.rows,
        "source": landed.source,
        "landed_at": landed.landed_at,
        "failures": list(failures),
        "quarantined_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    (folder / "reason.json").write_text(json.dumps(reason, indent=2, ensure_ascii=False) + "\n")
    path.replace(folder / path.name)
    return folder


def _statistics(measures: Measures, base: Expectations | None) -> dict[str, Any]:
    statistics: dict[str, Any] = {
        "rows": measures.rows,
        "features": measures.features,
        "missing_cells": int(measures.missing.sum()),
        "infinite_cells": int(measures.infinite.sum()),
        "repeated_share": round(measures.repeated_share, 6),
        "largest_class_share": round(measures.largest_class, 6),
        "class_counts": {str(label): measures.counts[label] for label in sorted(measures.counts)},
    }
    if base:
        statistics["outside_share"] = round(measures.outside_share, 6)
        statistics["shift"] = round(measures.shift, 6)
        statistics["new_labels"] = unknown_labels(measures, base)
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
        statistics=statistics,
        docs=page,
    )
