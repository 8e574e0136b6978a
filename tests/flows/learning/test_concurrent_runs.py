"""Two runs on one model: both land, and the later one builds on the new champion."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

import flows.learning.federate
import flows.learning.retrain_dataset
from flows.engine.outcome import Outcome
from flows.learning.ingest import ingest
from flows.learning.retrain import retrain
from tasks.core.constants import Alias
from tasks.core.settings import Deciding
from tasks.data.batch_index import batches
from tasks.models import registry
from tasks.quarantine.records import held_batches
from tests.helpers.digits import (
    DIGITS,
    FIRST,
    SECOND,
    add,
    learnt_jointly,
    outcome,
    source,
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
    assert (done.promoted, done.version, champion().parent) == (True, 3, 2)
    assert model.statistics.digest == learnt_jointly(model, [base.id, first, second]).digest


def test_two_retrainings_at_once_both_land() -> None:
    [base] = batches(DIGITS)
    new = [add("first", FIRST), add("second", SECOND)]
    at_once(*(partial(learn_one, batch) for batch in new))
    model = registry.load(DIGITS)
    assert set(model.ledger) == {base.id, *new}
    assert model.statistics.digest == learnt_jointly(model, [base.id, *new]).digest


def learn_one(batch: str) -> Outcome:
    """Retrain on a batch; the gate stays out of it, as which batch comes first is left to chance."""
    done = outcome(retrain, dataset=DIGITS, batches=[batch], deciding=Deciding(margin=0.5))
    assert done.state in ("Promoted", "Nothing to learn"), done.reason
    return done


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """The results of calls that are made at once; the first error is raised."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def test_eight_retrainings_at_once_all_end_in_the_champion_with_one_version_each() -> None:
    [base] = batches(DIGITS)
    new = [add(f"part {start}", slice(start, start + 60)) for start in range(500, 980, 60)]
    at_once(*(partial(learn_one, batch) for batch in new))
    model = registry.load(DIGITS)
    assert set(model.ledger) == {base.id, *new}
    assert model.statistics.digest == learnt_jointly(model, [base.id, *new]).digest
    assert len(registry.versions(DIGITS)) <= 1 + 8


def test_one_file_ingested_six_times_at_once_is_one_batch() -> None:
    path = source("first", FIRST)
    done = at_once(*(partial(outcome, ingest, path=path, dataset=DIGITS) for _ in range(6)))
    assert {one.state for one in done} == {"Versioned"}
    assert sum("is versioned" in one.reason for one in done) == 1
    assert len(batches(DIGITS)) == 2
    assert held_batches(DIGITS) == []
