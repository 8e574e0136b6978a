"""Table of the transformer whose feed-forward block is replaced."""

import numpy as np

from benchmarks.core.records import Record, select
from benchmarks.report.tables import table
from benchmarks.study.decay import Interval
from benchmarks.study.transformer import NETWORK


def generated(records: list[Record]) -> str:
    """Accuracy, difference from the network and processor seconds of each way."""
    rows = []
    for dataset in dict.fromkeys(record["dataset"] for record in records):
        mine = select(records, dataset=dataset)
        for way in mine[0]["accuracies"]:
            scores = Interval.of([run["accuracies"][way] for run in mine])
            gaps = Interval.of([100 * (run["accuracies"][way] - run["accuracies"][NETWORK]) for run in mine])
            seconds = np.mean([run["processor_seconds"][way] for run in mine])
            gained = "" if way == NETWORK else gaps.text()
            rows.append([dataset, way, scores.text(4), gained, f"{seconds:.2f}", str(len(mine))])
    return "## Accuracy and seconds\n\n" + table(
        ["set", "way", "test accuracy", "points more than the network", "processor seconds", "seeds"], rows
    )
