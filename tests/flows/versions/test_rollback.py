"""Rollback serves the version before, is audited, and holds back what only the later version learnt."""

import numpy as np
import pytest

from flows.learning.forget import forget
from flows.learning.retrain import retrain
from flows.learning.train import train
from flows.versions.rollback import rollback
from greenlightning.errors import InputError, NothingServedError
from tasks.core.constants import Alias, Kind, Tag
from tasks.models import registry
from tasks.tracking.client import connect
from tests.helpers.digits import DIGITS, FIRST, LEARNING, SECOND, THIRD, add, outcome

pytestmark = pytest.mark.usefixtures("prefect", "champion")


def served() -> registry.VersionInfo:
    return registry.version(DIGITS, Alias.CHAMPION)


def test_rolling_back_serves_the_version_before_and_is_audited_as_a_run() -> None:
    add("first", FIRST)
    outcome(retrain, dataset=DIGITS)
    back = outcome(rollback, dataset=DIGITS, reason="worse on Mondays")
    assert (back.state, back.version, served().version) == ("Rolled back", 1, 1)
    assert back.ending == "rolled back, version 1 instead of version 2"
    assert back.reason == "version 1 serves again instead of version 2: worse on Mondays"
    page = connect().get_registered_model(DIGITS).description
    assert "version 1 since" in page and "worse on Mondays" in page
    run = connect().get_run(back.run_id)
    assert (run.data.tags[Tag.KIND], run.data.tags[Tag.REASON]) == (Kind.ROLLBACK, "worse on Mondays")
    assert registry.version(DIGITS, 1).tags[Tag.ROLLED_BACK_FROM] == "2"
    assert outcome(rollback, dataset=DIGITS, to=2, reason="a test").version == served().version == 2
    with pytest.raises(NothingServedError, match="has no version 9"):
        outcome(rollback, dataset=DIGITS, to=9, reason="a test")
    with pytest.raises(InputError, match="serving already"):
        outcome(rollback, dataset=DIGITS, to=2, reason="a test")
    assert served().version == 2


def test_what_a_rollback_left_behind_is_not_learnt_again_until_it_is_named() -> None:
    first = add("first", FIRST)
    outcome(retrain, dataset=DIGITS)
    back = outcome(rollback, dataset=DIGITS, reason="in doubt about the first batch")
    [note] = back.notes
    assert note.startswith(f"batch {first}, which version 2 had learnt, is held back until a retraining names it")
    assert f"greenlightning retrain --dataset {DIGITS} --batch {first}" in note
    assert served().held_back == {first: "2"}
    assert outcome(retrain, dataset=DIGITS).state == "Nothing to learn"
    second = add("second", SECOND)
    assert outcome(retrain, dataset=DIGITS).learnt == {second: 200}
    assert served().held_back == {first: "2"}
    assert first not in registry.version(DIGITS, outcome(train, dataset=DIGITS, learning=LEARNING).version).batches
    assert outcome(retrain, dataset=DIGITS, batches=[first]).learnt == {first: 200}
    assert served().held_back == {}


def test_two_rollbacks_to_one_version_hold_back_what_either_left() -> None:
    first = add("first", FIRST)
    outcome(retrain, dataset=DIGITS)
    outcome(rollback, dataset=DIGITS, reason="a doubt")
    second = add("second", SECOND)
    outcome(retrain, dataset=DIGITS)
    outcome(rollback, dataset=DIGITS, reason="another", to=1)
    assert served().held_back == {first: "2", second: "3"}
    assert outcome(retrain, dataset=DIGITS).state == "Nothing to learn"


def test_going_back_to_the_version_that_was_left_lifts_the_doubt() -> None:
    first = add("first", FIRST)
    outcome(retrain, dataset=DIGITS)
    outcome(rollback, dataset=DIGITS, reason="a doubt")
    assert outcome(rollback, dataset=DIGITS, to=2, reason="it was right").notes == ()
    third = add("third", THIRD)
    assert outcome(retrain, dataset=DIGITS).learnt == {third: 200}
    assert {first, third} < set(served().batches)


def test_a_forgotten_batch_that_serves_again_is_said_aloud() -> None:
    first = add("first", FIRST)
    outcome(retrain, dataset=DIGITS)
    outcome(forget, dataset=DIGITS, batch=first)
    [note] = outcome(rollback, dataset=DIGITS, reason="version 3 is worse").notes
    assert note.startswith(f"batch {first} was forgotten on the way to version 3, and serves again in version 2")


def test_a_rollback_is_audited_with_the_versions_it_left_and_serves() -> None:
    add("first", FIRST)
    outcome(retrain, dataset=DIGITS)
    run = connect().get_run(outcome(rollback, dataset=DIGITS, reason="worse on Mondays").run_id)
    assert (run.data.tags[Tag.FROM_VERSION], run.data.tags[Tag.TO_VERSION]) == ("2", "1")


def test_a_restored_champion_predicts_what_it_did() -> None:
    before = registry.load(DIGITS).coefficients.weights
    add("first", FIRST)
    outcome(retrain, dataset=DIGITS)
    outcome(rollback, dataset=DIGITS, reason="a doubt")
    assert np.array_equal(registry.load(DIGITS).coefficients.weights, before)
