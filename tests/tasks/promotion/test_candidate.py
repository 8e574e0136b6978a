"""A candidate carries what its version will record: energy, rows and tags follow from the steps of its run."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from greenlightning.evaluation.comparison import Decision
from tasks.core.constants import BATCH_TAG, FORGOTTEN_TAG, HELD_BACK_TAG, Metric, Tag
from tasks.core.energy_cost import EnergyCost
from tasks.energy.from_scratch import NetworkRate
from tasks.models.version_info import VersionInfo
from tasks.promotion.candidate import Candidate
from tasks.quarantine.records import QuarantinedBatch
from tasks.training.evaluation import EvaluationResult
from tasks.training.health import BatchHealth
from tasks.training.structure import ExtractedStructure, TrainingResult

UNUSED: Any = SimpleNamespace(id="h" * 16)
PER_ROW = {
    Tag.NETWORK_SECONDS: "0.01",
    Tag.NETWORK_JOULES: "0.05",
    Tag.NETWORK_GCO2E: "0.001",
    Tag.NETWORK_TASK: "classification",
}
PARENT = VersionInfo(
    dataset="digits",
    version=4,
    run_id="r",
    created="2026-11-29",
    aliases=("champion",),
    tags={**PER_ROW, f"{BATCH_TAG}a": "", f"{FORGOTTEN_TAG}b": "true", f"{HELD_BACK_TAG}c": "3"},
    description="",
)


def cost(joules: float) -> EnergyCost:
    return EnergyCost(joules / 10, joules, joules / 100, "measured:rapl")


def retrained(**changes: Any) -> Candidate:
    """20 rows added to a model of 100, learnt for 3 J and evaluated for 1 J."""
    candidate = Candidate(
        dataset="digits",
        run_id="run",
        parent=PARENT,
        trained=TrainingResult(Path("model"), {"d": 20}, 100, cost(3), ("a note of the training",)),
        evaluated=EvaluationResult({"accuracy": 0.9}, cost(1)),
        decision=Decision(True, "promoted: holdout +0.01"),
        holdout=UNUSED,
        expectations=UNUSED,
    )
    return replace(candidate, **changes)


def test_a_retraining_avoids_what_training_all_rows_would_have_cost() -> None:
    candidate = retrained()
    assert candidate.spent.joules == 3 + 1
    assert candidate.avoided and candidate.avoided.joules == pytest.approx(100 * 46 * 0.05 - 4)
    assert candidate.avoided.within == pytest.approx((100 * 21 * 0.05 - 4, 100 * 100 * 0.05 - 4))
    assert candidate.avoided.source.startswith("estimated:network-cost-per-row-and-epoch")
    assert retrained(parent=replace(PARENT, tags={"training.joules_per_row": "2.0"})).avoided is None
    health = BatchHealth(verdict="red", reason="red: new patterns", spent=cost(2))
    assert retrained(health=health).spent.joules == 6
    assert retrained(health=health).notes == ("structure health red: new patterns", "a note of the training")


def test_its_version_names_the_parent_and_inherits_rate_and_batches_left_out() -> None:
    assert retrained().tags == {
        **PER_ROW,
        Tag.DECISION: "promoted",
        Tag.HOLDOUT: "h" * 16,
        Tag.REASON: "promoted: holdout +0.01",
        Tag.PARENT_VERSION: "4",
        f"{FORGOTTEN_TAG}0": '{"b":"true"}',
        f"{HELD_BACK_TAG}0": '{"c":"3"}',
    }
    kept = retrained(decision=Decision(False, "champion kept"), forgotten=("e",)).tags
    assert kept[Tag.DECISION] == "kept as challenger"
    assert kept[f"{FORGOTTEN_TAG}0"] == '{"b":"true","e":"true"}'


def test_a_first_training_avoids_nothing_and_measures_what_the_network_spends_on_a_row() -> None:
    network = NetworkRate(EnergyCost(0.02, 0.25, 0.003), "classification")
    extracted = ExtractedStructure(Path("structure"), 50, network, cost(100))
    first = retrained(parent=None, extracted=extracted)
    assert (first.spent.joules, first.avoided) == (104, None)
    assert first.tags[Tag.TRAINING_JOULES_PER_ROW] == "2.0"
    assert NetworkRate.of(first.tags) == NetworkRate(EnergyCost(0.02, 0.25, 0.003), "classification")
    assert Tag.PARENT_VERSION not in first.tags
    again = retrained(extracted=extracted)
    assert (again.avoided, again.tags[Tag.PARENT_VERSION]) == (None, "4")


@pytest.mark.parametrize(
    ("trained", "learnt", "touched"),
    [
        (TrainingResult(Path("model"), {"d": 20, "e": 5}, 100, cost(1)), 25, 25),
        (TrainingResult(Path("model"), {}, 80, cost(1), rows_forgotten=20), 0, 20),
    ],
)
def test_the_metrics_count_rows_learnt_and_rows_read(trained: TrainingResult, learnt: int, touched: int) -> None:
    bad = QuarantinedBatch(batch="f", source="f.csv", reasons=("no rows",))
    assert retrained(trained=trained, quarantined=(bad,)).metrics == {
        Metric.ROWS_LEARNT: learnt,
        Metric.ROWS_TOUCHED: touched,
        Metric.BATCHES_LEARNT: len(trained.rows),
        Metric.BATCHES_QUARANTINED: 1,
    }
