"""What differential privacy of the sums costs in accuracy.

``GREENLIGHTNING_DATASETS=../shared/data python -m benchmarks.federation.noise --seeds 0 1 2``

The coordinator has a fifth of the learning rows: structure, synthetic landmarks, ridge strength and first sums
come from them. One site has the others and sends them once, with noise of epsilon and delta = 1e-5. Accuracy on a
fifth of the base that nothing has seen. ``infinity`` is without noise, ``nothing sent`` the coordinator alone.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.core.machine import remember
from benchmarks.core.records import Records, library_version
from greenlightning import GreenLightningClassifier
from greenlightning.data.datasets import load
from greenlightning.data.ledger import LedgerEntry
from greenlightning.federation.privacy import Privacy, private_sums
from greenlightning.model import GreenLightningModel

PART, MOST_ROWS, DELTA = "noise", 15_000, 1e-5
EPSILONS = ("nothing sent", 1.0, 3.0, 10.0, "infinity")
FEATURES = (64, 128)


def run(dataset: str, features: int, seed: int, records: Records) -> None:
    """Measure what the records lack of one set, one number of features and one seed."""
    data = load(dataset)
    order = np.random.default_rng(seed).permutation(len(data.X_train))[:MOST_ROWS]
    X, y = data.X_train[order], data.y_train[order]
    learnt = len(X) * 4 // 5
    base, site, unseen = slice(0, learnt // 5), slice(learnt // 5, learnt), slice(learnt, None)
    about = {"n_landmarks": features, "n_random_features": 0, "random_state": seed}
    first = GreenLightningClassifier(paths="synthetic", **about).fit(X[base], y[base]).model_
    for epsilon in EPSILONS:
        cell = {"dataset": dataset, "features": features, "seed": seed, "epsilon": epsilon}
        if epsilon == "nothing sent":
            records.add(cell, {"together": _accuracy(first, X[unseen], y[unseen])})
            continue
        sums = first.collect(X[site], y[site])
        if epsilon != "infinity":
            sums, _ = private_sums(first, X[site], y[site], Privacy(float(epsilon), DELTA))
        models = {
            "together": first.absorb(sums, "site", LedgerEntry(sums.n)),
            "site": replace(first, statistics=sums),
        }
        found = {name: _accuracy(model, X[unseen], y[unseen]) for name, model in models.items()}
        records.add(cell, found)


def _accuracy(model: GreenLightningModel, X: NDArray[np.generic], y: NDArray[np.generic]) -> float:
    return float(np.mean(model.predict(X) == y))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.federation.noise", description=__doc__)
    parser.add_argument("--datasets", nargs="+", default=["digits", "letter"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options = parser.parse_args(arguments)
    records = Records(PART, library_version(), remember())
    for dataset in options.datasets:
        for features in FEATURES:
            for seed in options.seeds:
                run(dataset, features, seed, records)


if __name__ == "__main__":
    main()
