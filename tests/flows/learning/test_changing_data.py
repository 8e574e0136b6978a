"""What changes a champion besides new data: forgetting, sites, new labels, rivals and kills."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prefect.exceptions import ParameterTypeError

import flows.learning.federate
import flows.learning.retrain_dataset
from flows.learning.federate import federate
from flows.learning.forget import forget
from flows.learning.retrain import retrain
from flows.learning.train import train
from flows.versions.rollback import rollback
from greenlightning.errors import InputError, IntegrityError, LedgerError, MismatchError, NothingServedError
from greenlightning.linear.statistics import Statistics
from tasks.core.constants import Alias, Kind, Tag
from tasks.core.workspace import Workspace
from tasks.data.batch_index import batches
from tasks.models import registry
from tasks.tracking.client import connect, experiment_id
from tests.helpers.digits import (
    DIGITS,
    FIRST,
    LEARNING,
    SECOND,
    THIRD,
    X,
    add,
    drop,
    frame_file,
    learnt_jointly,
    outcome,
    source,
    y,
)

pytestmark = pytest.mark.usefixtures("prefect", "champion")


def champion() -> registry.VersionInfo:
    return registry.version(DIGITS, Alias.CHAMPION)


def two_batches() -> tuple[str, str, str]:
    """The base and two more batches, all learnt."""
    [base] = batches(DIGITS)
    first, second = add("first", FIRST), add("second", SECOND)
    assert outcome(retrain, dataset=DIGITS).promoted
    return base.id, first, second


# --- forgetting -------------------------------------------------------------------------------------------------


def test_forgetting_gives_the_digest_of_never_learnt() -> None:
    base, first, second = two_batches()
    done = outcome(forget, dataset=DIGITS, batch=first, reason="withdrawn consent")
    model = registry.load(DIGITS)
    assert model.statistics.digest == learnt_jointly(model, [base, second]).digest
    assert (done.state, done.version, set(model.ledger)) == ("Promoted", 3, {base, second})
    assert done.reason == f"batch {first} forgotten: withdrawn consent"
    assert done.notes == (f"Batch {first} is forgotten without trace: neither structure nor recipe ever saw it.",)
    assert champion().tags[Tag.KIND] == Kind.FORGET


def test_a_forgotten_batch_is_not_learnt_again_unless_it_is_asked_for() -> None:
    _, first, second = two_batches()
    outcome(forget, dataset=DIGITS, batch=first)
    assert outcome(retrain, dataset=DIGITS).state == "Nothing to learn"
    third = add("third", THIRD)
    assert outcome(retrain, dataset=DIGITS).learnt == {third: 200}
    assert champion().forgotten == {first}
    done = outcome(train, dataset=DIGITS, learning=LEARNING)
    assert first not in registry.version(DIGITS, done.version).batches
    assert outcome(retrain, dataset=DIGITS, batches=[first]).learnt == {first: 200}
    assert champion().forgotten == frozenset()
    assert {first, second, third} < set(champion().batches)


def test_forgetting_a_base_batch_says_what_the_frozen_parts_keep() -> None:
    base, first, second = two_batches()
    done = outcome(forget, dataset=DIGITS, batch=base)
    model = registry.load(DIGITS)
    assert model.statistics.digest == learnt_jointly(model, [first, second]).digest
    [note] = done.notes
    assert "helped to make the structure and the landmarks" in note
    assert "forget --strict makes them again" in note
    assert note in champion().description


def test_forgetting_strictly_extracts_structure_and_recipe_without_the_batch() -> None:
    base, first, second = two_batches()
    before = registry.load(DIGITS)
    done = outcome(forget, dataset=DIGITS, batch=base, strict=True, learning=LEARNING)
    model = registry.load(DIGITS)
    assert (done.promoted, set(model.ledger)) == (True, {first, second})
    assert set(model.structure.seen) == set(model.paths.seen) == {first, second}
    assert model.structure.digest != before.structure.digest
    assert model.remembered_by(base) == ()
    assert "forgotten without trace" in champion().description
    assert champion().tags[Tag.REASON].startswith(f"batch {base} forgotten")
    assert outcome(retrain, dataset=DIGITS).state == "Nothing to learn"


@pytest.mark.parametrize("strict", [False, True])
def test_what_was_never_learnt_cannot_be_forgotten(strict: bool) -> None:
    with pytest.raises(NothingServedError, match="has no batch 0123456789abcdef"):
        outcome(forget, dataset=DIGITS, batch="0123456789abcdef", strict=strict)
    with pytest.raises(ParameterTypeError, match=r"'\.\./x' is not a batch id"):
        outcome(forget, dataset=DIGITS, batch="../x", strict=strict)
    first = add("first", FIRST)
    with pytest.raises(LedgerError, match=f"{first} is not in the ledger"):
        outcome(forget, dataset=DIGITS, batch=first, strict=strict)
    assert [info.version for info in registry.versions(DIGITS)] == [1]


def test_the_only_batch_cannot_be_forgotten() -> None:
    [base] = batches(DIGITS)
    for strict in (False, True):
        with pytest.raises(InputError, match="No batch would be left"):
            outcome(forget, dataset=DIGITS, batch=base.id, strict=strict)
    assert champion().version == 1


# --- sites ------------------------------------------------------------------------------------------------------


def test_a_federation_equals_the_centralised_model() -> None:
    sites = {"north": source("north", FIRST), "south": source("south", SECOND)}
    done = outcome(federate, dataset=DIGITS, sites=sites)
    federated = registry.load(DIGITS)
    assert (done.state, len(done.learnt), champion().tags[Tag.KIND]) == ("Promoted", 2, Kind.FEDERATE)
    assert {entry.site for entry in federated.ledger.entries.values()} == {None, "north", "south"}
    outcome(rollback, dataset=DIGITS, to=1, reason="a test")
    named = [add("north", FIRST), add("south", SECOND)]
    outcome(retrain, dataset=DIGITS, batches=named)
    central = registry.load(DIGITS)
    assert federated.statistics.digest == central.statistics.digest
    assert np.array_equal(federated.decision_function(X[THIRD]), central.decision_function(X[THIRD]))


def tampered(change: Callable[[Path], None]) -> Callable[..., Path]:
    """``site_statistics``, with what the site south sends changed on the way."""
    send = flows.learning.federate.site_statistics

    def sent(site: str, *rest: Any) -> Path:
        place = send(site, *rest)
        if site == "south":
            change(place)
        return place

    return sent


def inflate(place: Path) -> None:
    """Statistics with a digest of their own that no samples can have: labels that outweigh their features."""
    found = Statistics.load(place)
    replace(found, B=found.B * 100).save(place)


def flip(place: Path) -> None:
    [file] = place.glob("*.safetensors")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (inflate, MismatchError, "The statistics of south are not those of samples"),
        (flip, IntegrityError, "What site south sent is damaged"),
    ],
)
def test_tampered_statistics_are_refused_by_the_name_of_their_site(
    change: Callable[[Path], None], error: type[Exception], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flows.learning.federate, "site_statistics", tampered(change))
    sites = {"north": source("north", FIRST), "south": source("south", SECOND)}
    with pytest.raises(error, match=said):
        outcome(federate, dataset=DIGITS, sites=sites)
    assert [info.version for info in registry.versions(DIGITS)] == [1]


def broken_sites() -> dict[str, tuple[dict[str, Path], str]]:
    """Sites by what is wrong with one of them, and what must be said of it."""
    north = source("north", FIRST)
    torn = X[SECOND].copy()
    torn[3, 4] = np.nan
    swapped = Path(north).with_name("swapped.parquet")
    import pandas as pd

    frame = pd.read_parquet(north)
    frame[[*frame.columns[1::-1], *frame.columns[2:]]].to_parquet(swapped)
    return {
        "labels": ({"north": source("new", SECOND, y[SECOND] + 5)}, r"Site north has unknown labels \[10, 11"),
        "twice": ({"north": north, "south": north}, "Site south sent batch [0-9a-f]{16}, which is learnt already"),
        "missing": ({"north": frame_file("torn", torn, y[SECOND])}, "Site north: "),
        "columns": ({"north": swapped}, "The columns of site north are not those of the base"),
        "path": ({"../north": north}, r"site name '\.\./north' is not allowed"),
        "absent": ({"north": Path("nowhere.parquet")}, "nowhere.parquet does not exist"),
        "none": ({}, "No site takes part"),
    }


@pytest.mark.parametrize("fault", ["labels", "twice", "missing", "columns", "path", "absent", "none"])
def test_a_site_with_a_fault_is_refused_in_one_line(fault: str) -> None:
    sites, said = broken_sites()[fault]
    with pytest.raises((InputError, MismatchError), match=said):
        outcome(federate, dataset=DIGITS, sites=sites)
    assert champion().version == 1
    assert list(Workspace.current().scratch.iterdir()) == []


def test_a_site_may_bring_new_labels_where_that_is_allowed() -> None:
    sites = {"north": source("north", SECOND, y[SECOND] + 5)}
    done = outcome(federate, dataset=DIGITS, sites=sites, allow_new_labels=True)
    assert registry.load(DIGITS, done.version).classes == tuple(range(15))


# --- new labels -------------------------------------------------------------------------------------------------


def with_a_new_label() -> np.ndarray:
    labels = y[FIRST].copy()
    labels[labels == 3] = 11
    return labels


def test_new_labels_are_quarantined_by_default() -> None:
    landed = drop("new", FIRST, with_a_new_label())
    done = outcome(retrain, dataset=DIGITS)
    assert (done.state, [aside.batch for aside in done.quarantined]) == ("Quarantined", [landed.id])
    assert "Labels that the base does not know: 11" in done.reason
    assert champion().version == 1


def test_new_labels_are_learnt_where_that_is_allowed_and_known_from_then_on() -> None:
    drop("new", FIRST, with_a_new_label())
    done = outcome(retrain, dataset=DIGITS, allow_new_labels=True)
    assert (done.state, registry.load(DIGITS).classes) == ("Promoted", (*range(10), 11))
    labels = y[SECOND].copy()
    labels[labels == 3] = 11
    later = drop("later", SECOND, labels)
    assert outcome(retrain, dataset=DIGITS).learnt == {later.id: 200}


# --- rivals -----------------------------------------------------------------------------------------------------


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


# --- kills ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["registry.log_model", "registry.register_model", "champion.promote.fn"])
def test_a_kill_leaves_the_old_champion_serving_and_the_next_retraining_finishes(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    [base] = batches(DIGITS)
    first = add("first", FIRST)
    with monkeypatch.context() as patch:
        patch.setattr(f"tasks.models.{where}", interrupted)
        with pytest.raises(KeyboardInterrupt):
            retrain(DIGITS, return_state=True)
    assert champion().version == 1
    assert registry.load(DIGITS).statistics.n == 400
    assert list(Workspace.current().scratch.iterdir()) == []
    client = connect()
    runs = client.search_runs([experiment_id(DIGITS)], "attributes.status = 'KILLED'")
    assert Kind.RETRAIN in {run.data.tags[Tag.KIND] for run in runs}
    done = outcome(retrain, dataset=DIGITS)
    model = registry.load(DIGITS)
    assert (done.promoted, done.learnt) == (True, {first: 200})
    assert model.statistics.digest == learnt_jointly(model, [base.id, first]).digest


def interrupted(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


DIE = """
import os, sys
from flows.engine.session import session
from tasks.core.constants import Kind

with session("digits", Kind.RETRAIN, "killed") as run:
    (run.folder / "half").write_text("")
    os._exit(9)
"""


def test_the_next_run_ends_what_a_killed_process_left() -> None:
    assert subprocess.run([sys.executable, "-c", DIE], cwd=Path(__file__).parents[3]).returncode == 9
    [left] = Workspace.current().scratch.iterdir()
    assert connect().get_run(left.name).info.status == "RUNNING"
    add("first", FIRST)
    assert outcome(retrain, dataset=DIGITS).promoted
    assert connect().get_run(left.name).info.status == "KILLED"
    assert list(Workspace.current().scratch.iterdir()) == []


def test_what_a_flow_came_to_is_plain_json() -> None:
    add("first", FIRST)
    found = json.loads(outcome(retrain, dataset=DIGITS).model_dump_json())
    assert (found["state"], found["version"], list(found["learnt"].values())) == ("Promoted", 2, [200])
