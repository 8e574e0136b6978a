"""Run checks with Great Expectations in an ephemeral context, and build its Data Docs."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock

from tasks.core.workspace import Workspace
from tasks.validation.checks import Check
from tasks.validation.pages.data_docs import mend
from tasks.validation.pages.page import observed, validation_page
from tasks.validation.pages.tags import frame_without_tags, without_tags

RUN = "batch-"  # Great Expectations reads the name of a run of digits as a date
DOCS_SITE = "_gx"


@dataclass(frozen=True)
class CheckResults:
    """What is broken and what has moved, one row a check for the page, and the Data Docs page of each frame."""

    failures: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)


def run_checks(checks: list[Check], frames: dict[str, pd.DataFrame], dataset: str, batch: str) -> CheckResults:
    """Run ``checks`` frame by frame and publish the results in the workspace's Data Docs."""
    context = _context()
    source = context.data_sources.add_pandas("measures")
    outcome = CheckResults()
    for name, frame in frames.items():
        chosen = [check for check in checks if check.frame == name]
        if not chosen:
            continue
        asset = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("whole")
        suite = f"{dataset}-{name}".replace(".", "_")
        for check, result in _run(context, asset, frame, chosen, suite, batch):
            if not result["success"]:
                (outcome.moved if check.moved else outcome.failures).append(check.failure)
            outcome.results.append(
                {
                    "success": result["success"],
                    "moved": check.moved,
                    "title": check.title,
                    "observed": observed(result),
                    "expectation": result["expectation_type"],
                }
            )
        outcome.pages[name] = f"validations/{suite}/{RUN}{batch}"
    return replace(outcome, pages=_publish(context, outcome.pages, validation_page(dataset, batch)))


def _run(
    context: Any, asset: Any, frame: pd.DataFrame, checks: list[Check], suite_name: str, batch: str
) -> list[tuple[Check, dict[str, Any]]]:
    """Each check with its result from ``describe_dict()``; Great Expectations' pages do not escape everywhere."""
    import great_expectations as gx
    import great_expectations.expectations as gxe
    from great_expectations.core.run_identifier import RunIdentifier

    expected = [
        getattr(gxe, check.kind)(
            **without_tags(check.options), description=without_tags(check.title), meta={"check": at}
        )
        for at, check in enumerate(checks)
    ]
    suite = context.suites.add(gx.ExpectationSuite(name=suite_name, expectations=expected))
    definition = gx.ValidationDefinition(name=suite_name, data=asset, suite=suite)
    result = context.validation_definitions.add(definition).run(
        batch_parameters={"dataframe": frame_without_tags(frame)},
        run_id=RunIdentifier(run_name=RUN + batch, run_time=datetime.now(UTC)),
    )
    order = [single.expectation_config.meta["check"] for single in result.results]
    described = dict(zip(order, result.describe_dict()["expectations"], strict=True))
    return [(check, described[index]) for index, check in enumerate(checks)]


def _context() -> Any:
    """An ephemeral context with nothing outside the workspace, no telemetry and no progress bars."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    site = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(Workspace.current().data_docs / DOCS_SITE),
        },
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }
    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        data_docs_sites={DOCS_SITE: site},
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def _publish(context: Any, folders: dict[str, str], verdict: Path) -> dict[str, str]:
    """Build the Data Docs, one builder at a time; return the newest page in each folder, seen from the site.

    The pages link to our own page of the batch, ``verdict``.

    The index stays unbuilt: Great Expectations removes the pages of earlier contexts when it builds one.
    """
    workspace = Workspace.current()
    workspace.locks.mkdir(parents=True, exist_ok=True)
    with FileLock(workspace.locks / "data-docs.lock", timeout=600):
        context.build_data_docs(site_names=[DOCS_SITE], build_index=False)
    site = workspace.data_docs / DOCS_SITE
    pages = {name: _newest(site, folder) for name, folder in folders.items()}
    mend(site, pages, verdict)
    return pages


def _newest(site: Path, folder: str) -> str:
    return max((site / folder).glob("*/*.html")).relative_to(site).as_posix()
