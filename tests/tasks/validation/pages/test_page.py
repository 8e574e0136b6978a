"""The HTML page of a validation."""

from pathlib import Path
from typing import Any

import pytest

from tasks.core.workspace import Workspace
from tasks.validation.pages.page import observed, render_validation, validation_page


def page(**about: Any) -> str:
    content: dict[str, Any] = {
        "dataset": "digits",
        "batch": "0" * 16,
        "passed": True,
        "failures": [],
        "moved": [],
        "checks": [],
    }
    return render_validation(**content | {"statistics": {}, "links": {}} | about)


def test_a_batch_that_passed_has_its_checks_and_statistics() -> None:
    check = {"success": True, "title": "No cell is missing", "observed": "0", "expectation": "expect_nothing"}
    found = page(
        checks=[check], statistics={"landed_at": "2026-01-31T12:34:56+00:00", "class_counts": {"a": 3, "b": 4}}
    )
    assert "<title>digits 0000000000000000: passed</title>" in found
    assert "✓ passed</strong></td>\n<td>No cell is missing</td><td>0</td>" in found
    assert "<tr><th>landed at</th><td>2026-01-31 12:34 UTC</td></tr>" in found
    assert "<td>a: 3, b: 4</td>" in found
    assert "Why it failed" not in found


def test_a_batch_that_failed_says_why_and_values_are_escaped() -> None:
    check = {"success": False, "title": "Labels", "observed": "<script>", "expectation": "expect_labels"}
    found = page(passed=False, failures=["label <b> is new"], checks=[check])
    assert "<li>label &lt;b&gt; is new</li>" in found
    assert "✗ failed" in found and "<script>" not in found


def test_what_has_moved_has_a_section_of_its_own() -> None:
    check = {"success": False, "moved": True, "title": "Means", "observed": "2", "expectation": "expect_means"}
    found = page(moved=["The means moved"], checks=[check])
    assert "What has moved" in found and "<li>The means moved</li>" in found
    assert "↷ moved" in found and "✗ failed" not in found
    assert "What has moved" not in page()


def test_the_page_loads_nothing() -> None:
    assert "http" not in page() and "src=" not in page() and "@import" not in page()


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ({"result": {"unexpected_count": 2, "element_count": 9}}, "2 unexpected of 9"),
        ({"result": {"observed_value": [1, 2]}}, "[1, 2]"),
        ({"result": {"observed_value": list(range(64))}}, "64 values"),
        ({}, ""),
    ],
)
def test_what_great_expectations_observed_is_short(result: dict[str, Any], text: str) -> None:
    assert observed(result) == text


def test_the_page_of_a_batch_is_in_the_folder_of_its_dataset(home: Path) -> None:
    assert (
        validation_page("digits", "0" * 16)
        == Workspace.current().data_docs / "digits" / ("0" * 16) / "validation.html"
    )
