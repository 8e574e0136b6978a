"""The demonstration: two processes of each of ten sites send sums; they add to the model learnt in one place."""

import numpy as np
import pytest

from greenlightning.data.datasets import load
from greenlightning.federation.demo import SITES, dirichlet_parts, run_demo


@pytest.mark.slow
def test_ten_sites_of_two_processes_each_equal_one_place_and_beat_averages() -> None:
    found = run_demo()
    assert found.same_digest
    assert (len(found.sites), found.processes) == (SITES, 20)
    assert found.accuracy["federated"] == found.accuracy["learnt in one place"] > 0.93
    assert found.accuracy["federated"] > found.accuracy["averaged, weighted by rows"]
    assert sum(rows for _, rows, _, _ in found.sites) == 1_347


def test_every_row_goes_to_one_site_and_small_concentrations_divide_the_classes() -> None:
    y = load("digits").y_train
    even, uneven = (dirichlet_parts(y, 10, concentration, 0) for concentration in (100.0, 0.3))
    for parts in (even, uneven):
        assert sorted(np.concatenate(parts).tolist()) == list(range(len(y)))
    classes = [np.mean([len(np.unique(y[rows])) for rows in parts]) for parts in (even, uneven)]
    assert classes[0] == 10 and classes[1] < 9
