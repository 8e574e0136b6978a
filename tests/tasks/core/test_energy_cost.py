"""Costs add up, and so do the sources of their joules."""

from tasks.core.energy_cost import NO_COST, EnergyCost

MEASURED = EnergyCost(2.0, 30.0, 0.5, "measured:rapl")


def test_a_sum_names_each_source_once() -> None:
    estimated = EnergyCost(1.0, 10.0, 0.25, "estimated:cpu-tdp")
    assert MEASURED + estimated == EnergyCost(3.0, 40.0, 0.75, "measured:rapl + estimated:cpu-tdp")
    assert (MEASURED + MEASURED).source == "measured:rapl"


def test_nothing_spent_changes_no_sum() -> None:
    assert sum([MEASURED], NO_COST) == MEASURED
    assert NO_COST + NO_COST == NO_COST


def test_a_multiple_keeps_its_source() -> None:
    assert EnergyCost(4.0, 60.0, 1.0, "measured:rapl") == MEASURED * 2
