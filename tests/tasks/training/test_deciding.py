"""The rule of a version: costs, a given threshold, the one before, or one that the holdout chose."""

from pathlib import Path

import numpy as np
import pytest

from greenlightning.data.batch import Batch
from greenlightning.errors import InputError, IntegrityError
from greenlightning.evaluation.conventional_network import random_gates
from greenlightning.evaluation.rules import DecisionRule
from greenlightning.model import GreenLightningModel
from greenlightning.paths import ExplicitPaths
from tasks.core.settings import DECIDING, Deciding
from tasks.training.deciding import with_rule
from tasks.training.scoring import answers_of, findings, gate_score

RNG = np.random.default_rng(0)
Y = (np.arange(1000) % 10 == 0).astype(int)
X = RNG.normal(size=(1000, 3)) + 0.9 * Y[:, None]


@pytest.fixture
def minority(tmp_path: Path) -> GreenLightningModel:
    """A saved model of two overlapping classes, one in ten rows of the second."""
    empty = GreenLightningModel.empty(ExplicitPaths.build(random_gates(X, (8,)), X), alpha=1.0)
    model = empty.learn(Batch(X[:500], Y[:500]))
    model.save(tmp_path)
    return model


def held(model: GreenLightningModel):
    return answers_of(model, X[500:], Y[500:])


def test_the_holdout_chooses_a_threshold_that_finds_the_minority(
    minority: GreenLightningModel, tmp_path: Path
) -> None:
    deciding = Deciding(metric="balanced_accuracy")
    assert (minority.predict(X[500:]) == 1).sum() < 25
    answers, [note] = with_rule(minority, held(minority), deciding, tmp_path)
    saved = GreenLightningModel.load(tmp_path)
    assert saved.rule.threshold is not None and saved.rule.threshold < 0.4
    assert saved.statistics == minority.statistics
    assert "instead of 0.5: balanced accuracy" in note
    assert "on the holdout, cross-fitted (" in note and "500 rows)" in note
    assert findings(saved, answers, deciding) == ()
    assert (saved.predict(X[500:]) == 1).sum() > 50


def test_a_given_threshold_is_taken_and_kept_on_request(minority: GreenLightningModel, tmp_path: Path) -> None:
    with_rule(minority, held(minority), Deciding(threshold=0.2), tmp_path)
    given = GreenLightningModel.load(tmp_path)
    assert given.rule == DecisionRule(threshold=0.2)
    assert np.array_equal(given.predict(X) == 1, given.predict_proba(X)[:, 1] >= 0.2)
    later = given.learn(Batch(X[500:600], Y[500:600]))
    later.save(tmp_path)
    with_rule(later, held(later), Deciding(threshold="keep"), tmp_path)
    assert GreenLightningModel.load(tmp_path).rule == DecisionRule(threshold=0.2)


def test_costs_decide_by_expectation_and_the_gate_compares_them(
    minority: GreenLightningModel, tmp_path: Path
) -> None:
    deciding = Deciding(costs={"1": {"0": 20.0}})
    answers, notes = with_rule(minority, held(minority), deciding, tmp_path)
    assert (gate_score(deciding, answers), notes) == ("cost", ())
    found = GreenLightningModel.load(tmp_path)
    expected = found.predict_proba(X) @ np.array([[0.0, 1.0], [20.0, 0.0]])
    assert np.array_equal(found.predict(X), expected.argmin(axis=1))
    again, _ = with_rule(found, held(found), DECIDING, tmp_path)
    assert again.rule == found.rule


def test_a_model_without_a_rule_is_written_as_before(minority: GreenLightningModel, tmp_path: Path) -> None:
    before = (tmp_path / "model.json").read_bytes()
    with_rule(minority, held(minority), DECIDING, tmp_path)
    assert (tmp_path / "model.json").read_bytes() == before


def test_the_rule_is_sealed(minority: GreenLightningModel, tmp_path: Path) -> None:
    with_rule(minority, held(minority), Deciding(threshold=0.2), tmp_path)
    about = (tmp_path / "model.json").read_text()
    (tmp_path / "model.json").write_text(about.replace('"threshold": 0.2', '"threshold": 0.9'))
    with pytest.raises(IntegrityError, match="do not belong together"):
        GreenLightningModel.load(tmp_path)


def test_costs_of_no_class_are_refused(minority: GreenLightningModel, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="The costs name 'yes', which is no class"):
        with_rule(minority, held(minority), Deciding(costs={"yes": {"0": 2.0}}), tmp_path)
