"""Tables of how gates and weights come to rest, and of models solved on early gates."""

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.core.records import Record, select
from benchmarks.report.tables import table
from benchmarks.study.decay import Interval, centre, time_to

POINTS = 0.005
Time = Callable[[list[float], list[float]], float | None]
MEASURES: dict[str, tuple[str, Time]] = {
    "change by one minibatch: to a half": ("changes", lambda at, series: time_to(0.5, at, series)),
    "to a tenth": ("changes", lambda at, series: time_to(0.1, at, series)),
    "its mean epoch": ("changes", centre),
    "distance to the end: to a half": ("distances", lambda at, series: time_to(0.5, at, series, smoothed=1)),
    "to a tenth of it": ("distances", lambda at, series: time_to(0.1, at, series, smoothed=1)),
}


def generated(records: list[Record]) -> str:
    """The picture and all tables."""
    sections = [
        ("Gates and weights", f"![study](../img/study.png)\n\n{settling_table(records)}"),
        ("The model solved on early gates", early_table(records)),
        *((f"Snapshots: {dataset}", snapshot_table(records, dataset)) for dataset in _datasets(records)),
    ]
    return "\n\n".join(f"## {title}\n\n{body}" for title, body in sections)


def settling_table(records: list[Record]) -> str:
    """Epochs of the weights over epochs of the gates, for each layer, by every measure."""
    lines = [["set", "rate", "layer", *MEASURES, "runs"]]
    for dataset, schedule, runs in _groups(records):
        layers = len(runs[0]["layers"])
        for layer in [*range(layers), None]:
            name = "all" if layer is None else str(layer + 1)
            ratios = [ratio_of(runs, measure, layer) for measure in MEASURES]
            lines.append([dataset, schedule, name, *(ratio.text() for ratio in ratios), str(len(runs))])
    return table(lines[0], lines[1:])


def ratio_of(runs: list[Record], measure: str, layer: int | None) -> Interval:
    """The time of the weights over that of the gates in ``layer``, or of all layers' mean, over the runs.

    What has not fallen so far when training ends counts as falling then, and makes the ratio a lower bound.
    """
    kind, time = MEASURES[measure]
    ratios, unfinished = [], 0
    for run in runs:
        at = [point[0] for point in run[kind]]
        gates, weights = (time(at, [_of(point[column], layer) for point in run[kind]]) for column in (1, 2))
        unfinished += weights is None
        first = next(epoch for epoch in at if epoch > 0)
        ratios.append(max(weights or at[-1], first) / max(gates or at[-1], first))
    return Interval.of_ratios(ratios, unfinished)


def _of(layers: list[float], layer: int | None) -> float:
    return float(np.mean(layers)) if layer is None else layers[layer]


def early_table(records: list[Record]) -> str:
    """The earliest snapshot within half a point of the last one on held-out rows, and what no training gives."""
    head = ["set", "features", "rate", "the last: held out", "the earliest within half a point: epochs"]
    head += ["seconds, of the last", "default rule stops after", "network within half a point of its end"]
    lines = [[*head, "nothing taught, held out"]]
    for dataset, schedule, runs in _groups(records):
        for recipe in runs[0]["solved"]:
            curve = mean_curve(runs, recipe)
            early = earliest(curve, "held")
            spent, whole = (moment["train"] + moment["solve"] for moment in (early, curve[-1]))
            stops = [run["settled"] or run["epochs"] for run in runs]
            last = Interval.of([run["solved"][recipe][-1]["held"] for run in runs])
            controls = "; ".join(f"{name} {mean:.4f}" for name, mean in control_means(runs).items())
            cells = [dataset, recipe, schedule, last.text(4), f"{early['epoch']:.3g}", f"{spent:.2f}, {whole:.2f}"]
            lines.append([*cells, f"{np.mean(stops):.3g}", f"{earliest(curve, 'network')['epoch']:.3g}", controls])
    return table(lines[0], lines[1:])


def mean_curve(runs: list[Record], recipe: str) -> list[Record]:
    """Each snapshot's means over the runs."""
    curves = [run["solved"][recipe] for run in runs]
    return [
        {key: float(np.mean([m[key] for m in moments])) for key in moments[0]}
        for moments in zip(*curves, strict=True)
    ]


def earliest(curve: list[Record], key: str) -> Record:
    """The first snapshot from which on the score stays within half a point of the last one."""
    far = [place for place, moment in enumerate(curve) if moment[key] < curve[-1][key] - POINTS - 1e-12]
    return curve[far[-1] + 1 if far else 0]


def control_means(runs: list[Record]) -> dict[str, float]:
    """Mean accuracy on held-out rows of every control."""
    return {name: float(np.mean([run["controls"][name]["held"] for run in runs])) for name in runs[0]["controls"]}


def snapshot_table(records: list[Record], dataset: str) -> str:
    """Mean accuracies of each snapshot of a set."""
    columns: list[tuple[str, list[str]]] = []
    for _, schedule, runs in _groups(select(records, dataset=dataset)):
        for number, recipe in enumerate(runs[0]["solved"]):
            curve = mean_curve(runs, recipe)
            if not number:
                columns += [] if columns else [("epochs", [f"{moment['epoch']:.3g}" for moment in curve])]
                columns.append((f"{schedule}: training, s", [f"{moment['train']:.2f}" for moment in curve]))
                columns.append(("network, held out", [f"{moment['network']:.4f}" for moment in curve]))
            for key, shown in (("held", "held out"), ("test", "test")):
                columns.append((f"solved, {recipe}, {shown}", [f"{moment[key]:.4f}" for moment in curve]))
    head, cells = [name for name, _ in columns], [values for _, values in columns]
    return table(head, map(list, zip(*cells, strict=True)))


def _groups(records: list[Record]) -> Iterator[tuple[str, str, list[Record]]]:
    for dataset in _datasets(records):
        for schedule in ("cosine", "constant"):
            if runs := select(records, dataset=dataset, schedule=schedule):
                yield dataset, schedule, runs


def _datasets(records: list[Record]) -> list[str]:
    return list(dict.fromkeys(record["dataset"] for record in records))
