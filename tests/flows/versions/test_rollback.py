"""Rolling back serves the version before, and is audited."""

import pytest

from flows.learning.retrain import retrain
from flows.versions.rollback import rollback
from greenlightning.errors import InputError, NothingServedError
from tasks.core.constants import Kind, Tag
from tasks.models import registry
from tasks.tracking.client import connect
from tests.helpers.digits import (
    DIGITS,
    FIRST,
    add,
    champion_number,
    outcome,
)

pytestmark = pytest.mark.usefixtures("prefect")


@pytest.mark.usefixtures("champion")
def test_rolling_back_serves_the_version_before_and_is_audited_as_a_run() -> None:
    add("first", FIRST)
    outcome(retrain, dataset=DIGITS)
    back = outcome(rollback, dataset=DIGITS, reason="worse on Mondays")
    assert (back.state, back.version, champion_number()) == ("Rolled back", 1, 1)
    run = connect().get_run(back.run_id)
    assert (run.data.tags[Tag.KIND], run.data.tags[Tag.REASON]) == (Kind.ROLLBACK, "worse on Mondays")
    assert registry.version(DIGITS, 1).tags[Tag.ROLLED_BACK_FROM] == "2"
    assert outcome(rollback, dataset=DIGITS, to=2, reason="a test").version == champion_number() == 2
    with pytest.raises(NothingServedError, match="has no version 9"):
        outcome(rollback, dataset=DIGITS, to=9, reason="a test")
    with pytest.raises(InputError, match="serving already"):
        outcome(rollback, dataset=DIGITS, to=2, reason="a test")
    assert champion_number() == 2
