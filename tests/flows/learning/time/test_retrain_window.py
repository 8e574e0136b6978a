"""`retrain --keep`: old batches leave by exact forgetting, and are not learnt again."""

import pytest

from flows.learning.forget import forget
from flows.learning.retrain import retrain
from flows.learning.train import train
from greenlightning.model.windows import EVERYTHING
from tasks.core.constants import Alias
from tasks.core.settings import Deciding
from tasks.data.batch_index import batches
from tasks.models import registry
from tasks.models.files.window_files import load_windows
from tests.helpers.digits import DIGITS, FIRST, LEARNING, SECOND, THIRD, add, learnt_jointly, outcome

pytestmark = pytest.mark.usefixtures("prefect")
TWO = Deciding(keep="2 batches")


@pytest.mark.usefixtures("champion")
def test_the_window_slides_and_the_version_is_that_of_its_batches_alone() -> None:
    [base] = batches(DIGITS)
    first = add("first", FIRST)
    assert outcome(retrain, dataset=DIGITS, deciding=TWO).learnt == {first: 200}
    second = add("second", SECOND)
    done = outcome(retrain, dataset=DIGITS, deciding=TWO)
    model, version = registry.load(DIGITS, done.version), registry.version(DIGITS, Alias.CHAMPION)
    assert model.statistics.digest == learnt_jointly(model, [first, second]).digest
    assert (set(version.batches), version.aged) == ({first, second}, {base.id: "2 batches"})
    assert version.forgotten == frozenset()
    assert "left the window of 2 batches" in done.notes[-1]
    again = outcome(retrain, dataset=DIGITS)
    assert (again.state, again.learnt) == ("Nothing to learn", {})
    third = add("third", THIRD)
    later = outcome(retrain, dataset=DIGITS)
    assert later.learnt == {third: 200}
    assert registry.version(DIGITS, Alias.CHAMPION).aged == {base.id: "2 batches"}


@pytest.mark.usefixtures("champion")
def test_new_batches_that_are_too_old_are_not_learnt_at_all() -> None:
    first, second = add("first", FIRST), add("second", SECOND)
    done = outcome(retrain, dataset=DIGITS, deciding=Deciding(keep="1 batch"))
    assert done.learnt == {second: 200}
    assert done.notes[-1] == f"batch {first} (first.parquet) is older than the window of 1 batch and is not learnt"
    assert set(registry.version(DIGITS, Alias.CHAMPION).batches) == {second}


def test_a_first_training_takes_the_window_too() -> None:
    add("first", FIRST)
    second = add("second", SECOND)
    outcome(train, dataset=DIGITS, learning=LEARNING, deciding=Deciding(keep="1 batch"))
    assert set(registry.version(DIGITS, Alias.CHAMPION).batches) == {second}


@pytest.mark.usefixtures("champion")
def test_auto_keeps_windows_side_by_side_from_version_to_version() -> None:
    auto = Deciding(keep="auto")
    [base] = batches(DIGITS)
    learnt = [base.id]
    for name, rows in (("first", FIRST), ("second", SECOND)):
        learnt.append(add(name, rows))
        done = outcome(retrain, dataset=DIGITS, deciding=auto)
        assert done.learnt == {learnt[-1]: 200}
        assert "window auto: everything" in done.notes[-1]
    version = registry.version(DIGITS, Alias.CHAMPION)
    model = registry.load(DIGITS)
    assert model.statistics.digest == learnt_jointly(model, learnt).digest
    windows = load_windows(version, model)
    assert windows and windows.models[4].statistics.digest == model.statistics.digest
    assert windows.losses[EVERYTHING] > 0
    before = registry.version(DIGITS, version.parent or 0)
    assert load_windows(before, model) is None


@pytest.mark.usefixtures("champion")
def test_a_batch_that_left_the_window_can_be_forgotten_and_is_in_no_window_then() -> None:
    [base] = batches(DIGITS)
    first = add("first", FIRST)
    outcome(retrain, dataset=DIGITS, deciding=Deciding(keep="1 batch"))
    before = registry.load(DIGITS)
    assert outcome(forget, dataset=DIGITS, batch=base.id, reason="asked for").promoted
    version = registry.version(DIGITS, Alias.CHAMPION)
    assert registry.load(DIGITS).statistics.digest == before.statistics.digest
    assert version.forgotten == {base.id}
    second = add("second", SECOND)
    outcome(retrain, dataset=DIGITS, deciding=Deciding(keep="auto"))
    model = registry.load(DIGITS)
    windows = load_windows(registry.version(DIGITS, Alias.CHAMPION), model)
    assert windows and set(windows.models[EVERYTHING].ledger) == {first, second}
