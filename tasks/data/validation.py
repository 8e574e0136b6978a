"""Validation: Great Expectations guards the door; what fails is set aside with its reason."""

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
from tasks.data.checks import frames, header_checks, intrinsic_checks, learnt_checks, unknown_labels
from tasks.data.expectations import Expectations, Measures, learn_expectations, measure
from tasks.data.gx_runner import DOCS_SITE, CheckResults, run_checks
from tasks.data.ingestion import describe, feature_names, load_batch
from tasks.data.validation_page import render_validation, validation_page

__all__ = ["Expectations", "ValidationReport", "learn_expectations", "quarantine", "validate"]


class ValidationReport(BaseModel):
    """Whether a batch may come in; ``failures`` are readable lines, ``docs`` is the page that shows them."""

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


@task(task_run_name="validate {dataset} {path.stem}", persist_result=False)
def validate(
    path: Path, dataset: str, expectations: Expectations | None = None, allow_new_labels: bool = False
) -> ValidationReport:
    """Check a batch file against the base's expectations, or, without any, for what a base itself must keep.

    A file that cannot be opened is a failed report too, so that it can be set aside. Builds the page and the
    Data Docs.
    """
    checked_name(dataset)
    try:
        X, y = load_batch(path)
    except InputError as error:
        return _report(path, dataset, [error.cause], CheckResults(), {})
    names = list(feature_names(path))
    comparable = expectations if expectations and names == list(expectations.features) else None
    measures = measure(X, y, comparable)
    checks = header_checks(names, expectations) if expectations else []
    minima = (expectations.min_rows, expectations.min_classes) if expectations else (10, 2)
    checks += intrinsic_checks(measures, names, *minima)
    if comparable and measures.rows:
        new_labels = allow_new_labels or comparable.allow_new_labels
        checks += learnt_checks(measures, names, comparable, new_labels)
    outcome = run_checks(checks, frames(measures, names, y.tolist()), dataset, path.stem)
    return _report(path, dataset, outcome.failures, outcome, _statistics(measures, comparable))


@task(task_run_name="quarantine {dataset} {path.stem}", persist_result=False)
def quarantine(path: Path, dataset: str, failures: Sequence[str]) -> Path:
    """Move a batch from incoming/ to quarantine/<dataset>/<batch id>/ beside its reason; return that folder.

    The reason is written first and the batch moved last, so a call that was killed is finished by the next.
    Raises InputError for a file that does not wait in incoming/.
    """
    workspace = Workspace.current()
    if Path(path).parent != workspace.incoming(dataset):
        raise InputError(f"{path} does not wait in incoming/ of {dataset!r}", "Only waiting batches are set aside")
    folder = workspace.quarantine(dataset) / path.stem
    if not path.is_file() and (folder / "reason.json").is_file():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    page = validation_page(dataset, path.stem)
    if page.is_file():
        shutil.copyfile(page, folder / page.name)
    reason = {
        **describe(path, dataset).model_dump(mode="json", exclude={"path"}),
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
    path: Path,
    dataset: str,
    failures: Sequence[str],
    outcome: CheckResults,
    statistics: dict[str, Any],
) -> ValidationReport:
    """Write the page and return the report."""
    landed = describe(path, dataset)
    page = validation_page(dataset, path.stem)
    page.parent.mkdir(parents=True, exist_ok=True)
    html = render_validation(
        dataset=dataset,
        batch=path.stem,
        passed=not failures,
        failures=failures,
        checks=outcome.results,
        statistics={"source": landed.source, "landed_at": landed.landed_at, **statistics},
        links={frame: f"../../../docs/{DOCS_SITE}/{link}" for frame, link in outcome.pages.items()},
    )
    page.write_text(html)
    return ValidationReport(
        dataset=dataset,
        batch=path.stem,
        passed=not failures,
        failures=tuple(failures),
        statistics=statistics,
        docs=page,
    )
