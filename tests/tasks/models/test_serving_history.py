"""Which version served when: exact for promotions made here, after kills too, and pieced together for old tags."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from greenlightning.errors import InputError, NothingServedError
from tasks.core.constants import SERVED_TAG, Alias, Tag
from tasks.models import champion, registry
from tasks.models.serving_history import Period, history_from, history_of, iso, recorded
from tasks.models.version_info import VersionInfo
from tasks.tracking.client import connect
from tests.helpers.versions import bare_versions, killed_at


def at(minute: int) -> datetime:
    return datetime(2026, 11, 2, 10, minute, tzinfo=UTC)


def made(number: int, created: int, *aliases: Alias, served: Sequence[int] = (), **tags: str) -> VersionInfo:
    """Version ``number``, made at a minute after ten, with a record for each minute in ``served``."""
    records = {f"{SERVED_TAG}{iso(at(minute))}": "first" for minute in served}
    last = {Tag.PROMOTED_AT: at(served[-1]).isoformat()} if served else {}
    return VersionInfo("digits", number, "", at(created).isoformat(), aliases, {**records, **last, **tags}, "")


def test_a_rollback_makes_two_periods_of_one_version() -> None:
    versions = [made(1, 0, Alias.CHAMPION, served=(0, 30)), made(2, 10, served=(10,))]
    history = history_from("digits", versions)
    assert history.periods == (Period(1, at(0), at(10)), Period(2, at(10), at(30)), Period(1, at(30)))
    assert history.notes == ()


@pytest.mark.parametrize(("minute", "version"), [(0, 1), (9, 1), (10, 2), (29, 2), (30, 1), (59, 1)])
def test_a_period_begins_with_its_promotion_and_ends_with_the_next(minute: int, version: int) -> None:
    history = history_from("digits", [made(1, 0, Alias.CHAMPION, served=(0, 30)), made(2, 10, served=(10,))])
    assert [period.version for period in history.during(at(minute), at(minute))] == [version]


def test_a_day_names_every_version_that_served_in_it() -> None:
    history = history_from("digits", [made(1, 0, Alias.CHAMPION, served=(0, 30)), made(2, 10, served=(10,))])
    assert [period.version for period in history.during(at(5), at(45))] == [1, 2, 1]


def test_no_version_served_before_the_first_and_none_is_known_for_the_future() -> None:
    history = history_from("digits", [made(1, 5, Alias.CHAMPION, served=(5,))])
    with pytest.raises(NothingServedError, match=r"the first version served from 2026-11-02T10:05:00\.000000Z"):
        history.during(at(4), at(4))
    with pytest.raises(InputError, match="in the future"):
        history.during(datetime.now(UTC) + timedelta(hours=1), datetime.now(UTC) + timedelta(hours=1))


def test_a_promotion_that_was_killed_before_the_alias_moved_never_served() -> None:
    killed = made(2, 10, **{Tag.PROMOTED_AT: at(10).isoformat()})
    history = history_from("digits", [made(1, 0, Alias.CHAMPION, served=(0,)), killed])
    assert history.periods == (Period(1, at(0)),)


def test_a_promotion_that_was_killed_after_the_alias_moved_serves_since_its_promotion() -> None:
    killed = made(2, 10, Alias.CHAMPION, **{Tag.PROMOTED_AT: at(10).isoformat(), Tag.REPLACED: "1"})
    history = history_from("digits", [made(1, 0, served=(0,)), killed])
    assert history.periods == (Period(1, at(0), at(10)), Period(2, at(10)))


def test_tags_of_release_0_1_0_are_pieced_together_and_the_note_says_so() -> None:
    """Version 1 served from its birth, then 2, then 1 again; only the last promotion of 1 has a time."""
    tags = {Tag.DECISION: "promoted"}
    versions = [
        made(1, 0, Alias.CHAMPION, **tags, **{Tag.PROMOTED_AT: at(30).isoformat(), Tag.ROLLED_BACK_FROM: "2"}),
        made(2, 10, **tags, **{Tag.PROMOTED_AT: at(10).isoformat(), Tag.REPLACED: "1"}),
        made(3, 40),
    ]
    history = history_from("digits", versions)
    assert history.periods == (Period(1, at(0), at(10)), Period(2, at(10), at(30)), Period(1, at(30)))
    assert history.notes == (
        "promotions of version 1, 2 are pieced together from tags of release 0.1.0; repeated ones are missing",
    )


def test_an_alias_that_was_moved_by_hand_is_named() -> None:
    history = history_from("digits", [made(1, 0, Alias.CHAMPION, served=(0,)), made(2, 10, served=(10,))])
    assert "points to version 1 by a change that GreenLightning did not make" in history.notes[0]


@pytest.mark.usefixtures("mlflow_home")
def test_promotions_and_rollbacks_record_themselves_to_the_microsecond() -> None:
    bare_versions(2)
    before = datetime.now(UTC)
    champion.promote.fn("digits", 1, None)
    between = datetime.now(UTC)
    champion.promote.fn("digits", 2, 1)
    champion.rollback.fn("digits")
    periods = history_of("digits").periods
    assert [period.version for period in periods] == [1, 2, 1]
    assert before < periods[0].start < between < periods[1].start < periods[2].start
    first, again = recorded(registry.version("digits", 1))
    tags = registry.version("digits", 1).tags
    assert [tags[f"{SERVED_TAG}{iso(moment)}"] for moment in (first, again)] == ["first", "instead of 2"]


@pytest.mark.usefixtures("mlflow_home")
def test_the_next_promotion_records_one_that_a_kill_left_without_its_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bare_versions(2)
    champion.promote.fn("digits", 1, None)
    changes_before_the_record = 6
    with killed_at(changes_before_the_record, monkeypatch) as done, pytest.raises(KeyboardInterrupt):
        champion.promote.fn("digits", 2, 1)
    assert done[-1] == "set_registered_model_alias"
    assert recorded(registry.version("digits", 2)) == []
    assert [period.version for period in history_of("digits").periods] == [1, 2]
    champion.rollback.fn("digits")
    assert len(recorded(registry.version("digits", 2))) == 1
    assert [period.version for period in history_of("digits").periods] == [1, 2, 1]


@pytest.mark.usefixtures("mlflow_home")
def test_a_version_of_release_0_1_0_keeps_its_first_promotion_when_it_is_promoted_again() -> None:
    bare_versions(2)
    client = connect()
    client.set_model_version_tag("digits", "1", Tag.PROMOTED_AT, at(0).isoformat())
    client.set_model_version_tag("digits", "2", Tag.PROMOTED_AT, at(10).isoformat())
    client.set_model_version_tag("digits", "2", Tag.REPLACED, "1")
    client.set_registered_model_alias("digits", Alias.CHAMPION, "2")
    champion.promote.fn("digits", 1, 2)
    assert [(period.version, period.start) for period in history_of("digits").periods[:2]] == [
        (1, at(0)),
        (2, at(10)),
    ]
