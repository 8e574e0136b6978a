"""A retraining waits until so many rows are new, one has waited long enough, or one has drifted."""

from datetime import UTC, datetime, timedelta

import pytest

from greenlightning.errors import InputError
from tasks.data.batch_index import BatchRef
from tasks.scheduling.triggers import Triggers

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def landed(rows: int, hours_ago: float) -> BatchRef:
    at = (NOW - timedelta(hours=hours_ago)).isoformat()
    about = {"dataset": "d", "id": "ab" * 8, "md5": "0" * 32, "landed_at": at, "source": "f.csv"}
    return BatchRef(**about, rows=rows, expectations="", classes=())


NEW = [landed(700, 3), landed(500, 1)]


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("5000 rows or 24h or drift", "waiting: 1,200 of 5,000 rows; 3.00 of 24 hours; no drift"),
        ("3 batches", "waiting: 2 of 3 batches"),
        ("1d, 1201 rows", "waiting: 0.12 of 1 day; 1,200 of 1,201 rows"),
        ("1200 rows or 24h", ""),
        ("5000 rows or 3h", ""),
        ("2 batches or drift", ""),
    ],
)
def test_one_trigger_is_enough_and_what_is_missing_is_told(when: str, said: str) -> None:
    assert Triggers.parse(when).waiting(NEW, lambda: False, NOW) == said


def test_drift_is_asked_for_only_where_nothing_else_is_due() -> None:
    assert Triggers.parse("5000 rows or drift").waiting(NEW, lambda: True, NOW) == ""
    asked: list[bool] = []
    assert Triggers.parse("100 rows or drift").waiting(NEW, lambda: bool(asked.append(True)), NOW) == ""
    assert asked == []


@pytest.mark.parametrize("when", ["", "or", "tomorrow", "5000"])
def test_what_is_no_trigger_is_refused(when: str) -> None:
    with pytest.raises(InputError):
        Triggers.parse(when)
