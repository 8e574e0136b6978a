"""A pin is a tag with its reason, and comes off again."""

import pytest

from flows.versions.pin import pin, unpin
from greenlightning.errors import InputError, NothingServedError
from tasks.core.constants import Alias, Tag
from tasks.models import registry
from tests.helpers.digits import DIGITS, outcome

pytestmark = pytest.mark.usefixtures("prefect", "champion")


def served() -> registry.VersionInfo:
    return registry.version(DIGITS, Alias.CHAMPION)


def test_a_pin_is_a_tag_with_its_reason_and_comes_off_again() -> None:
    assert outcome(pin, dataset=DIGITS, version=1, reason="in the paper").state == "Pinned"
    assert served().tags[Tag.PINNED] == "in the paper"
    assert outcome(unpin, dataset=DIGITS, version=1).state == "Unpinned"
    assert Tag.PINNED not in served().tags
    with pytest.raises(InputError, match="digits version 1 is not pinned"):
        outcome(unpin, dataset=DIGITS, version=1)
    with pytest.raises(NothingServedError, match="has no version 5"):
        outcome(pin, dataset=DIGITS, version=5, reason="none")
