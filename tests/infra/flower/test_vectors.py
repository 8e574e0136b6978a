"""Statistics as a vector and back, with the classes of all sites in the same places."""

import numpy as np
import pytest
from greenlightning_flower.vectors import of_vector, to_vector

from greenlightning import GreenLightningClassifier
from greenlightning.errors import InputError
from greenlightning.model import GreenLightningModel


@pytest.fixture(scope="module")
def empty() -> GreenLightningModel:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 4)), rng.integers(0, 3, 60)
    network = GreenLightningClassifier(paths="synthetic", n_landmarks=6, n_random_features=0, max_epochs=1)
    learnt = network.fit(X, y).model_
    return GreenLightningModel.empty(learnt.paths, learnt.alpha)


def test_vectors_of_sites_with_different_classes_add_to_the_statistics_of_all(empty: GreenLightningModel) -> None:
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(40, 4)), np.repeat([0, 2], 20)
    sites = [empty.collect(X[:20], y[:20]), empty.collect(X[20:], y[20:])]
    total = sum(to_vector(one, (0, 1, 2)) for one in sites)
    found = of_vector(total, empty.statistics, (0, 1, 2))
    assert found.columns == (0, 2)
    assert found.digest == empty.collect(X, y).digest


def test_a_class_that_the_round_does_not_know_is_named(empty: GreenLightningModel) -> None:
    statistics = empty.collect(np.ones((2, 4)), np.array([1, 2]))
    with pytest.raises(InputError, match="Class 2 is not among those of the round"):
        to_vector(statistics, (0, 1))
