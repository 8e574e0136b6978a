"""The version that answers: the champion, one by number, or the one that served at a moment."""

from datetime import UTC, datetime

import pytest

from greenlightning.errors import InputError, NothingServedError
from tasks.models import champion
from tasks.predictions.answering import answering
from tests.helpers.versions import bare_versions

pytestmark = pytest.mark.usefixtures("mlflow_home")


def test_the_champion_answers_unless_a_version_or_a_moment_is_named() -> None:
    bare_versions(3)
    champion.promote.fn("digits", 1, None)
    while_one_served = datetime.now(UTC).isoformat()
    champion.promote.fn("digits", 2, 1)
    assert answering("digits")[0].version == 2
    assert answering("digits", number=3)[0].version == 3
    assert answering("digits", at=while_one_served)[0].version == 1
    assert answering("digits", at=f"{datetime.now(UTC):%Y-%m-%d}")[0].version == 2


def test_a_number_and_a_moment_are_one_too_many() -> None:
    with pytest.raises(InputError, match=r"Give --version or --at"):
        answering("digits", number=1, at="2026-11-25")


def test_without_a_champion_nobody_answers() -> None:
    with pytest.raises(NothingServedError, match="no champion yet"):
        answering("digits")
    bare_versions(1)
    champion.promote.fn("digits", 1, None)
    with pytest.raises(NothingServedError, match="No version of 'digits' served"):
        answering("digits", at="2020-01-01")
