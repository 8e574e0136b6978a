"""The champion moves to a whole version in one step: after a race or a kill the old one or the new one serves."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from greenlightning.errors import InputError, NothingServedError
from tasks.core.constants import Alias, Tag
from tasks.models import champion, registry
from tasks.models.serving_history import history_of
from tasks.tracking.client import connect
from tests.helpers.versions import aliases, bare_versions, killed_at

pytestmark = pytest.mark.usefixtures("mlflow_home")


def test_only_a_version_that_exists_is_promoted_or_rolled_back() -> None:
    bare_versions(1)
    with pytest.raises(NothingServedError, match="has no version 9"):
        champion.promote.fn("digits", 9, None)
    with pytest.raises(NothingServedError, match="has no champion"):
        champion.rollback.fn("digits")


def test_promotion_names_the_champion_the_previous_and_no_challenger() -> None:
    bare_versions(2)
    assert champion.promote.fn("digits", 1, None)
    champion.set_challenger.fn("digits", 2)
    assert aliases() == {"champion": 1, "challenger": 2}
    assert champion.promote.fn("digits", 2, 1, "0.91 against 0.90")
    assert aliases() == {"champion": 2, "previous": 1}
    serving = registry.champion("digits")
    assert serving and serving.tags[Tag.PROMOTION_REASON] == "0.91 against 0.90"
    assert serving.tags[Tag.REPLACED] == "1"
    assert Tag.PROMOTED_AT in serving.tags
    assert [info.version for info in registry.versions("digits")] == [2, 1]
    assert [info.aliases for info in registry.versions("digits")] == [("champion",), ("previous",)]


@pytest.mark.parametrize(
    ("serving", "expected", "moved"),
    [(None, None, True), (None, 1, False), (1, None, False), (1, 1, True), (1, 2, False), (3, None, True)],
)
def test_promotion_lands_only_on_the_champion_it_was_compared_with(
    serving: int | None, expected: int | None, moved: bool
) -> None:
    bare_versions(3)
    if serving:
        connect().set_registered_model_alias("digits", Alias.CHAMPION, str(serving))
    assert champion.promote.fn("digits", 3, expected) is moved
    now = registry.champion("digits")
    assert (now.version if now else None) == (3 if moved else serving)


def test_of_two_promotions_at_once_exactly_one_lands() -> None:
    bare_versions(3)
    champion.promote.fn("digits", 1, None)
    with ThreadPoolExecutor(2) as pool:
        landed = list(pool.map(lambda number: champion.promote.fn("digits", number, 1), (2, 3)))
    assert sorted(landed) == [False, True]
    assert aliases() == {"champion": (2, 3)[landed.index(True)], "previous": 1}


def test_a_kill_at_any_step_of_a_promotion_leaves_a_champion_and_a_way_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bare_versions(3)
    champion.promote.fn("digits", 1, None)
    champion.promote.fn("digits", 2, 1)
    for step in range(20):
        with killed_at(step, monkeypatch) as done:
            try:
                champion.promote.fn("digits", 3, 2)
                break
            except KeyboardInterrupt:
                pass
        if aliases()["champion"] == 3:
            break
        assert aliases()["champion"] == 2
        assert champion.previous_version(registry.version("digits", Alias.CHAMPION)) == 1
    assert done[-1] == "set_registered_model_alias"
    assert aliases() == {"champion": 3, "previous": 2}
    (*_, last) = history_of("digits").periods
    assert (last.version, last.end) == (3, None)


def test_rollback_serves_the_previous_champion_and_back_again_and_says_so() -> None:
    bare_versions(3)
    champion.promote.fn("digits", 1, None)
    with pytest.raises(NothingServedError, match="before"):
        champion.rollback.fn("digits")
    champion.promote.fn("digits", 2, 1)
    champion.promote.fn("digits", 3, 2)
    assert champion.rollback.fn("digits", reason="complaints") == 2
    assert aliases() == {"champion": 2, "previous": 3}
    tags = registry.version("digits", 2).tags
    assert (tags[Tag.ROLLED_BACK_FROM], tags[Tag.PROMOTION_REASON]) == ("3", "complaints")
    assert champion.rollback.fn("digits") == 3
    assert champion.rollback.fn("digits", to=1) == 1
    assert aliases() == {"champion": 1, "previous": 3}
    with pytest.raises(InputError, match="serving already"):
        champion.rollback.fn("digits", to=1)


def test_a_change_of_one_version_reads_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def read_all(*_: object) -> None:
        raise AssertionError("MLflow reads all versions")

    bare_versions(2)
    with monkeypatch.context() as patch:
        patch.setattr("mlflow.MlflowClient.get_registered_model", read_all)
        champion.promote.fn("digits", 1, None)
        champion.promote.fn("digits", 2, 1)
        champion.rollback.fn("digits")
    assert aliases()["champion"] == 1
