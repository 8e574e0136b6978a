"""Streams: each batch is predicted, then learnt; accuracy over all rows after the base, one thread.

``python -m benchmarks.measures.streams --seeds 0 1 2``; needs ``pip install -e '.[bench]'``.
"""

import argparse
import gc
import time
import warnings
from collections.abc import Sequence
from statistics import median

import numpy as np
import torch

from benchmarks.core.machine import remember, warm_up
from benchmarks.core.records import Record, Records, library_version
from benchmarks.tables import flows
from benchmarks.tables.keel import Table
from benchmarks.tables.learner import LearnerKind
from benchmarks.tables.windows import KINDS

PART, DATASET = "streams", "river"


def prequential(table: Table, kind: LearnerKind, seed: int) -> Record:
    """Predict and learn every batch; the accuracy, its part after the middle, and what an update took."""
    parts = flows.arrange(len(table.y))
    learner = kind.make(np.unique(table.y), seed)
    learner.start(table.frame.iloc[parts[0]], table.y[parts[0]])
    right, seconds = [], []
    for stage, rows in enumerate(parts[1:], start=1):
        frame, y = table.frame.iloc[rows], table.y[rows]
        right.append(learner.predict(frame) == y)
        given = rows if kind.sees == "batch" else np.concatenate(parts[: stage + 1])
        begin = time.process_time()
        learner.update(table.frame.iloc[given].reset_index(drop=True), table.y[given])
        seconds.append(time.process_time() - begin)
    return {"accuracy": float(np.mean(np.concatenate(right))), "cpu": median(seconds), "rows": len(table.y)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.measures.streams", description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument(
        "--streams", nargs="+", choices=flows.STREAMS, default=list(flows.STREAMS), metavar="STREAM"
    )
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    records = Records(PART, library_version(), remember())
    warm_up()
    for seed in options.seeds:
        for name in options.streams:
            gc.freeze()
            table = flows.read(name, seed)
            for kind in KINDS:
                cell = {"dataset": DATASET, "stream": name, "seed": seed, "peer": kind.name}
                if seed < kind.seeds and not records.has(**cell):
                    records.add(cell, prequential(table, kind, seed))


if __name__ == "__main__":
    main()
