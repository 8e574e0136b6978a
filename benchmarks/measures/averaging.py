"""How far averaged copies are from the exact sum: ``python -m benchmarks.measures.averaging``.

The structure comes from half of the training rows; then all rows lie at 2, 5 or 10 sites, spread at random
(*iid*) or sorted by label and cut into two shards a site (*skewed*, McMahan et al. 2017). Each site learns only
its own rows, in one round. Copies are averaged by their rows, as GreenLightningAI suggests (arXiv 2312.09971).
*Distance* is that of the coefficients to what the same learner finds on all rows, relative to its norm.
Seconds are processor time, of all sites together. Prints a Markdown table with medians and ranges over seeds,
and writes ``benchmarks/results/averaging-<dataset>.json``.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from benchmarks.core.common import SETS, median_and_range
from benchmarks.core.records import RESULTS, Record
from greenlightning import GreenLightningClassifier, GreenLightningModel, PathSGDClassifier
from greenlightning.data.batch import Batch
from greenlightning.data.datasets import Dataset, load
from greenlightning.linear.solver import Coefficients
from greenlightning.paths import PathFeatures

GATES = {"digits": 16, "letter": 64}
BATCH_SIZE = {"digits": 32, "letter": 64}
STEPS, FEWEST_EPOCHS = 400, 10
SPLITS = ("iid", "skewed")
SITES = (2, 5, 10)
Sites = list[NDArray[np.intp]]


@dataclass(frozen=True)
class Setting:
    """What all ways share on one seed: data, frozen recipe, ridge strength, classes."""

    data: Dataset
    seed: int
    paths: PathFeatures
    alpha: float
    classes: NDArray[np.generic]

    @classmethod
    def of(cls, data: Dataset, seed: int) -> "Setting":
        """Structure, explicit recipe and ridge strength from a random half of the training rows."""
        half = np.random.default_rng(seed).permutation(len(data.X_train))[: len(data.X_train) // 2]
        base = GreenLightningClassifier(
            hidden_layer_sizes=(GATES[data.name],), paths="explicit", memory_budget=2**34, random_state=seed
        ).fit(data.X_train[half], data.y_train[half])
        return cls(data, seed, base.model_.paths, base.model_.alpha, np.unique(data.y_train))

    def accuracy(self, coefficients: Coefficients) -> float:
        """Share of the test rows whose largest score is their label's."""
        scores = coefficients.scores(self.paths, self.data.X_test)
        return float(np.mean(self.classes[scores.argmax(axis=1)] == self.data.y_test))

    def learnt(self, rows: NDArray[np.intp]) -> GreenLightningModel:
        """The exact model of some rows."""
        batch = Batch(self.data.X_train[rows], self.data.y_train[rows])
        return GreenLightningModel.empty(self.paths, self.alpha).learn(batch)

    def descended(self, rows: NDArray[np.intp]) -> PathSGDClassifier:
        """The gradient-trained model of some rows, stopped early; it knows all classes.

        A small site passes more often over its rows, so that it is not merely trained less.
        """
        batch_size = BATCH_SIZE[self.data.name]
        model = PathSGDClassifier(
            self.paths,
            batch_size=batch_size,
            max_iter=max(STEPS * batch_size // len(rows), FEWEST_EPOCHS),
            early_stopping=True,
            random_state=self.seed,
        )
        return model.fit(self.data.X_train[rows], self.data.y_train[rows], classes=self.classes)


def spread(y: NDArray[np.generic], split: str, n_sites: int, seed: int) -> Sites:
    """The rows of each site."""
    order = np.random.default_rng(seed).permutation(len(y))
    if split == "iid":
        return np.array_split(order, n_sites)
    shards = np.array_split(order[np.argsort(y[order], kind="stable")], 2 * n_sites)
    dealt = np.random.default_rng(seed).permutation(2 * n_sites)
    return [np.concatenate([shards[i] for i in dealt[s::n_sites]]) for s in range(n_sites)]


Way = Callable[[Setting, Sites], Coefficients]


def exact_sum(setting: Setting, sites: Sites) -> Coefficients:
    """One solve on the sum of the sites' statistics."""
    return reduce(GreenLightningModel.merge, map(setting.learnt, sites)).coefficients


def exact_average(setting: Setting, sites: Sites) -> Coefficients:
    """Each site solves on its own statistics; a class it has not seen has coefficients of zero there."""
    k = len(setting.classes)
    mean = Coefficients(np.zeros((setting.paths.n_features_out, k)), np.zeros(k))
    for rows in sites:
        model, share = setting.learnt(rows), len(rows) / sum(map(len, sites))
        places = np.searchsorted(setting.classes, model.classes)
        mean.weights[:, places] += share * model.coefficients.weights
        mean.intercept[places] += share * model.coefficients.intercept
    return mean


def gradient_average(setting: Setting, sites: Sites) -> Coefficients:
    """Each site trains a copy from zero on its own rows; the copies are averaged by rows."""
    return PathSGDClassifier.average([setting.descended(rows) for rows in sites]).coefficients_


def distance(found: Coefficients, joint: Coefficients) -> float:
    """``‖V − V_joint‖ / ‖V_joint‖``, the intercept included."""
    parts = [(found.weights, joint.weights), (found.intercept, joint.intercept)]
    apart = sum(float(np.square(a - b).sum()) for a, b in parts)
    return float(np.sqrt(apart / sum(float(np.square(b).sum()) for _, b in parts)))


def measured(data: Dataset, seed: int) -> list[Record]:
    """All ways on all spreads of one seed."""
    setting, found = Setting.of(data, seed), []

    def run(name: str, way: Way, sites: Sites, split: str, joint: Coefficients | None = None) -> Coefficients:
        start = time.process_time()
        coefficients = way(setting, sites)
        seconds = time.process_time() - start
        row: Record = {
            "dataset": data.name,
            "seed": seed,
            "split": split,
            "sites": len(sites),
            "way": name,
        }
        row |= {"accuracy": setting.accuracy(coefficients), "seconds": seconds}
        row["distance"] = None if joint is None else distance(coefficients, joint)
        found.append(row)
        print(row, flush=True)
        return coefficients

    everything = spread(data.y_train, "iid", 1, seed)
    exact = run("exact, all rows", exact_sum, everything, "joint")
    gradient = run("gradient, all rows", gradient_average, everything, "joint")
    for split in SPLITS:
        for n_sites in SITES:
            sites = spread(data.y_train, split, n_sites, seed)
            run("exact sum", exact_sum, sites, split, exact)
            run("average of exact copies", exact_average, sites, split, exact)
            run("average of gradient copies", gradient_average, sites, split, gradient)
    return found


def as_table(runs: list[Record]) -> str:
    """Median accuracy with its range, median distance and processor seconds, of each way on each spread."""
    lines = [
        "| data | rows | sites | way | accuracy, median (range) | distance, median | CPU seconds, median |",
        "|---|---|---|---|---|---|---|",
    ]
    keys = ("dataset", "split", "sites", "way")
    for key in dict.fromkeys(tuple(run[name] for name in keys) for run in runs):
        chosen = [run for run in runs if tuple(run[name] for name in keys) == key]
        accuracy = median_and_range([run["accuracy"] for run in chosen], 4)
        apart = [run["distance"] for run in chosen if run["distance"] is not None]
        median = f"{statistics.median(apart):.2g}" if apart else ""
        seconds = statistics.median(run["seconds"] for run in chosen)
        lines.append(f"| {' | '.join(map(str, key))} | {accuracy} | {median} | {seconds:.1f} |")
    return "\n".join(lines)


def main() -> None:
    """Measure what the command line asks for, print tables and write ``averaging-<dataset>.json``."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.measures.averaging",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("datasets", nargs="*", default=["digits", "letter"], help=f"of {SETS}")
    parser.add_argument("--seeds", type=int, default=5, help="how many")
    options = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    for dataset in options.datasets:
        runs = [run for seed in range(options.seeds) for run in measured(load(dataset), seed)]
        (RESULTS / f"averaging-{dataset}.json").write_text(json.dumps(runs, indent=1) + "\n")
        print(f"\n{as_table(runs)}\n")


if __name__ == "__main__":
    main()
