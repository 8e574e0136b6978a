"""Tables at equal parameters and at equal time; the best of each row is bold, whosever it is."""

from typing import Any

import numpy as np

from benchmarks.core.records import Record, select
from benchmarks.report.tables import table
from benchmarks.study.budgets import EXPLICIT, MLP, PATHS, RANDOM

SECONDS = 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0
WAYS = MLP, PATHS, EXPLICIT, RANDOM
TIMED = MLP, PATHS, RANDOM


def generated(records: list[Record]) -> str:
    """Both tables."""
    return f"## Equal parameters\n\n{equal_parameters(records)}\n\n## Equal time\n\n{equal_time(records)}"


def equal_parameters(records: list[Record]) -> str:
    """Each width of the MLP, beside ours with as many trained numbers."""
    rows = []
    mine = select(records, by="parameters")
    for dataset, width in dict.fromkeys((run["dataset"], tuple(run["width"])) for run in mine):
        runs = select(select(mine, dataset=dataset), width=list(width))
        for way in WAYS:
            if some := select(runs, way=way):
                scores = [mean(some, key) for key in ("held", "test")]
                counts = [f"{mean(some, key):,.0f}" for key in ("trained", "all")]
                name = f"{way}, {width[0]} units" if way == MLP else way
                row = [dataset, name, *counts, *(f"{s:.4f}" for s in scores)]
                rows.append([*row, f"{mean(some, 'processor_seconds'):.2f}", str(len(some))])
    head = ["set", "way", "trained numbers", "all numbers", "held out", "test", "processor seconds", "seeds"]
    return table(head, rows)


def equal_time(records: list[Record]) -> str:
    """Within so many processor seconds, the size of each way that is best on held-out rows, and its test score."""
    rows = []
    for dataset in dict.fromkeys(record["dataset"] for record in records):
        mine = select(select(records, dataset=dataset), by="time")
        slowest = max((mean(some, "processor_seconds") for some in sizes(mine)), default=0)
        for limit in SECONDS:
            best = [_best(select(mine, way=way), limit) for way in TIMED]
            if any(best) and (limit / 10 < slowest):
                top = max(mean(each, "test") for each in best if each)
                rows.append([dataset, f"{limit:g}", *(_shown(each, top) for each in best)])
    return table(["set", "seconds at most", *TIMED], rows)


def sizes(records: list[Record]) -> list[list[Record]]:
    """The runs of each size."""
    names = ("way", "width", "landmarks", "epochs")
    found: dict[str, list[Record]] = {}
    for run in records:
        found.setdefault(str([run.get(name) for name in names]), []).append(run)
    return list(found.values())


def mean(runs: list[Record], key: str) -> float:
    """The mean of a number over runs."""
    return float(np.mean([run[key] for run in runs]))


def _best(records: list[Record], limit: float) -> list[Record]:
    """The runs of the size, within the limit, that is best on held-out rows; none where all take longer."""
    fit = [some for some in sizes(records) if mean(some, "processor_seconds") <= limit]
    return max(fit, key=lambda some: mean(some, "held"), default=[])


def _shown(runs: list[Record], top: float) -> str:
    if not runs:
        return "none fits"
    run: dict[str, Any] = runs[0]
    size = "-".join(map(str, run["width"])) if "width" in run else f"{run['landmarks']} landmarks"
    epochs = f", {run['epochs']} epochs" if run["epochs"] else ""
    score = f"{mean(runs, 'test'):.4f}"
    return f"{f'**{score}**' if mean(runs, 'test') == top else score} ({size}{epochs})"
