"""Recipes that hold nobody's rows, beside landmarks that are rows, at an equal number of features.

``GREENLIGHTNING_DATASETS=../shared/data python -m benchmarks.federation.travelling --seeds 0 1 2``

Protocol: structure and recipe from half of the learning rows of the base, all of which are learnt; accuracy on a
fifth of the base that nothing has seen. Test rows take no part. ``random`` are random ReLU features; ``random
gates`` are synthetic landmarks under gates that nothing has trained. Writes ``benchmarks/results/travelling-*``.
"""

import argparse
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.core.machine import remember
from benchmarks.core.records import Records, library_version
from greenlightning import GreenLightningClassifier
from greenlightning.data.datasets import load
from greenlightning.data.targets import ClassTargets
from greenlightning.evaluation.conventional_network import random_gates
from greenlightning.linear.solver import choose_alpha
from greenlightning.model import GreenLightningModel
from greenlightning.paths import LandmarkPaths, PathFeatures, RandomFeatures, SyntheticLandmarks

PART, FEATURES, MOST_ROWS = "travelling", 1_024, 30_000
GATES = (256, 256)
HELD, TOLERANCE = 10, 0.05
Rows = NDArray[np.generic]


def recipes(X: Rows, y: Rows, seed: int) -> dict[str, PathFeatures]:
    """The recipes under test, frozen on the same rows."""
    network = GreenLightningClassifier(paths="landmarks", n_landmarks=1, n_random_features=0, random_state=seed)
    trained = network.fit(X, y).model_.structure
    about = {"n_landmarks": FEATURES, "random_state": seed}
    return {
        "landmarks": LandmarkPaths.build(trained, X, y, **about),
        "synthetic": SyntheticLandmarks.build(trained, X, y, **about),
        "random": RandomFeatures.build(trained, X, n_features=FEATURES, random_state=seed),
        "random gates": SyntheticLandmarks.build(random_gates(X, GATES, seed), X, y, **about),
    }


def accuracy(paths: PathFeatures, learnt: tuple[Rows, Rows], unseen: tuple[Rows, Rows]) -> float:
    """Accuracy on unseen rows; a tenth of those learnt chooses the ridge strength first."""
    empty, held = GreenLightningModel.empty(paths, 1.0), np.arange(len(learnt[1])) % HELD == 0
    training, validation = (empty.collect(learnt[0][part], learnt[1][part]) for part in (~held, held))
    alpha, _ = choose_alpha(training, validation, paths, ClassTargets(), tolerance=TOLERANCE)
    model = GreenLightningModel(paths, ClassTargets(), training + validation, alpha)
    return float(np.mean(model.predict(unseen[0]) == unseen[1]))


def run(dataset: str, seed: int, records: Records) -> None:
    """Measure what the records lack of one set and seed."""
    data = load(dataset)
    order = np.random.default_rng(seed).permutation(len(data.X_train))[:MOST_ROWS]
    X, y = data.X_train[order], data.y_train[order]
    learnt = len(X) * 4 // 5
    half = learnt // 2
    for name, paths in recipes(X[:half], y[:half], seed).items():
        found = accuracy(paths, (X[:learnt], y[:learnt]), (X[learnt:], y[learnt:]))
        cell = {"dataset": dataset, "seed": seed, "recipe": name}
        records.add(cell, {"accuracy": found, "features": paths.n_features_out, "holds_rows": paths.holds_rows})


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.federation.travelling", description=__doc__)
    parser.add_argument("--datasets", nargs="+", default=["digits", "letter", "fashion-mnist"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options = parser.parse_args(arguments)
    records = Records(PART, library_version(), remember())
    for dataset in options.datasets:
        for seed in options.seeds:
            run(dataset, seed, records)


if __name__ == "__main__":
    main()
