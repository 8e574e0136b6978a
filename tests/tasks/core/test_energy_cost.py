"""Costs add up, and so do the sources of their joules."""

from tasks.core.energy_cost import NO_COST, EnergyCost, avoided_line, avoided_row

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


def test_what_was_avoided_is_never_a_negative_number() -> None:
    less = MEASURED * -0.01
    assert avoided_line(MEASURED) == "avoided 30 J"
    assert avoided_line(less) == "cost 0.3 J more than training from scratch would have"
    assert avoided_row(MEASURED) == ("avoided, measured", MEASURED)
    name, cost = avoided_row(less)
    assert (name, round(cost.joules, 9)) == ("more than training from scratch, measured", 0.3)


def test_an_estimate_keeps_its_range_through_sums_differences_and_multiples() -> None:
    guess = EnergyCost(4.0, 50.0, 1.0, "estimated:rows", (20.0, 90.0))
    assert (guess + MEASURED).within == (50.0, 120.0)
    assert (guess * 2).within == (40.0, 180.0)
    assert (guess * -1).within == (-90.0, -20.0)
    left = guess.less(MEASURED)
    assert (left.joules, left.within, left.source) == (20.0, (-10.0, 60.0), "estimated:rows")
    assert avoided_line(left) == "avoided about 20 J (estimated: -10 to 60 J)"
    much = EnergyCost(joules=1234.5, within=(-20.0, 5678.9))
    assert avoided_line(much) == "avoided about 1,234 J (estimated: -20 to 5,679 J)"
    assert avoided_row(left)[0] == "avoided, estimated (-10 to 60 J)"


def test_kilowatt_hours_are_3_6_million_joules() -> None:
    assert EnergyCost(joules=1.8e6).kwh == 0.5


def test_the_text_of_a_cost_has_joules_kilowatt_hours_and_grams() -> None:
    assert EnergyCost(1.0, 1.8e6, 238.0).text == "1,800,000 J, 0.5 kWh, 238 g CO2e"
    assert EnergyCost(1.5, 2.25, 0.1).text == "2.25 J, 6.25e-07 kWh, 0.1 g CO2e"


def test_how_the_joules_are_known_is_said_in_plain_words() -> None:
    processor = EnergyCost(1, 2, 3, "estimated:cpu-time*tdp(4 W/core default: unknown CPU)")
    gpu = EnergyCost(1, 2, 3, "measured:nvml(power samples)")
    assert (processor + processor).known == "estimated from processor time"
    assert (processor + gpu).known == "estimated from processor time, measured by GPU counters"
    assert EnergyCost(1, 2, 3, "given").known == "given" and NO_COST.known == "nothing spent"
    beside = EnergyCost(1, 2, 3, f"conventional-network-beside-it({(processor + gpu).source})")
    known = "by a network trained beside it, estimated from processor time, measured by GPU counters"
    assert (beside.known, (beside + beside).known) == (known, known)
    nested = EnergyCost(1, 2, 3, f"estimated:at-most-by-3-retraining(s)({(processor + gpu).source})")
    assert nested.known.startswith("estimated from earlier retrainings, at most")
