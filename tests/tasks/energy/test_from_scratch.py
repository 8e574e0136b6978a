"""Training from scratch: measured beside a version, else the network's cost a row and epoch, with its range."""

import pytest

from tasks.core.constants import Tag
from tasks.core.energy_cost import EnergyCost
from tasks.energy.from_scratch import NetworkRate, epochs_within, from_scratch, measured

A_ROW = EnergyCost(1e-4, 1e-3, 1e-6, "estimated:cpu-time")


def test_the_epochs_of_the_network_lie_between_its_patience_and_its_schedule() -> None:
    assert epochs_within(720, "classification") == (21, 100)
    assert epochs_within(16_000, "classification") == (12, 57)
    assert epochs_within(720, "regression") == (12, 1_000)


def test_an_estimate_is_cost_a_row_and_epoch_times_rows_times_epochs_and_says_its_range() -> None:
    # 1,000 rows at 1 mJ a row and epoch: 1 J an epoch; 21 to 100 epochs, whose geometric mean is 46
    found = NetworkRate(A_ROW, "classification").training(1_000)
    assert (found.joules, found.within) == (pytest.approx(46.0), (pytest.approx(21.0), pytest.approx(100.0)))
    assert (found.seconds, found.gco2e) == (pytest.approx(4.6), pytest.approx(0.046))
    assert found.source == "estimated:network-cost-per-row-and-epoch*rows*epochs"


def test_epochs_measured_beside_an_earlier_version_take_the_place_of_the_mean_within_the_bounds() -> None:
    assert NetworkRate(A_ROW, "classification", 27).training(1_000).joules == pytest.approx(27.0)
    assert NetworkRate(A_ROW, "classification", 90).training(16_000).joules == pytest.approx(16 * 57.0)


def test_a_rate_survives_its_tags_exactly_and_versions_of_earlier_releases_have_none() -> None:
    for rate in (NetworkRate(A_ROW * 1, "regression", 27.0), NetworkRate(A_ROW, "classification")):
        found = NetworkRate.of(rate.tags)
        assert found
        assert (found.tags, found.task, found.epochs) == (rate.tags, rate.task, rate.epochs)
    assert NetworkRate.of({"training.joules_per_row": "2.0"}) is None
    assert from_scratch({"training.joules_per_row": "2.0"}, 1_000) is None
    assert from_scratch({**rate.tags, Tag.ALPHA: "1.0"}, 1_000) == rate.training(1_000)


def test_avoided_is_a_training_from_scratch_less_what_learning_spent() -> None:
    spent = EnergyCost(1.0, 4.0, 0.006, "measured:rapl")
    guessed = NetworkRate(A_ROW, "classification").training(1_000).less(spent)
    assert (guessed.joules, guessed.within) == (pytest.approx(42.0), (pytest.approx(17.0), pytest.approx(96.0)))
    # 6.5 J measured beside it: that counts, and has no range
    beside = measured(EnergyCost(3.0, 6.5, 0.001, "measured:rapl")).less(spent)
    assert (beside.joules, beside.within) == (2.5, None)
    assert beside.source == "conventional-network-beside-it(measured:rapl)"
