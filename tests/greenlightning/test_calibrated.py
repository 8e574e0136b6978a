"""A model's probabilities stay as sure as they are right while batches come and go, by its sums alone."""

from dataclasses import replace

import numpy as np
import pytest

from greenlightning.data.batch import Batch
from greenlightning.linear.probabilities import UNCALIBRATED, Calibration, class_probabilities
from greenlightning.model import GreenLightningModel
from tests.helpers.small import blobs, joined_recipe

X, y = blobs(300, n_classes=6)
BASE, LATER = (Batch(X[rows], y[rows], name) for rows, name in ((y < 3, "base"), (y >= 3, "later")))
FROZEN = Calibration(0.5, 8.0, level=0.9)


def learnt() -> GreenLightningModel:
    return replace(GreenLightningModel.empty(joined_recipe(4), alpha=1e-2), calibration=FROZEN).learn(BASE)


def own_class_score(model: GreenLightningModel, *batches: Batch) -> float:
    """Mean score of each row's own class, row by row."""
    found = []
    for batch in batches:
        columns = [model.classes.index(label) for label in batch.y.tolist()]
        found.append(model.decision_function(batch.X)[np.arange(batch.rows), columns])
    return float(np.concatenate(found).mean())


def test_the_sums_tell_what_a_row_scores_for_its_own_class() -> None:
    model = learnt().learn(LATER)
    told = model.coefficients.own_class_score(model.statistics, model.paths)
    assert told == pytest.approx(own_class_score(model, BASE, LATER), abs=1e-9)


def test_both_numbers_rise_as_that_score_falls() -> None:
    """Three classes more: each row scores less for its own, and probabilities are as much sharper."""
    before, after = learnt(), learnt().learn(LATER)
    assert own_class_score(before, BASE) > own_class_score(after, BASE, LATER) > 0
    sharper = 0.9 / own_class_score(after, BASE, LATER)
    assert (after.calibrated.power, after.calibrated.slope) == pytest.approx((0.5 * sharper, 8.0 * sharper))
    assert after.calibrated.slope > before.calibrated.slope
    expected = class_probabilities(after.decision_function(X), after.calibrated)
    assert after.predict_proba(X) == pytest.approx(expected)


def test_forgetting_gives_the_former_probabilities_back_to_the_bit() -> None:
    base = learnt()
    again = base.learn(LATER).forget(LATER)
    solved = replace(again)
    assert solved.calibrated == base.calibrated
    assert np.array_equal(solved.predict_proba(X), base.predict_proba(X))


@pytest.mark.parametrize("frozen", [UNCALIBRATED, Calibration(0.5, 8.0)])
def test_models_without_such_a_score_keep_their_numbers(frozen: Calibration) -> None:
    model = replace(learnt().learn(LATER), calibration=frozen)
    assert model.calibrated == frozen
    assert "level" not in frozen.to_dict()


def test_the_score_comes_back_from_disk() -> None:
    assert Calibration(**FROZEN.to_dict()) == FROZEN


def test_a_score_that_says_nothing_changes_nothing() -> None:
    assert FROZEN.at(0.0) == FROZEN.at(-0.1) == FROZEN
