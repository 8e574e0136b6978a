"""What each method spent from the first training on."""

from collections.abc import Mapping

import pytest

from tasks.core.energy_cost import EnergyCost
from tasks.energy.carbon_score import Machine
from tasks.reporting.history import HistoryEntry, MethodResult
from tasks.reporting.spending import OURS, SCRATCH, WHOLE, carbon_score, spending_of

SOURCE = "measured:rapl"


def cost(joules: float) -> EnergyCost:
    return EnergyCost(1.0, joules, joules / 10, SOURCE)


def version(
    number: int, rows: int, ours: float, references: Mapping[str, float], scratch: EnergyCost | None = None
) -> HistoryEntry:
    beside = {name: MethodResult(0.9, cost(joules)) for name, joules in references.items()}
    about = {"rows": rows, "ours": MethodResult(0.9, cost(ours)), "scratch": scratch, "whole": cost(10 * ours)}
    made_by = "train" if number == 1 else "retrain"
    return HistoryEntry(number, made_by, "2026-01-01", "", served=number < 3, references=beside, **about)


# The first training takes 15 J where a conventional network takes 6; a retraining 1 J where it takes 8, then 10.
HISTORY = [
    version(1, 600, 15.0, {"conventional": 6.0, "random gates": 3.0}),
    version(2, 800, 1.0, {}, EnergyCost(1.0, 8.0, 0.1, "estimated:rows", (4.0, 16.0))),
    version(3, 1_000, 1.0, {"conventional": 10.0}, cost(99.0)),
]


def test_the_first_training_counts_and_ours_breaks_even_with_a_retraining() -> None:
    spending = spending_of(HISTORY)
    assert spending
    assert [one.joules for one in spending.methods[OURS]] == [15.0, 16.0, 17.0]
    assert [one.joules for one in spending.methods[SCRATCH]] == [6.0, 14.0, 24.0]
    assert [one.joules for one in spending.methods[WHOLE]] == [150.0, 160.0, 170.0]
    assert spending.break_even == 3
    assert spending.methods[SCRATCH][-1].within == (20.0, 32.0)
    assert spending.measured == {"conventional": 2, "random gates": 1}


def test_a_baseline_that_was_trained_beside_some_versions_is_estimated_by_rows_at_the_others() -> None:
    spending = spending_of(HISTORY)
    assert spending
    random = spending.methods["random gates"]
    # 3 J for 600 rows: 4 J for 800, and 5 J for 1,000
    assert [one.joules for one in random] == pytest.approx([3.0, 7.0, 12.0])
    assert random[-1].source == f"{SOURCE} + estimated:by-rows({SOURCE})"


def test_versions_that_logged_no_energy_are_left_out() -> None:
    assert spending_of([]) is None
    silent = HistoryEntry(1, "train", "2026-01-01", "", True, 600, MethodResult(0.9, None), None, {})
    assert spending_of([silent]) is None


def test_the_carbon_of_an_accepted_retraining_carries_the_first_training_and_the_rejected_ones() -> None:
    # whole runs of 150 + 10 + 10 J; version 2 alone was accepted
    score = carbon_score(HISTORY, Machine())
    assert score and (score.accepted, score.joules, score.grams) == (1, 170.0, pytest.approx(17.0))
    assert carbon_score(HISTORY[:1], Machine()) is None
