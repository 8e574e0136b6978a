"""Run checks with Great Expectations in an ephemeral context, and publish its pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from tasks.validation.checks import Check
from tasks.validation.pages.data_docs import DOCS_SITE, FrameResult, compile_pages, publish
from tasks.validation.pages.page import observed, validation_page
from tasks.validation.pages.tags import frame_without_tags, without_tags

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

__all__ = ["DOCS_SITE", "CheckResults", "prepare", "run_checks"]

RUN = "batch-"  # Great Expectations reads the name of a run of digits as a date

_kept: ContextVar["dict[int, tuple[Expectation, Any]] | None"] = ContextVar("kept", default=None)


@dataclass(frozen=True)
class CheckResults:
    """What is broken and what has moved, one row a check for the page, and the Data Docs page of each frame."""

    failures: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)


def prepare() -> None:
    """Import Great Expectations and compile its pages, which the first checks would do otherwise."""
    _context()
    compile_pages()


def run_checks(checks: list[Check], frames: dict[str, pd.DataFrame], dataset: str, batch: str) -> CheckResults:
    """Run ``checks`` frame by frame and publish the results in the workspace's Data Docs."""
    source = _context().data_sources.add_pandas("measures")
    now, outcome = datetime.now(UTC), CheckResults()
    for name, frame in frames.items():
        chosen = [check for check in checks if check.frame == name]
        if not chosen:
            continue
        asset = source.add_dataframe_asset(name)
        data = asset.get_batch(asset.build_batch_request({"dataframe": frame_without_tags(frame)}))
        found = _run(data, chosen, f"{dataset}-{name}".replace(".", "_"))
        for check, result in _described(chosen, found):
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
        outcome.pages[name] = publish(found, RUN + batch, now, validation_page(dataset, batch))
    return outcome


def _run(data: Any, checks: list[Check], suite_name: str) -> FrameResult:
    """Check a batch of data; its checks are shown without tags, which the pages would let through."""
    import great_expectations as gx
    import great_expectations.expectations as gxe

    expected = [
        getattr(gxe, check.kind)(
            **without_tags(check.options), description=without_tags(check.title), meta={"check": at}
        )
        for at, check in enumerate(checks)
    ]
    suite = gx.ExpectationSuite(name=suite_name, expectations=expected)
    with configurations_kept():
        return FrameResult(suite, data.validate(suite, result_format="BASIC"))


def _described(checks: list[Check], found: FrameResult) -> list[tuple[Check, dict[str, Any]]]:
    """Each check with its result from ``describe_dict()``, whatever order they ran in."""
    order = [single.expectation_config.meta["check"] for single in found.result.results]
    described = dict(zip(order, found.result.describe_dict()["expectations"], strict=True))
    return [(check, described[index]) for index, check in enumerate(checks)]


def _context() -> Any:
    """An ephemeral context without stores of its own, telemetry and progress bars."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    return gx.get_context(mode="ephemeral", project_config=config)


@contextmanager
def configurations_kept() -> Iterator[None]:
    """Make the configuration of an expectation once: Great Expectations makes it again for each key.

    A suite of 46 expectations asks for 2,800, in a third of the time of its validation. None may change meanwhile.
    """
    _ask_here_first()
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


@cache
def _ask_here_first() -> None:
    from great_expectations.expectations.expectation import Expectation

    made: Any = Expectation.configuration.fget  # type: ignore[attr-defined]

    def configuration(self: Expectation) -> Any:
        """The configuration of the expectation."""
        kept = _kept.get()
        if kept is None:
            return made(self)
        if id(self) not in kept:
            kept[id(self)] = self, made(self)  # with the expectation, so that no other gets its id
        return kept[id(self)][1]

    Expectation.configuration = property(configuration)  # type: ignore[method-assign, assignment]
