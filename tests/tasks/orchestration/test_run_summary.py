"""What MLflow knows of a run, as the run's page shows it."""

from pathlib import Path

import pytest

from tasks.core.constants import Alias, Tag
from tasks.models import registry
from tasks.orchestration.dashboards import Dashboards
from tasks.orchestration.run_summary import RunSummary, ScorePair, settling_picture, source_of
from tests.helpers.digits import DIGITS


def test_the_difference_is_challenger_minus_champion() -> None:
    assert ScorePair("accuracy", 0.8, 0.7).difference == pytest.approx(0.1)
    assert ScorePair("accuracy", 0.8, None).difference is None


def test_predictions_of_labelled_rows_have_their_scores() -> None:
    [pair] = RunSummary("1", "r", {"predicted_macro_f1": 0.9}, {}, Dashboards()).compared
    assert (pair.name, pair.challenger, pair.champion) == ("macro-F1 on the rows that have a label", 0.9, None)


def test_an_interval_needs_both_ends_and_the_margin() -> None:
    metrics = {"gate_lower": -0.02, "gate_upper": 0.01, "gate_margin": 0.01}
    assert RunSummary("1", "r", metrics, {}, Dashboards()).interval == (-0.02, 0.01, 0.01)
    del metrics["gate_margin"]
    assert RunSummary("1", "r", metrics, {}, Dashboards()).interval is None


def test_a_training_has_a_settling_curve_scores_and_batches(champion: Path) -> None:
    first = registry.version(DIGITS, Alias.CHAMPION)
    found = RunSummary.of(first.run_id)
    assert found.trained_structure and found.parent is None
    picture = settling_picture(first.run_id)
    assert picture and picture.startswith(b"\x89PNG")
    assert [pair.champion for pair in found.compared] == [None] * len(found.compared)
    [batch] = first.batches
    assert [(one.batch, one.rows, one.source, one.page) for one in found.learnt(DIGITS, {batch: 400})] == [
        (batch, 400, "base.parquet", None)
    ]
    assert found.tags[Tag.DATASET] == DIGITS
    assert source_of(DIGITS, "f" * 16) == "at a site"
