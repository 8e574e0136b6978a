"""Where a federation's structure comes from: all rows, the largest site, FedAvg for a few epochs, or chance.

``GREENLIGHTNING_DATASETS=../shared/data python -m benchmarks.federation.structures --seeds 0 1 2``

Twenty sites with different mixes of labels (Dirichlet 0.3). Landmarks are synthetic ones, of all rows for the
first structure and of the largest site for the others. All sites' rows are learnt; accuracy on a fifth of the base
that nothing has seen. FedAvg (McMahan et al., 2017) has ten rounds of one epoch at each site, averaged by rows.
"""

import argparse
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier

from benchmarks.core.machine import remember
from benchmarks.core.records import Records, library_version
from benchmarks.federation.travelling import GATES, accuracy
from greenlightning import GreenLightningClassifier
from greenlightning.data.datasets import load
from greenlightning.evaluation.conventional_network import random_gates
from greenlightning.federation.demo import dirichlet_parts
from greenlightning.paths import SyntheticLandmarks
from greenlightning.structure.gates import Structure

PART, FEATURES, SITES, CONCENTRATION, ROUNDS, MOST_ROWS = "structures", 512, 20, 0.3, 10, 15_000
Rows = NDArray[np.generic]


def settled(X: Rows, y: Rows, seed: int) -> Structure:
    """The structure that one place trains until its gates settle."""
    network = GreenLightningClassifier(paths="landmarks", n_landmarks=1, n_random_features=0, random_state=seed)
    return network.fit(X, y).model_.structure


def averaged(X: Rows, y: Rows, parts: list[NDArray[np.intp]], seed: int) -> Structure:
    """The gates of a network that the sites train together; means and spreads are sums, as in the protocol."""
    mean, spread = X.mean(axis=0), np.maximum(X.std(axis=0), 1e-9)
    inputs, classes = (X - mean) / spread, np.unique(y)
    shares = [len(part) / len(y) for part in parts]
    networks = [MLPClassifier(GATES, random_state=seed) for _ in parts]
    for _ in range(ROUNDS):
        for network, part in zip(networks, parts, strict=True):
            network.partial_fit(inputs[part], y[part], classes)
        for name in ("coefs_", "intercepts_"):
            layers = zip(*(getattr(network, name) for network in networks), strict=True)
            mean_layers = [sum(share * one for share, one in zip(shares, layer, strict=True)) for layer in layers]
            for network in networks:
                setattr(network, name, [layer.copy() for layer in mean_layers])
    weights, biases = networks[0].coefs_, networks[0].intercepts_
    return Structure.from_arrays(mean, spread, [w.T for w in weights[:-1]], list(biases[:-1]))


def run(dataset: str, seed: int, records: Records) -> None:
    """Measure what the records lack of one set and seed."""
    data = load(dataset)
    order = np.random.default_rng(seed).permutation(len(data.X_train))[:MOST_ROWS]
    X, y = data.X_train[order].astype(np.float64), data.y_train[order]
    learnt = len(X) * 4 // 5
    parts = dirichlet_parts(y[:learnt], SITES, CONCENTRATION, seed)
    largest = max(parts, key=len)
    own, everything = (X[largest], y[largest]), (X[:learnt], y[:learnt])
    structures = {
        "all rows": lambda: (settled(*everything, seed), everything),
        "largest site": lambda: (settled(*own, seed), own),
        "fedavg": lambda: (averaged(*everything, parts, seed), own),
        "random": lambda: (random_gates(X[largest], GATES, seed), own),
    }
    for name, made in structures.items():
        cell = {"dataset": dataset, "seed": seed, "structure": name}
        structure, base = made()
        paths = SyntheticLandmarks.build(structure, *base, n_landmarks=FEATURES, random_state=seed)
        found = accuracy(paths, everything, (X[learnt:], y[learnt:]))
        records.add(cell, {"accuracy": found, "features": paths.n_features_out, "rows": len(base[1])})


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.federation.structures", description=__doc__)
    parser.add_argument("--datasets", nargs="+", default=["digits", "letter"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options = parser.parse_args(arguments)
    records = Records(PART, library_version(), remember())
    for dataset in options.datasets:
        for seed in options.seeds:
            run(dataset, seed, records)


if __name__ == "__main__":
    main()
