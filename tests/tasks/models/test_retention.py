"""Maintenance: what it prunes, what it never touches, and that a pruned version comes back bit for bit."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from flows.learning.retrain import retrain
from flows.versions.maintenance import maintenance
from flows.versions.pin import pin, unpin
from greenlightning.errors import IntegrityError
from tasks.core.constants import Alias, Tag
from tasks.data.batch_index import pointer_path
from tasks.models import registry
from tasks.models.retention import files_of, old_enough, restore, statistics_bytes
from tasks.models.version_info import VersionInfo
from tests.helpers.digits import DIGITS, FIRST, SECOND, THIRD, add, outcome

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def made(number: int, days_ago: float = 30, *aliases: str, **tags: str) -> VersionInfo:
    created = (NOW - timedelta(days=days_ago)).isoformat()
    return VersionInfo(DIGITS, number, "run", created, aliases, tags, "")


def let_go(versions: list[VersionInfo], keep: int = 1) -> list[int]:
    return [info.version for info in old_enough(versions, keep, NOW - timedelta(days=7))]


def test_the_newest_and_the_young_stay_whole() -> None:
    versions = [made(1), made(2), made(3, 6.9), made(4, 7.1), made(5)]
    assert let_go(versions) == [4, 2, 1]
    assert let_go(versions, keep=4) == [1]
    assert let_go(versions, keep=9) == []


def test_champion_previous_challenger_and_pinned_stay_whole_however_old() -> None:
    held = [made(number, 900, alias) for number, alias in enumerate(Alias, start=1)]
    pinned = made(len(held) + 1, 900, **{Tag.PINNED: "in the paper"})
    assert let_go([*held, pinned, made(90, 900), made(99)]) == [90]


def test_what_a_rollback_would_serve_stays_whole_where_the_alias_previous_is_torn() -> None:
    champion = made(5, 30, Alias.CHAMPION, **{Tag.REPLACED: "2"})
    assert let_go([made(1), made(2), champion, made(9)]) == [1]


@pytest.mark.usefixtures("prefect", "champion")
def test_maintenance_prunes_what_can_be_made_again_and_nothing_else() -> None:
    for name, rows in {"first": FIRST, "second": SECOND, "third": THIRD}.items():
        add(name, rows)
        assert outcome(retrain, dataset=DIGITS).promoted
    before = registry.load(DIGITS, 2)
    asked = {"dataset": DIGITS, "keep": 1, "older_than_days": 0}
    outcome(pin, dataset=DIGITS, version=1, reason="in the paper")

    lost = pointer_path(DIGITS, newest_batch(2))
    text = lost.read_text()
    lost.unlink()
    why = f"batch {newest_batch(2)} is not versioned here with the bytes that it learnt"
    kept = outcome(maintenance, **asked)
    assert (kept.state, kept.freed) == ("Nothing to maintain", {})
    assert kept.notes == (f"digits version 2 is kept: {why}",)
    lost.write_text(text)

    size = statistics_bytes(files_of(registry.version(DIGITS, 2)))
    plan = outcome(maintenance, **asked, dry_run=True)
    assert (plan.state, plan.freed, size > 0) == ("Planned", {DIGITS: size}, True)
    assert plan.reason.startswith("digits: versions 2 would be pruned")
    assert statistics_bytes(files_of(registry.version(DIGITS, 2))) == size

    assert outcome(maintenance, **asked).freed == {DIGITS: size}
    sizes = [statistics_bytes(files_of(registry.version(DIGITS, number))) for number in (1, 2, 3, 4)]
    assert [bool(found) for found in sizes] == [True, False, True, True]
    with pytest.raises(IntegrityError, match=r"digits version 2 were pruned.* reproduce 2 --dataset digits"):
        registry.load(DIGITS, 2)
    assert outcome(maintenance, **asked).state == "Nothing to maintain"

    restore.fn(DIGITS, 2, before)
    again = registry.load(DIGITS, 2)
    assert np.array_equal(again.coefficients.weights, before.coefficients.weights)
    assert again.statistics.digest == before.statistics.digest
    assert not registry.version(DIGITS, 2).pruned
    with pytest.raises(IntegrityError, match="has another"):
        restore.fn(DIGITS, 3, before)
    outcome(unpin, dataset=DIGITS, version=1)
    assert outcome(maintenance, **asked, dry_run=True).reason.startswith("digits: versions 2, 1 would be pruned")


def newest_batch(version: int) -> str:
    """The batch that a version learnt beyond the one before."""
    [batch] = (
        registry.version(DIGITS, version).batches.keys() - registry.version(DIGITS, version - 1).batches.keys()
    )
    return batch
