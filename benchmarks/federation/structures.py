"""Whose gates a federation takes: the coordinator's, the largest site's, a few rounds of FedAvg, or random ones.

``GREENLIGHTNING_DATASETS=../shared/data python -m benchmarks.federation.structures --seeds 0 1 2``

Protocol: the rows and 100 sites of the study (benchmarks.federation.study); gates of equal size, and as many
synthetic landmarks under them. All learning rows are learnt, a tenth of them chooses the ridge strength. Accuracy
is on test rows, which choose nothing. Writes ``benchmarks/results/structures-*``.
"""

import argparse
from collections.abc import Sequence
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.core.machine import remember
from benchmarks.core.records import Records, library_version
from benchmarks.federation.study.averaging import HIDDEN, Federation, Method
from benchmarks.federation.study.local_training import Network
from benchmarks.federation.study.setting import Setting
from benchmarks.federation.study.sites import SPLITS, divide
from benchmarks.federation.travelling import accuracy
from greenlightning import GreenLightningClassifier
from greenlightning.evaluation.conventional_network import random_gates
from greenlightning.paths import SyntheticLandmarks
from greenlightning.structure.extraction import RANGE_ROWS, standardisation
from greenlightning.structure.gates import Structure

PART, SITES, FEATURES = "structures", 100, 512
FEW_ROUNDS = Method(rate=0.1, steps=20, budget=600)
SOURCES = ("coordinator", "largest site", "FedAvg", "random")
Rows = NDArray[np.generic]


def gates(source: str, setting: Setting, sites: list[NDArray[np.intp]]) -> tuple[Structure, Rows, Rows]:
    """The structure, and the rows on which its recipe is frozen."""
    X, y = setting.X_base, setting.y_base
    if source == "random":
        return random_gates(X, HIDDEN, setting.seed), X, y
    if source == "FedAvg":
        return as_structure(Federation(setting, sites).network_after(FEW_ROUNDS), X), X, y
    if source == "largest site":
        largest = max(sites, key=len)
        X, y = setting.X[largest], setting.y[largest]
    least = {"paths": "landmarks", "n_landmarks": 1, "n_random_features": 0}
    network = GreenLightningClassifier(hidden_layer_sizes=HIDDEN, random_state=setting.seed, **least)
    return network.fit(X, y).model_.structure, X, y


def as_structure(network: Network, X: Rows) -> Structure:
    """The hidden layers of a network as gates, ranges from ``X`` (n, d)."""
    weights = [part.T.contiguous().numpy() for part in network[:-2:2]]
    biases = [part[0].numpy() for part in network[1:-2:2]]
    return Structure.from_arrays(*standardisation(X), weights, biases).in_int8(X[:RANGE_ROWS])


def run(dataset: str, split: str, seed: int, records: Records) -> None:
    """Measure what the records lack of one set, split and seed."""
    setting = Setting.of(dataset, seed)
    sites = divide(setting.y, split, SITES, seed)
    learnt = np.concatenate([setting.X_base, setting.X]), np.concatenate([setting.y_base, setting.y])
    for source in SOURCES:
        cell = {"dataset": dataset, "split": split, "source": source, "seed": seed}
        if records.has(**cell):
            continue
        structure, X, y = gates(source, setting, sites)
        paths = SyntheticLandmarks.build(structure, X, y, n_landmarks=FEATURES, random_state=seed)
        found = accuracy(paths, learnt, (setting.X_test, setting.y_test))
        records.add(cell, {"accuracy": found, "features": paths.n_features_out, "rows": len(y)})


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.federation.structures", description=__doc__)
    parser.add_argument("--datasets", nargs="+", default=["digits", "letter", "fashion-mnist"])
    parser.add_argument("--splits", nargs="+", default=list(SPLITS[1:3]))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    records = Records(PART, library_version(), remember())
    for seed, dataset, split in product(options.seeds, options.datasets, options.splits):
        run(dataset, split, seed, records)


if __name__ == "__main__":
    main()
