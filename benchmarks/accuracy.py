"""Accuracy with the defaults, beside the references, over several seeds: ``python -m benchmarks.accuracy``.

Protocols: *half*: structure from the first half of the training rows, then ten batches learnt one by one;
*whole*: structure from all of them. References train on all rows. Prints a Markdown table with the median and
the range over seeds, and writes
``benchmarks/results/accuracy-<dataset>.json``.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from greenlightning import GreenLightningClassifier
from greenlightning.datasets import Dataset, load
from greenlightning.reference import ConventionalNetwork, random_gates

BATCHES = 10
RESULTS = Path(__file__).parent / "results"
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
    sizes = (256,) if data.X_train.shape[1] <= 22 else (512, 256, 128)
    structure = random_gates(data.X_train, sizes, seed)
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


def measured(data: Dataset, seed: int) -> list[dict[str, object]]:
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


def as_table(runs: list[dict[str, object]]) -> str:
    """Median accuracy with its range, and median seconds, of each way on each set."""
    lines = ["| data | way | accuracy, median (range) | seconds, median |", "|---|---|---|---|"]
    for dataset, way in dict.fromkeys((run["dataset"], run["way"]) for run in runs):
        chosen = [run for run in runs if (run["dataset"], run["way"]) == (dataset, way)]
        accuracy = sorted(float(str(run["accuracy"])) for run in chosen)
        seconds = statistics.median(float(str(run["seconds"])) for run in chosen)
        spread = f"{statistics.median(accuracy):.4f} ({accuracy[0]:.4f} to {accuracy[-1]:.4f})"
        lines.append(f"| {dataset} | {way} | {spread} | {seconds:.1f} |")
    return "\n".join(lines)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", nargs="*", default=["digits", "letter", "fashion-mnist"])
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    for name in options.datasets:
        data = load(name)
        runs = [run for seed in range(options.seeds) for run in measured(data, seed)]
        (RESULTS / f"accuracy-{name}.json").write_text(json.dumps(runs, indent=1) + "\n")
        print(f"\n{as_table(runs)}\n")


if __name__ == "__main__":
    main()
