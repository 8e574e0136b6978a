"""Progress reaches every listener while it listens, and nobody else."""

import pytest

from tasks.core.progress import progress_listener, report_progress


def test_listeners_hear_what_is_reported_inside() -> None:
    outer: list[tuple[str, int, int]] = []
    inner: list[tuple[str, int, int]] = []
    with progress_listener(lambda *report: outer.append(report)):
        report_progress("rows", 1, 2)
        with pytest.raises(ValueError), progress_listener(lambda *report: inner.append(report)):
            report_progress("rows", 2, 2)
            raise ValueError
    report_progress("rows", 3, 3)
    assert outer == [("rows", 1, 2), ("rows", 2, 2)]
    assert inner == [("rows", 2, 2)]
