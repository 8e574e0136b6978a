"""Promotion by hand: audited, refused where the champion changed meanwhile, and reversible."""

import pytest
from prefect.exceptions import ParameterTypeError

import flows.versions.promote
from flows.learning.retrain import retrain
from flows.versions.pin import pin
from flows.versions.promote import promote
from flows.versions.rollback import rollback
from greenlightning.errors import InputError, IntegrityError, MismatchError, NothingServedError
from tasks.core.constants import Alias, Kind, Tag
from tasks.models import registry
from tasks.models.logged_models import STATISTICS_FILE
from tasks.models.retention import files_of
from tasks.tracking.client import connect
from tests.helpers.digits import DIGITS, FIRST, add, drop, outcome, y

pytestmark = pytest.mark.usefixtures("prefect", "champion")


def served() -> registry.VersionInfo:
    return registry.version(DIGITS, Alias.CHAMPION)


def kept_challenger() -> str:
    """A batch of wrong labels that the gate kept out: version 2 is the challenger."""
    bad = drop("mislabelled", slice(500, 1300), 9 - y[500:1300])
    assert outcome(retrain, dataset=DIGITS).state == "Kept"
    return bad.id


def test_a_challenger_that_is_promoted_by_hand_serves_and_the_run_says_who_what_and_why() -> None:
    bad = kept_challenger()
    why = "the labels are right, the holdout is not"
    done = outcome(promote, dataset=DIGITS, version=2, reason=why)
    assert (done.state, done.version, served().version) == ("Promoted", 2, 2)
    assert registry.version(DIGITS, Alias.PREVIOUS).version == 1
    run = connect().get_run(done.run_id)
    audit = {tag: run.data.tags.get(tag) for tag in (Tag.KIND, Tag.FROM_VERSION, Tag.TO_VERSION, Tag.REASON)}
    assert list(audit.values()) == [Kind.PROMOTE, "1", "2", why]
    assert run.data.tags["mlflow.user"]
    assert (served().tags[Tag.REPLACED], served().tags[Tag.PROMOTION_REASON]) == ("1", why)
    assert bad in served().batches


def test_promoting_what_serves_or_is_not_there_or_without_a_reason_changes_nothing() -> None:
    with pytest.raises(InputError, match="digits version 1 is serving already"):
        outcome(promote, dataset=DIGITS, version=1, reason="again")
    with pytest.raises(NothingServedError, match="has no version 7"):
        outcome(promote, dataset=DIGITS, version=7, reason="lucky")
    for decide, more in ((promote, {"version": 2}), (rollback, {}), (pin, {"version": 1})):
        with pytest.raises(ParameterTypeError, match="A decision needs a reason"):
            outcome(decide, dataset=DIGITS, reason="  ", **more)
    assert (served().version, Tag.PINNED in served().tags) == (1, False)


def test_a_promotion_by_hand_is_refused_where_the_champion_moved_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept_challenger()
    check = flows.versions.promote.check_loadable

    def overtaken(dataset: str, number: int) -> None:
        check(dataset, number)
        add("second", slice(1300, 1500))
        assert outcome(retrain, dataset=DIGITS).version == served().version == 3

    monkeypatch.setattr(flows.versions.promote, "check_loadable", overtaken)
    with pytest.raises(MismatchError, match="Another version than 1 became the champion"):
        outcome(promote, dataset=DIGITS, version=2, reason="a hunch")
    assert served().version == 3


def test_a_version_whose_files_are_gone_is_neither_promoted_nor_rolled_back_to() -> None:
    add("first", FIRST)
    outcome(retrain, dataset=DIGITS)
    files_of(registry.version(DIGITS, 1)).delete_artifacts(STATISTICS_FILE)
    for decide in (promote, rollback):
        with pytest.raises(IntegrityError, match="The files of digits version 1 are missing or corrupt"):
            outcome(decide, dataset=DIGITS, reason="back", **({"version": 1} if decide is promote else {"to": 1}))
    assert served().version == 2


def test_a_promotion_puts_nothing_in_doubt() -> None:
    bad = kept_challenger()
    good = add("good", slice(1300, 1500))
    outcome(retrain, dataset=DIGITS)
    done = outcome(promote, dataset=DIGITS, version=2, reason="the labels are right")
    assert done.notes == (f"batch {good}, which version 3 had learnt, is learnt again by the next retraining",)
    assert (set(served().batches) & {bad, good}, served().held_back) == ({bad}, {})
