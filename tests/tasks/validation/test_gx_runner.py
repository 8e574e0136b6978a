"""Great Expectations runs the checks on their frames; each failure has its text, each frame its page."""

from contextlib import nullcontext
from dataclasses import replace

import great_expectations.expectations as gxe
import pandas as pd
import pytest

from tasks.core.workspace import Workspace
from tasks.validation import gx_runner
from tasks.validation.checks import Check
from tasks.validation.gx_runner import DOCS_SITE, CheckResults, configurations_kept, run_checks

FRAMES = {
    "features": pd.DataFrame({"missing": [0, 2]}),
    "samples": pd.DataFrame({"label": ["cat", None]}),
    "batch": pd.DataFrame({"rows": [2]}),
}


def at_most(column: str, frame: str, value: int) -> Check:
    return Check(
        frame,
        "ExpectColumnValuesToBeBetween",
        {"column": column, "max_value": value},
        f"At most {value} {column}",
        f"More than {value} {column}",
    )


LABELLED = Check(
    "samples", "ExpectColumnValuesToNotBeNull", {"column": "label"}, "All labelled", "One has no label"
)


def run(*checks: Check, dataset: str = "d", batch: str = "b" * 16) -> CheckResults:
    return run_checks(list(checks), FRAMES, dataset, batch)


def test_each_check_has_a_row_and_each_failure_its_text() -> None:
    found = run(at_most("missing", "features", 1), at_most("missing", "features", 2), LABELLED)
    assert found.failures == ["More than 1 missing", "One has no label"]
    assert found.results == [
        {
            "success": False,
            "moved": False,
            "title": "At most 1 missing",
            "observed": "1 unexpected of 2",
            "expectation": "expect_column_values_to_be_between",
        },
        {
            "success": True,
            "moved": False,
            "title": "At most 2 missing",
            "observed": "0 unexpected of 2",
            "expectation": "expect_column_values_to_be_between",
        },
        {
            "success": False,
            "moved": False,
            "title": "All labelled",
            "observed": "1 unexpected of 2",
            "expectation": "expect_column_values_to_not_be_null",
        },
    ]


def test_the_texts_stay_with_their_checks_whatever_order_great_expectations_runs_them_in() -> None:
    """It runs the checks of one column together."""
    frames = {"samples": pd.DataFrame({"x": [1], "y": [5]})}
    bounds = [("x", 9), ("y", 1), ("x", 5), ("y", 0)]
    found = run_checks([at_most(column, "samples", bound) for column, bound in bounds], frames, "d", "b" * 16)
    assert [(row["title"], row["success"]) for row in found.results] == [
        ("At most 9 x", True),
        ("At most 1 y", False),
        ("At most 5 x", True),
        ("At most 0 y", False),
    ]
    assert found.failures == ["More than 1 y", "More than 0 y"]


def test_each_frame_that_was_checked_has_a_page_that_names_the_batch() -> None:
    found = run(at_most("rows", "batch", 5), LABELLED, dataset="digits.holdout")
    site = Workspace.current().data_docs / DOCS_SITE
    assert set(found.pages) == {"samples", "batch"}
    for frame, page in found.pages.items():
        assert page.startswith(f"validations/digits_holdout-{frame}/batch-{'b' * 16}/")
        assert "b" * 16 in (site / page).read_text()


def test_what_has_moved_is_no_failure() -> None:
    found = run(replace(at_most("rows", "batch", 1), moved=True))
    assert found.failures == []
    assert found.moved == ["More than 1 rows"]


@pytest.mark.parametrize("batch", ["1234567890123456", "9" * 16, "0" * 16, "20261129" * 2])
def test_a_batch_id_of_digits_is_no_date(batch: str) -> None:
    assert f"/batch-{batch}/" in run(LABELLED, batch=batch).pages["samples"]


def test_pages_of_earlier_batches_stay() -> None:
    site = Workspace.current().data_docs / DOCS_SITE
    pages = [site / run(LABELLED, batch=digit * 16).pages["samples"] for digit in "ab"]
    assert len(set(pages)) == 2
    assert all(page.is_file() for page in pages)


def test_a_batch_checked_again_has_the_newest_page() -> None:
    first, second = (run(LABELLED).pages["samples"] for _ in range(2))
    assert second > first


def test_nothing_but_data_docs_and_their_lock_is_written(capfd: pytest.CaptureFixture[str]) -> None:
    run(LABELLED)
    workspace = Workspace.current()
    written = {path for path in workspace.root.rglob("*") if path.is_file()}
    assert {path for path in written if not path.is_relative_to(workspace.data_docs)} <= {
        workspace.locks / "data-docs.lock"
    }
    assert capfd.readouterr() == ("", "")


def test_with_kept_configurations_the_results_are_those_of_great_expectations_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checks = (at_most("missing", "features", 1), LABELLED, at_most("rows", "batch", 2))
    kept = run(*checks)
    monkeypatch.setattr(gx_runner, "configurations_kept", nullcontext)
    alone = run(*checks)
    assert (alone.failures, alone.results) == (kept.failures, kept.results)


def test_each_expectation_keeps_its_own_configuration_and_only_meanwhile() -> None:
    missing = gxe.ExpectColumnValuesToNotBeNull(column="missing")
    with configurations_kept():
        first = missing.configuration
        assert missing.configuration is first
        for name in map(str, range(50)):  # each is gone before the next is made, at the same place in memory
            assert gxe.ExpectColumnValuesToNotBeNull(column=name).configuration.kwargs["column"] == name
    assert missing.configuration is not first and missing.configuration == first
    missing.column = "label"
    assert missing.configuration.kwargs["column"] == "label"
