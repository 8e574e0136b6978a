"""On letter and Fashion-MNIST: every split, order, late joiner and leaver has the digest of learning centrally."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenlightning.data.batch import Batch
from greenlightning.data.datasets import load
from greenlightning.evaluation.conventional_network import random_gates
from greenlightning.federation import Contribution, combine, withdraw
from greenlightning.model import GreenLightningModel
from greenlightning.paths import SyntheticLandmarks
from tests.helpers.real_data import real_root

ROWS = 400


@cache
def prepared(dataset: str) -> tuple[np.ndarray, np.ndarray, GreenLightningModel]:
    """Some rows of a set, and a model under a recipe of nobody's rows that has learnt nothing."""
    data = load(dataset, root=real_root(dataset))
    X, y = data.X_train[:ROWS], data.y_train[:ROWS]
    paths = SyntheticLandmarks.build(random_gates(X, (16,)), X, y, n_landmarks=24)
    return X, y, GreenLightningModel.empty(paths, alpha=1.0)


@pytest.mark.parametrize("dataset", ["letter", "fashion-mnist"])
@settings(max_examples=8)
@given(data=st.data())
def test_any_federation_is_central_learning(dataset: str, data: st.DataObject) -> None:
    X, y, empty = prepared(dataset)
    order = np.random.default_rng(data.draw(st.integers(0, 1_000))).permutation(ROWS)
    if data.draw(st.booleans(), label="a site has few classes"):
        order = order[np.argsort(y[order], kind="stable")]
    ends = [0, *sorted(data.draw(st.sets(st.integers(20, ROWS - 20), min_size=1, max_size=6))), ROWS]
    batches = [Batch(X[order[a:b]], y[order[a:b]]) for a, b in pairwise(ends)]
    sent = [
        Contribution(f"site {number % 3}", f"key {number % 3}", one.id, None, empty.collect(one.X, one.y))
        for number, one in enumerate(batches)
    ]
    early = data.draw(st.integers(0, len(sent)))
    model = combine(combine(empty, sent[:early]), data.draw(st.permutations(sent[early:])))
    assert model.statistics.digest == empty.learn(Batch(X, y)).statistics.digest
    stayed = [one for one in sent if one.site != "site 1"]
    assert withdraw(model, sent, "site 1").statistics.digest == combine(empty, stayed).statistics.digest
