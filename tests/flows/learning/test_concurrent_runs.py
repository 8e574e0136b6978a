"""Two runs on one model: both land, and the later one builds on the new champion."""

import threading
from typing import Any

import pytest

import flows.learning.federate
import flows.learning.retrain_dataset
from flows.learning.retrain import retrain
from tasks.core.constants import Alias, Tag
from tasks.data.batch_index import batches
from tasks.models import registry
from tests.helpers.digits import (
    DIGITS,
    FIRST,
    SECOND,
    add,
    learnt_jointly,
    outcome,
)

pytestmark = pytest.mark.usefixtures("prefect", "champion")


def champion() -> registry.VersionInfo:
    return registry.version(DIGITS, Alias.CHAMPION)


def test_a_retraining_that_lands_second_merges_onto_the_new_champion(monkeypatch: pytest.MonkeyPatch) -> None:
    [base] = batches(DIGITS)
    first, second = add("first", FIRST), add("second", SECOND)
    learn, rivals = flows.learning.retrain_dataset.learn_batches, [1]

    def overtaken(*parameters: Any) -> Any:
        learnt = learn(*parameters)
        if rivals and rivals.pop():
            assert outcome(retrain, dataset=DIGITS, batches=[first]).version == 2
        return learnt

    monkeypatch.setattr(flows.learning.retrain_dataset, "learn_batches", overtaken)
    done = outcome(retrain, dataset=DIGITS, batches=[second])
    model = registry.load(DIGITS)
    assert (done.promoted, done.version, champion().parent) == (True, 4, 2)
    assert model.statistics.digest == learnt_jointly(model, [base.id, first, second]).digest
    assert registry.version(DIGITS, 3).tags[Tag.DECISION] == "overtaken by another run"


def test_two_retrainings_at_once_both_land() -> None:
    [base] = batches(DIGITS)
    new = [add("first", FIRST), add("second", SECOND)]
    failures: list[BaseException] = []

    def learn(batch: str) -> None:
        try:
            outcome(retrain, dataset=DIGITS, batches=[batch])
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=learn, args=(batch,)) for batch in new]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    model = registry.load(DIGITS)
    assert set(model.ledger) == {base.id, *new}
    assert model.statistics.digest == learnt_jointly(model, [base.id, *new]).digest
