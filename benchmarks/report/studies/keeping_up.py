"""Tables of a world that moved: accuracy beside the network from scratch, the targets, and what each way costs."""

from collections.abc import Iterator

import numpy as np

from benchmarks.core.common import SETS, median_and_range
from benchmarks.core.records import Record, select
from benchmarks.core.streams import STREAMS
from benchmarks.report.tables import table
from benchmarks.study.keeping_up import DEFAULT, GROWN, NETWORK, RECIPES

LARGE = ("letter", "fashion-mnist")
NAMES = {"iid": "i.i.d.", "drifted": "drifted", "incremental": "new classes"}
GAPS = {
    **{(dataset, "drifted", DEFAULT): -0.3 for dataset in SETS},
    **{(dataset, "incremental", DEFAULT): -1.2 for dataset in LARGE},
    **{(dataset, "incremental", GROWN): -0.3 for dataset in LARGE},
}
ACCURACIES = {("letter", "iid", DEFAULT): 0.973, ("fashion-mnist", "iid", DEFAULT): 0.896}


def generated(records: list[Record]) -> str:
    """All tables."""
    sections = [("Accuracy on test rows after ten batches", accuracies(records)), ("Targets", targets(records))]
    sections += [("Processor seconds, and calibration", costs(records))]
    return "\n\n".join(f"## {title}\n\n{body}" for title, body in sections)


def groups(records: list[Record]) -> Iterator[tuple[str, str, dict[str, dict[int, Record]]]]:
    """For each set and stream the runs of each way by seed."""
    for dataset in dict.fromkeys(record["dataset"] for record in records):
        for stream in STREAMS:
            mine = select(records, dataset=dataset, stream=stream)
            ways: dict[str, dict[int, Record]] = {}
            for run in mine:
                ways.setdefault(run["way"], {})[run["seed"]] = run
            if ways:
                yield dataset, stream, ways


def gaps(ways: dict[str, dict[int, Record]], way: str) -> list[float]:
    """Points that a way is above the network, seed by seed."""
    one, other = ways.get(way, {}), ways.get(NETWORK, {})
    return [100 * (one[seed]["accuracy"] - other[seed]["accuracy"]) for seed in sorted(one.keys() & other.keys())]


def accuracies(records: list[Record]) -> str:
    """Medians with their range, and the paired differences to the network."""
    rows = []
    for dataset, stream, ways in groups(records):
        for way in (*RECIPES, NETWORK):
            if runs := ways.get(way):
                found = median_and_range([run["accuracy"] for run in runs.values()], 4)
                less = gaps(ways, way) if way != NETWORK else []
                rows.append([dataset, NAMES[stream], way, found, _points(less), str(len(runs))])
    return table(["set", "stream", "way", "accuracy: median (range)", "points above the network", "seeds"], rows)


def targets(records: list[Record]) -> str:
    """What was asked, what the medians are, and whether they reach it."""
    rows = []
    for dataset, stream, ways in groups(records):
        for way in RECIPES:
            if less := gaps(ways, way):
                rows += _judged(dataset, stream, way, GAPS, "points above the network", less)
            if runs := ways.get(way):
                found = [run["accuracy"] for run in runs.values()]
                rows += _judged(dataset, stream, way, ACCURACIES, "accuracy", found)
    return table(["set", "stream", "way", "what", "asked", "median", "verdict"], rows)


def _judged(
    dataset: str, stream: str, way: str, asked: dict[tuple[str, str, str], float], what: str, found: list[float]
) -> list[list[str]]:
    least = asked.get((dataset, stream, way))
    if least is None:
        return []
    median = float(np.median(found))
    verdict = "met" if median >= least else "**missed**"
    return [[dataset, NAMES[stream], way, what, f"{least:g}", f"{median:.4g}", verdict]]


def costs(records: list[Record]) -> str:
    """Medians: the first training, a retraining, a growth, the expected calibration error, and the log-loss."""
    rows = []
    for dataset, stream, ways in groups(records):
        for way in (*RECIPES, NETWORK):
            if runs := ways.get(way):
                names = ("first", "retraining", "growing", "ece", "log_loss", "features")
                values = [[run[name] for run in runs.values() if name in run] for name in names]
                rows.append([dataset, NAMES[stream], way, *(f"{np.median(v):.3g}" if v else "" for v in values)])
    head = ["first training", "retraining on a batch", "growing once", "ECE", "log-loss", "features"]
    return table(["set", "stream", "way", *head], rows)


def _points(less: list[float]) -> str:
    return median_and_range(less, 2) if less else ""
