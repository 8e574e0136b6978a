"""What is broken and what has moved, with bounds and texts by hand."""

from typing import Any

import pytest

from tasks.validation.checks import Check, frames, intrinsic_checks
from tasks.validation.comparison_checks import broken_checks, moved_checks
from tests.tasks.validation.four_rows import BASE, FOUND, FOUR_ROWS


def failures(checks: list[Check]) -> list[str]:
    return [check.failure for check in checks]


def test_what_is_broken_is_named_with_its_columns() -> None:
    found = failures(broken_checks(FOUND, BASE, new_labels=False))
    assert "0.0% of the rows repeat an earlier one; at most 40.0% may" in found
    remedy = "write them as before, or let them in with --allow-new-labels"
    assert f"Labels that the base does not know: 7, in 2 of 4 rows ({remedy})" in found
    assert not any(check.moved for check in broken_checks(FOUND, BASE, new_labels=False))


def test_what_has_moved_is_measured_against_the_slack_of_the_batch() -> None:
    """Four rows: the slack is 1 / sqrt(4) = 0.5; one of twelve cells lies outside, and the constant one too."""
    checks = {check.title: check for check in moved_checks(FOUND, BASE)}
    assert all(check.moved for check in checks.values())
    assert checks["At most 60.0% of the cells lie outside the range so far"].failure == (
        "16.7% of the cells lie outside the range so far"
    )
    assert checks["Constant columns stay constant"].failure == "Columns that were constant vary: 'c'"
    shift = checks["The means moved by at most 1.30 standard deviations"]
    assert shift.failure == "The means moved by 0.94 standard deviations, most in 'a', 'b'"


@pytest.mark.parametrize(("new_labels", "known"), [(False, [[0, 1]]), (True, [])])
def test_the_labels_are_checked_unless_new_ones_are_allowed(new_labels: bool, known: list[Any]) -> None:
    checks = broken_checks(FOUND, BASE, new_labels)
    found = [check.options["value_set"] for check in checks if "known to the base" in check.title]
    assert found == known


def test_every_check_names_a_column_of_its_frame() -> None:
    made = frames(FOUR_ROWS, FOUND)
    for check in [
        *intrinsic_checks(FOUR_ROWS, BASE),
        *broken_checks(FOUND, BASE, new_labels=False),
        *moved_checks(FOUND, BASE),
    ]:
        assert check.options["column"] in made[check.frame].columns
