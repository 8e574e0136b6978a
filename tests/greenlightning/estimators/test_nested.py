"""The first features' sums and errors, from the sums of all."""

import numpy as np
import pytest

from greenlightning.data.targets import ClassTargets
from greenlightning.estimators.nested import nested_errors
from greenlightning.linear.solver import mean_squared_errors, solve
from greenlightning.linear.statistics import Statistics
from greenlightning.linear.units import leading
from greenlightning.paths import JoinedPaths, LandmarkPaths, RandomFeatures
from tests.helpers.small import blobs, random_structure

X, y = blobs(300, seed=1)
GATES, CLASSES = random_structure(4, (6, 5)), ClassTargets()
PATHS = LandmarkPaths.build(GATES, X, y, n_landmarks=15)
RANDOM = RandomFeatures.build(GATES, X, n_features=12)
BOTH = JoinedPaths.of(PATHS, RANDOM)


def test_the_sums_of_the_first_features_are_those_of_the_recipe_that_has_only_them() -> None:
    whole = Statistics.collect(BOTH, CLASSES, X, y)
    assert leading(whole, PATHS) == Statistics.collect(PATHS, CLASSES, X, y)
    fewer = JoinedPaths.of(PATHS, RANDOM.first(5))
    assert leading(whole, fewer) == Statistics.collect(fewer, CLASSES, X, y)
    assert leading(whole, BOTH) == whole


def test_one_factorisation_gives_the_error_of_every_size() -> None:
    """Each as if its features had been solved for alone; paths keep their scale, so it is the same ridge."""
    training, held = (
        Statistics.collect(BOTH, CLASSES, X[part], y[part]) for part in (slice(200), slice(200, 300))
    )
    few, all_ = nested_errors(training, held, BOTH, CLASSES, 1e-3, [15, 27])
    for error, paths in ((few, PATHS), (all_, BOTH)):
        alone = solve(leading(training, paths), paths, CLASSES, 1e-3)
        [expected] = mean_squared_errors(leading(held, paths), paths, CLASSES, alone)
        assert error == pytest.approx(expected, rel=1e-6)
    assert np.isfinite([few, all_]).all()
