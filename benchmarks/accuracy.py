"""Accuracy with the defaults, beside the references, over several seeds: ``python -m benchmarks.accuracy``.

Protocols: *half*: structure from the first half of the training rows, then ten batches learnt one by one;
*whole*: structure from all of them. References train on all rows. Prints a Markdown table with the median and
the range over seeds, and writes
``benchmarks/results/accuracy-<dataset>.json``.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.by_seed import SETS, measure_all, median_and_range
from benchmarks.records import Record
from greenlightning import GreenLightningClassifier
from greenlightning.datasets import Dataset
from greenlightning.reference import ConventionalNetwork, random_gates

BATCHES = 10
Predict = Callable[[NDArray[np.generic]], NDArray[np.generic]]


def half(data: Dataset, seed: int) -> Predict:
    """Structure from half of the rows, the rest learnt in ten batches."""
    order = np.random.default_rng(seed).permutation(len(data.X_train))
    base, rest = np.array_split(order, 2)
    model = GreenLightningClassifier(random_state=seed).fit(data.X_train[base], data.y_train[base])
    for rows in np.array_split(rest, BATCHES):
        model.partial_fit(data.X_train[rows], data.y_train[rows])
    return model.predict


def whole(data: Dataset, seed: int) -> Predict:
    """Structure and statistics from all rows."""
    return GreenLightningClassifier(random_state=seed).fit(data.X_train, data.y_train).predict


def gates_at_random(data: Dataset, seed: int) -> Predict:
    """The same features and solver behind gates that were never trained."""
    structure = random_gates(data.X_train, gate_sizes(data.X_train.shape[1]), seed)
    model = GreenLightningClassifier(random_state=seed)
    return model.fit_structure(structure, data.X_train, data.y_train).predict


def conventional(data: Dataset, seed: int) -> Predict:
    """The tuned, early-stopped network from scratch on all rows."""
    sizes = (256, 128) if data.name == "letter" else (512, 256, 128)
    return ConventionalNetwork(sizes, random_state=seed).fit(data.X_train, data.y_train).predict


def ridge(data: Dataset, seed: int) -> Predict:
    """Ridge regression on the standardised inputs."""
    model = make_pipeline(StandardScaler(), RidgeClassifier(random_state=seed))
    return model.fit(data.X_train, data.y_train).predict


WAYS = {
    "ours, structure from half": half,
    "ours, structure from all": whole,
    "random gates, all rows": gates_at_random,
    "conventional, all rows": conventional,
    "ridge on the inputs": ridge,
}


def measured(data: Dataset, seed: int) -> list[Record]:
    """One run of every way on one seed."""
    found = []
    for name, way in WAYS.items():
        start = time.perf_counter()
        predict = way(data, seed)
        seconds = time.perf_counter() - start
        accuracy = float(np.mean(predict(data.X_test) == data.y_test))
        found.append({"dataset": data.name, "way": name, "seed": seed, "accuracy": accuracy, "seconds": seconds})
        print(f"{data.name} seed {seed} {name}: {accuracy:.4f} in {seconds:.1f} s", flush=True)
    return found


def as_table(runs: list[Record]) -> str:
    """Median accuracy with its range, and median seconds, of each way on each set."""
    lines = ["| data | way | accuracy, median (range) | seconds, median |", "|---|---|---|---|"]
    for dataset, way in dict.fromkeys((run["dataset"], run["way"]) for run in runs):
        chosen = [run for run in runs if (run["dataset"], run["way"]) == (dataset, way)]
        accuracy = median_and_range([run["accuracy"] for run in chosen], 4)
        seconds = statistics.median(run["seconds"] for run in chosen)
        lines.append(f"| {dataset} | {way} | {accuracy} | {seconds:.1f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    measure_all("accuracy", __doc__, SETS, measured, as_table)
