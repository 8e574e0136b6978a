"""Labels that the base does not know are quarantined, or learnt where that is allowed."""

import numpy as np
import pytest

from flows.learning.retrain import retrain
from tasks.core.constants import Alias
from tasks.models import registry
from tests.helpers.digits import (
    DIGITS,
    FIRST,
    SECOND,
    drop,
    outcome,
    y,
)

pytestmark = pytest.mark.usefixtures("prefect", "champion")


def champion() -> registry.VersionInfo:
    return registry.version(DIGITS, Alias.CHAMPION)


def with_a_new_label() -> np.ndarray:
    labels = y[FIRST].copy()
    labels[labels == 3] = 11
    return labels


def test_new_labels_are_quarantined_by_default() -> None:
    landed = drop("new", FIRST, with_a_new_label())
    done = outcome(retrain, dataset=DIGITS)
    assert (done.state, [one.batch for one in done.quarantined]) == ("Quarantined", [landed.id])
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
