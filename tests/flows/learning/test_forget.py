"""Forgetting a batch gives the model that never learnt it, and the notes say what the frozen parts keep."""

import pytest
from prefect.exceptions import ParameterTypeError

from flows.learning.forget import forget
from flows.learning.retrain import retrain
from flows.learning.train import train
from greenlightning.errors import InputError, LedgerError, NothingServedError
from tasks.core.constants import Alias, Kind, Tag
from tasks.data.batch_index import batches
from tasks.models import registry
from tests.helpers.digits import (
    DIGITS,
    FIRST,
    LEARNING,
    SECOND,
    THIRD,
    add,
    learnt_jointly,
    outcome,
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


def test_forgetting_gives_the_digest_of_never_learnt() -> None:
    base, first, second = two_batches()
    done = outcome(forget, dataset=DIGITS, batch=first, reason="withdrawn consent")
    model = registry.load(DIGITS)
    assert model.statistics.digest == learnt_jointly(model, [base, second]).digest
    assert (done.state, done.version, set(model.ledger)) == ("Promoted", 3, {base, second})
    assert done.reason == f"batch {first} forgotten: withdrawn consent"
    left, digests = done.notes
    assert left == f"Batch {first} is forgotten without trace: neither structure nor recipe was made from it."
    assert f"became {model.statistics.digest[:16]}, the exact sums of the " in digests
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
    note, _ = done.notes
    assert "but the structure and the landmarks were made with it" in note
    assert "forget --strict makes them again without it" in note
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
    assert "forgotten without trace" in done.notes[-2]
    assert done.notes[-2] in champion().description
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
