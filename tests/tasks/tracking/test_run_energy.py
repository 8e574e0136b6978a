"""The energy that a run logged."""

from tasks.core.energy_cost import EnergyCost
from tasks.tracking.run_energy import BY_STRUCTURE, avoided_by, spent_by, whole_cost
from tests.helpers.tracked_runs import tracked_run

SPENT = {"seconds": 1.0, "joules": 2.0, "gco2e": 3.0}


def test_a_run_has_what_it_spent_and_avoided_with_their_sources() -> None:
    avoided = {f"{name}_avoided": 10 * value for name, value in SPENT.items()}
    tags = {"energy.source": "measured:rapl", "energy.avoided_source": "estimated:rows"}
    run = tracked_run(SPENT | avoided, tags)
    assert spent_by(run) == EnergyCost(1.0, 2.0, 3.0, "measured:rapl")
    assert avoided_by(run) == EnergyCost(10.0, 20.0, 30.0, "estimated:rows")


def test_a_run_that_logged_no_energy_has_none_and_one_without_a_source_says_so() -> None:
    assert spent_by(tracked_run({"seconds": 1.0})) is None
    run = tracked_run(SPENT)
    assert avoided_by(run) is None
    assert spent_by(run) == EnergyCost(1.0, 2.0, 3.0, "unknown")


def test_an_estimate_has_its_range_and_a_measured_figure_has_none() -> None:
    avoided = {"seconds_avoided": 1.0, "joules_avoided": 20.0, "gco2e_avoided": 0.1}
    for bounds, within in (((5.0, 60.0), (5.0, 60.0)), ((20.0, 20.0), None)):
        least, most = bounds
        found = avoided_by(tracked_run(avoided | {"joules_avoided_least": least, "joules_avoided_most": most}))
        assert found and found.within == within


def test_what_earlier_releases_estimated_by_the_structure_is_not_repeated() -> None:
    avoided = {"seconds_avoided": 1.0, "joules_avoided": 17.5, "gco2e_avoided": 0.1}
    assert avoided_by(tracked_run(avoided, {"energy.avoided_source": BY_STRUCTURE})) is None


def test_the_whole_run_is_that_of_its_process() -> None:
    found = whole_cost(tracked_run({f"whole_run_{name}": value for name, value in SPENT.items()}))
    assert found == EnergyCost(1.0, 2.0, 3.0, "estimated:process-cpu-time")
    assert whole_cost(tracked_run(SPENT)) is None
