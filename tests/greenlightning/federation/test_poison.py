"""Leaving one out finds sites that harm, and lets honest ones be."""

from dataclasses import replace

import numpy as np
from sklearn.datasets import load_digits

from greenlightning.data.batch import Batch
from greenlightning.estimators import GreenLightningClassifier
from greenlightning.federation import Contribution
from greenlightning.federation.poison import screen_by_leaving_out
from greenlightning.model import GreenLightningModel

ORDER = np.random.default_rng(0).permutation(1797)
X, y = (rows[ORDER] for rows in load_digits(return_X_y=True))
BASE = GreenLightningClassifier(paths="synthetic", n_landmarks=64, max_epochs=2, random_state=0).fit(
    X[:300], y[:300]
)
EMPTY = GreenLightningModel.empty(BASE.model_.paths, BASE.model_.alpha)
HELD = X[1400:], y[1400:]


def contribution(site: int, *, poisoned: bool = False) -> Contribution:
    """A hundred digits of a site; a poisoned one calls each digit the next one, and counts twenty times."""
    rows = slice(300 + 100 * site, 400 + 100 * site)
    batch = Batch(X[rows], (y[rows] + poisoned) % 10)
    statistics = EMPTY.collect(batch.X, batch.y)
    for _ in range(19 if poisoned else 0):
        statistics = statistics + EMPTY.collect(batch.X, batch.y)
    return Contribution(f"site {site}", f"key {site}", batch.id, None, statistics)


def test_honest_sites_all_stay() -> None:
    sent = [contribution(site) for site in range(6)]
    found = screen_by_leaving_out(EMPTY, sent, *HELD)
    assert (found.kept, found.removed) == (tuple(sent), ())
    assert found.before == found.after > 0.8


def test_sites_with_shifted_labels_are_removed_and_accuracy_comes_back() -> None:
    sent = [contribution(site, poisoned=site < 2) for site in range(6)]
    found = screen_by_leaving_out(EMPTY, sent, *HELD)
    assert {one.site for one in found.removed} == {"site 0", "site 1"}
    assert found.before < 0.1 < 0.8 < found.after


def test_the_last_contribution_is_never_removed() -> None:
    poisoned = contribution(0, poisoned=True)
    other = replace(contribution(1, poisoned=True), site="other")
    found = screen_by_leaving_out(EMPTY, [poisoned, other], *HELD)
    assert len(found.kept) >= 1
    assert np.isfinite(found.after)
