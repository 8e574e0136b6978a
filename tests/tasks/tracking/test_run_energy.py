"""The energy that a run logged."""

from tasks.core.energy_cost import EnergyCost
from tasks.tracking.run_energy import avoided_by, spent_by
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
