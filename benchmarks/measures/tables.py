"""Real tables: structure from half of the rows, all learnt by ten batches of 5 %, a fold held out; against peers.

``python -m benchmarks.measures.tables --seeds 0 1 2``; ``benchmarks.tables.keel`` says how to fetch the sets.
One thread. Seconds are wall-clock time and processor time from a data frame to a model that can predict.
"""

import argparse
import gc
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import balanced_accuracy_score, f1_score

from benchmarks.core.cost import Cost
from benchmarks.core.machine import remember, warm_up
from benchmarks.core.records import Record, Records, library_version
from benchmarks.tables import encoded, keel, networks, trees
from benchmarks.tables.learner import Labels, LearnerKind, TableLearner

PART, DATASETS = "tables", {"balanced": "keel", "imbalanced": "keel-imbalanced"}
KINDS = {kind.name: kind for kind in (*encoded.KINDS, *trees.KINDS, *networks.KINDS)}
SMALLEST_CHANCE = 1e-6


@dataclass
class Running:
    """A learner on one set, and what its work cost: the first training, then each update."""

    kind: LearnerKind
    learner: TableLearner
    first: Record = field(default_factory=dict)
    updates: list[Record] = field(default_factory=list)

    def learn(self, stage: int, frame: pd.DataFrame, y: Labels) -> None:
        """Take in what a stage gives, and note the cost."""
        with Cost() as cost:
            begin = time.process_time()
            (self.learner.update if stage else self.learner.start)(frame, y)
            cpu = time.process_time() - begin
        found = {"seconds": cost.seconds, "cpu": cpu, "joules": cost.joules}
        if stage:
            self.updates.append(found)
        else:
            self.first = found

    def values(self, frame: pd.DataFrame, y: Labels) -> Record:
        """Scores on the test rows, and medians of the costs."""
        update = {name: median(each[name] for each in self.updates) for name in self.first}
        first = {f"first_{name}": value for name, value in self.first.items()}
        return {**scores(self.learner.proba(frame), y, self.learner.labels), **update, **first}


def scores(probabilities: np.ndarray, y: Labels, labels: Labels) -> Record:
    """Accuracy, balanced accuracy, macro-F1, log-loss; no label is thought less likely than one in a million."""
    guess = labels[probabilities.argmax(axis=1)]
    clipped = probabilities.clip(SMALLEST_CHANCE)
    chances = clipped[np.arange(len(y)), np.searchsorted(labels, y)] / clipped.sum(axis=1)
    return {
        "accuracy": float(np.mean(guess == y)),
        "balanced_accuracy": float(balanced_accuracy_score(y, guess)),
        "macro_f1": float(f1_score(y, guess, average="macro", zero_division=0.0)),
        "log_loss": float(-np.log(chances).mean()),
    }


def run(
    table: keel.Table,
    kinds: Sequence[LearnerKind],
    seed: int,
    records: Records,
    dataset: str = DATASETS["balanced"],
) -> None:
    """Measure the learners that ``records`` lacks, one after another at each stage.

    What lives by then is frozen, so that the collection of garbage before each measurement skips it.
    """
    cells = {
        kind.name: {"dataset": dataset, "table": table.name, "seed": seed, "peer": kind.name} for kind in kinds
    }
    due = [k for k in kinds if len(table.y) <= k.most_rows and seed < k.seeds and not records.has(**cells[k.name])]
    labels, parts = np.unique(table.y), keel.arrange(table.y, seed)
    order = np.random.default_rng(seed).permutation(len(due))
    gc.freeze()
    running = [Running(due[i], due[i].make(labels, seed)) for i in order]
    for stage in range(keel.BATCHES + 1):
        for one in running:
            if stage and one.kind.sees == "far" and stage not in one.kind.stages:
                continue
            rows = parts.upto(stage) if one.kind.sees == "far" else parts.at(stage)
            one.learn(stage, table.frame.iloc[rows].reset_index(drop=True), table.y[rows])
    test = table.frame.iloc[parts.test].reset_index(drop=True)
    about = {"rows": len(table.y), "columns": table.frame.shape[1], "classes": len(labels)}
    for one in running:
        records.add(cells[one.kind.name], {**about, **one.values(test, table.y[parts.test])})


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for, small sets first."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.measures.tables", description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--peers", nargs="+", choices=KINDS, default=list(KINDS), metavar="PEER")
    parser.add_argument("--group", choices=DATASETS, default="balanced")
    parser.add_argument("--sets", nargs="+", default=None, metavar="SET", help="default: all of the group")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    records = Records(PART, library_version(), remember())
    warm_up()
    tables = sorted(
        (keel.read(name, options.group) for name in options.sets or keel.names(options.group)),
        key=lambda table: len(table.y),
    )
    for seed in options.seeds:
        for table in tables:
            run(table, [KINDS[name] for name in options.peers], seed, records, DATASETS[options.group])


if __name__ == "__main__":
    main()
