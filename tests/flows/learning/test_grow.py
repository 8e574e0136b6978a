"""Where health is red the structure grows: old gates stay, the result serves, and later batches are green."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from flows.engine.outcome import Outcome
from flows.learning.federate import federate
from flows.learning.forget import forget
from flows.learning.ingest import ingest
from flows.learning.retrain import retrain
from flows.versions.reproduce import reproduce
from flows.versions.rollback import rollback
from greenlightning.evaluation.comparison import Decision
from tasks.core.constants import Alias, Kind, Tag
from tasks.core.settings import Deciding
from tasks.data.batch_index import batches
from tasks.models import registry
from tasks.training.health import BatchHealth, health_reference_of
from tests.helpers.digits import BASE, DIGITS, X, add, frame_file, learnt_jointly, outcome, source, y

pytestmark = pytest.mark.usefixtures("prefect", "champion")


def noisy(name: str, rows: slice, seed: int) -> str:
    """The id of an ingested batch of digits under noise that turns health red."""
    noise = np.random.default_rng(seed).normal(0, 5, X[rows].shape)
    steady = X[BASE].std(axis=0) > 1
    path = frame_file(name, np.where(steady, (X[rows] + noise).clip(0, 16), X[rows]), y[rows])
    before = {ref.id for ref in batches(DIGITS)}
    assert outcome(ingest, path=path, dataset=DIGITS).state == "Versioned"
    [new] = {ref.id for ref in batches(DIGITS)} - before
    return new


def grown() -> tuple[str, Outcome]:
    red = noisy("noisy", slice(500, 900), 0)
    return red, outcome(retrain, dataset=DIGITS, on_red="grow")


def champion() -> registry.VersionInfo:
    return registry.version(DIGITS, Alias.CHAMPION)


def parts(batch: str) -> tuple[str, ...]:
    return registry.load(DIGITS).remembered_by(batch)


def learnt() -> Sequence[str]:
    return list(champion().batches)


def test_a_red_batch_grows_the_structure_and_later_ones_are_green() -> None:
    [base] = batches(DIGITS)
    old = registry.load(DIGITS)
    assert outcome(retrain, dataset=DIGITS, on_red="grow", dry_run=True).notes == ()
    red, done = grown()
    model, serving = registry.load(DIGITS), champion()
    assert (done.promoted, done.version, done.health) == (True, serving.version, "red")
    assert (serving.tags[Tag.KIND], done.learnt) == (Kind.GROW, {red: 400})
    assert "the structure has grown and serves" in done.notes[0]
    assert model.structure.digest == old.structure.digest == serving.structures[0]
    assert len(serving.structures) == 2
    assert model.paths.n_features_out > old.paths.n_features_out
    assert model.statistics.digest == learnt_jointly(model, learnt()).digest
    assert parts(red) == ("structure 2", "landmarks 2")
    assert parts(base.id) == ("structure", "landmarks", "structure 2", "landmarks 2")
    before, after = health_reference_of(registry.version(DIGITS, 1)), health_reference_of(serving)
    assert before and after and before.digest != after.digest
    for name, rows, seed in (("again", slice(900, 1200), 1), ("and again", slice(1200, 1500), 2)):
        noisy(name, rows, seed)
        later = outcome(retrain, dataset=DIGITS, on_red="grow")
        assert later.health == "green", later.notes
        assert champion().tags[Tag.KIND] == Kind.RETRAIN
    assert health_reference_of(champion()).digest == after.digest  # type: ignore[union-attr]
    assert outcome(retrain, dataset=DIGITS, on_red="grow").state == "Nothing to learn"


def test_a_grown_version_is_reproduced_and_forgets_and_rolls_back() -> None:
    red, _ = grown()
    add("second", slice(900, 1100))
    outcome(retrain, dataset=DIGITS)
    found = outcome(reproduce, dataset=DIGITS, structure=True)
    assert "statistics equal to the bit, coefficients equal to the bit" in found.reason
    assert "structure, recipe and ridge strength extracted again" in found.notes[-1]
    done = outcome(forget, dataset=DIGITS, batch=red)
    assert "but the structure 2 and the landmarks 2 were made with it" in done.notes[0]
    model = registry.load(DIGITS)
    assert model.statistics.digest == learnt_jointly(model, learnt()).digest
    assert len(champion().structures) == 2
    outcome(rollback, dataset=DIGITS, to=1, reason="a test")
    assert len(champion().structures) == 1
    third = add("third", slice(1100, 1300))
    assert third in outcome(retrain, dataset=DIGITS).learnt
    assert len(champion().structures) == 1


def test_only_what_the_window_keeps_is_read() -> None:
    red = noisy("noisy", slice(500, 900), 0)
    done = outcome(retrain, dataset=DIGITS, on_red="grow", deciding=Deciding(keep="1 batches"))
    model = registry.load(DIGITS)
    assert (done.promoted, set(champion().batches), len(champion().structures)) == (True, {red}, 2)
    assert model.statistics.digest == learnt_jointly(model, [red]).digest
    assert any("rows in 1 batch were read for them" in note for note in done.notes)


def test_windows_side_by_side_are_made_again_under_the_grown_recipe() -> None:
    noisy("noisy", slice(500, 900), 0)
    auto = Deciding(keep="auto")
    assert outcome(retrain, dataset=DIGITS, on_red="grow", deciding=auto).promoted
    assert (champion().tags[Tag.KIND], Tag.WINDOWS in champion().tags) == (Kind.GROW, False)
    later = noisy("again", slice(900, 1200), 1)
    assert outcome(retrain, dataset=DIGITS, deciding=auto).learnt == {later: 300}
    assert Tag.WINDOWS in champion().tags
    assert outcome(reproduce, dataset=DIGITS).state == "Reproduced"


def test_what_was_learnt_while_red_grows_the_structure_later() -> None:
    red = noisy("noisy", slice(500, 900), 0)
    recommended = outcome(retrain, dataset=DIGITS)
    assert "--on-red grow (" in recommended.notes[0]
    assert "rows in 2 batches would be read again" in recommended.notes[0]
    plan = outcome(retrain, dataset=DIGITS, on_red="grow", dry_run=True)
    assert plan.state == "Planned"
    assert plan.notes[-1].startswith("where health is red the structure grows: 800 rows in 2 batches")
    assert "J (estimated from " in plan.notes[-1]
    done = outcome(retrain, dataset=DIGITS, on_red="grow")
    assert (done.learnt, champion().tags[Tag.KIND]) == ({}, Kind.GROW)
    assert parts(red) == ("structure 2", "landmarks 2")
    assert outcome(retrain, dataset=DIGITS, on_red="grow").state == "Nothing to learn"


def test_a_growth_that_loses_leaves_the_batch_to_the_old_gates_and_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    red = noisy("noisy", slice(500, 900), 0)

    def loses(*about: Any) -> Decision:
        return Decision(False, "champion kept: a test")

    monkeypatch.setattr("flows.learning.grow.decide", loses)
    done = outcome(retrain, dataset=DIGITS, on_red="grow")
    assert "the structure has grown, and lost: champion kept: a test" in done.notes[0]
    assert (done.promoted, done.learnt, len(champion().structures)) == (True, {red: 400}, 1)
    kinds = [info.tags[Tag.KIND] for info in registry.versions(DIGITS)]
    assert kinds == [Kind.RETRAIN, Kind.GROW, Kind.TRAIN]
    assert outcome(retrain, dataset=DIGITS, on_red="grow").state == "Nothing to learn"


def test_sites_take_part_under_a_grown_structure_and_it_does_not_grow_without_their_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grown()
    outcome(federate, dataset=DIGITS, sites={"north": source("north", slice(900, 1100))})
    federated = champion()
    assert (federated.tags[Tag.KIND], len(federated.structures)) == (Kind.FEDERATE, 2)
    noisy("upside down", slice(1100, 1300), 3)
    red = BatchHealth(verdict="red", reason="red: a test")
    monkeypatch.setattr("flows.learning.retrain_dataset.assess_batches", lambda *_: red)
    done = outcome(retrain, dataset=DIGITS, on_red="grow")
    assert "the structure cannot grow: the rows of batch" in done.notes[0]
    assert "stayed at their site" in done.notes[0]
    assert (done.promoted, len(champion().structures)) == (True, 2)
