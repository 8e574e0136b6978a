"""Tables of the twenty retrainings: accuracy by way, what a retraining costs, and what health said."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from benchmarks.core.records import Record, select
from benchmarks.report.tables import table
from benchmarks.study.decay import Interval
from benchmarks.study.rounds import AGAIN, GREW, KEPT, ORDERS, SCRATCH, WAYS

VERDICTS = "green", "amber", "red", "unknown"


def generated(records: list[Record]) -> str:
    """All tables."""
    sections = [
        ("Accuracy after the last round", last_table(records)),
        ("What keeping the structure costs or gains, in points", gaps_table(records)),
        ("Accuracy by round", rounds_table(records)),
        ("Processor seconds of one retraining", seconds_table(records)),
        ("What structure health said", health_table(records)),
    ]
    return "\n\n".join(f"## {title}\n\n{body}" for title, body in sections)


def groups(records: list[Record]) -> Iterator[tuple[list[str], list[Record]]]:
    """The runs of each set, stream and share of the base, with the cells that name them."""
    cells = dict.fromkeys((r["dataset"], r["stream"], r["share"]) for r in records)
    for dataset, stream, share in sorted(cells, key=lambda cell: (cell[0], list(ORDERS).index(cell[1]), -cell[2])):
        runs = select(records, dataset=dataset, stream=stream, share=share)
        yield [dataset, stream, f"{round(100 * share)}/{round(100 * (1 - share))}"], runs


def last(runs: list[Record], way: str) -> list[float]:
    """Accuracy after the last round, run by run."""
    return [run["accuracies"][way][-1] for run in runs]


def last_table(records: list[Record]) -> str:
    """Mean accuracy of every way after the last round."""
    rows = [
        [*about, *(f"{np.mean(last(runs, way)):.4f}" for way in WAYS), str(len(runs))]
        for about, runs in groups(records)
    ]
    return table(["set", "stream", "base/new", *WAYS, "seeds"], rows)


def gaps_table(records: list[Record]) -> str:
    """Differences after the last round, paired by seed, with their intervals."""
    pairs = ((KEPT, AGAIN), (KEPT, SCRATCH), (GREW, KEPT))
    rows = []
    for about, runs in groups(records):
        gaps = [
            Interval.of([100 * (a - b) for a, b in zip(last(runs, one), last(runs, other), strict=True)])
            for one, other in pairs
        ]
        rows.append([*about, *(gap.text() for gap in gaps)])
    return table(["set", "stream", "base/new", *(f"{one} less {other}" for one, other in pairs)], rows)


def rounds_table(records: list[Record]) -> str:
    """Mean accuracy at every look of the ways that matter, at the smallest base."""
    rows = []
    for about, runs in groups(records):
        if runs[0]["share"] == min(run["share"] for run in records):
            for way in WAYS:
                means = np.mean([run["accuracies"][way] for run in runs], axis=0)
                shown = dict(zip(runs[0]["looks"], means, strict=True))
                rows.append([*about[:2], way, ", ".join(f"{look}: {mean:.4f}" for look, mean in shown.items())])
    return table(["set", "stream", "way", "round: accuracy"], rows)


def seconds_table(records: list[Record]) -> str:
    """Of the ways that keep a structure, the mean of all rounds; of those that train again, the last round."""
    rows = []
    for dataset in dict.fromkeys(record["dataset"] for record in records):
        mine = select(records, dataset=dataset)
        for share in sorted({run["share"] for run in mine}, reverse=True):
            some = select(mine, share=share)
            seconds = [float(np.mean([run["processor_seconds"][way] for run in some])) for way in WAYS]
            rows.append(
                [dataset, f"{round(100 * share)}/{round(100 * (1 - share))}", *(f"{s:.3g}" for s in seconds)]
            )
    return table(["set", "base/new", *WAYS], rows)


def health_table(records: list[Record]) -> str:
    """How often each verdict fell, when red fell first, and what decided on red."""
    rows = []
    for about, runs in groups(records):
        said = [verdict for run in runs for verdict in run["health"]]
        shares = Counter(verdict.partition(":")[0] for verdict in said)
        first = [next((i for i, v in enumerate(run["health"], 1) if v.startswith("red")), None) for run in runs]
        reds = Counter(verdict.partition(": ")[2] for verdict in said if verdict.startswith("red"))
        cells = [f"{shares[verdict] / len(said):.0%}" for verdict in VERDICTS]
        when = ", ".join("never" if each is None else str(each) for each in first)
        growths = f"{np.mean([run['growths'] for run in runs]):.1f}"
        rows.append([*about, *cells, when, ", ".join(name for name, _ in reds.most_common(2)), growths])
    return table(
        ["set", "stream", "base/new", *VERDICTS, "first red round, by seed", "decided by", "growths"], rows
    )
