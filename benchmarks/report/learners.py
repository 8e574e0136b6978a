"""The generated part of ``docs/benchmarks-tables.md``: tables of real sets and streams, and the ranks' picture.

``python -m benchmarks.report.learners`` makes it from ``tables-keel.jsonl``, ``tables-keel-imbalanced.jsonl`` and
``streams-river.jsonl`` in ``benchmarks/results`` alone.
"""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import mean, median, stdev

import numpy as np

from benchmarks.core.records import RESULTS, Record, read, select
from benchmarks.measures.tables import DATASETS
from benchmarks.report.page import BEGIN, DOCS, END
from benchmarks.report.ranks import Ranks, difference_figure
from benchmarks.report.tables import table
from benchmarks.tables.encoded import OURS
from benchmarks.tables.networks import NETWORK
from benchmarks.tables.trees import HISTOGRAMS, LIGHTGBM
from benchmarks.tables.windows import OURS_AUTO

DPI = 130
METRICS = {"accuracy": "accuracy", "macro_f1": "macro-F1", "log_loss": "log-loss"}
METRICS_OF_IMBALANCED = {"balanced_accuracy": "balanced accuracy", **METRICS}
COSTS = {"cpu": "one batch, s", "joules": "J", "first_cpu": "first training, s", "first_joules": "J"}


def write(results: Path = RESULTS, docs: Path = DOCS) -> None:
    """Draw the picture and replace what stands between the two marks of the page."""
    page, pictures = docs / "benchmarks-tables.md", docs / "img" / "bench"
    before, _, rest = page.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    tables, streams = newest("tables", results), newest("streams", results)
    balanced, imbalanced = (select(tables, dataset=name) for name in DATASETS.values())
    sections = [*_targets(balanced, streams), *_of_tables(balanced, pictures), *_of_imbalanced(imbalanced)]
    sections += [*_of_streams(streams)]
    sections += [("Code", _codes({"tables": balanced, "imbalanced tables": imbalanced, "streams": streams}))]
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections)
    page.write_text(f"{before}{BEGIN}\n\n{body}\n\n{END}{after}")


def newest(part: str, folder: Path) -> list[Record]:
    """The newest record of each cell: a peer does not depend on our code, and need not run again with it."""
    found = {tuple(r["cell"].values()): r for r in read(part, folder)}
    return [r["cell"] | {name: value for name, value in r.items() if name != "cell"} for r in found.values()]


def by_set(records: Iterable[Record], field: str, key: str = "table") -> dict[str, float]:
    """Mean over the seeds of each set."""
    found: dict[str, list[float]] = defaultdict(list)
    for record in records:
        found[record[key]].append(record[field])
    return {name: mean(values) for name, values in found.items()}


def common(records: list[Record], peers: Iterable[str], key: str = "table") -> list[Record]:
    """The records of repetitions that all of these peers have run."""
    ran = [{(r[key], r["seed"]) for r in select(records, peer=peer)} for peer in peers]
    shared = set.intersection(*ran) if ran else set()
    return [r for r in records if (r[key], r["seed"]) in shared and r["peer"] in set(peers)]


def everywhere(records: list[Record]) -> list[str]:
    """Peers that ran on every set, ours first."""
    sets = {r["table"] for r in records}
    peers = dict.fromkeys(r["peer"] for r in records)
    found = [p for p in peers if {r["table"] for r in select(records, peer=p)} == sets]
    return sorted(found, key=lambda peer: (peer != OURS, peer))


def ratios(records: list[Record], peer: str, field: str = "cpu") -> dict[str, float]:
    """On each set the peer's cost over ours: the median over the seeds of ratios within one run."""
    found: dict[str, list[float]] = defaultdict(list)
    ours = {(r["table"], r["seed"]): r[field] for r in select(records, peer=OURS)}
    for r in select(records, peer=peer):
        if (r["table"], r["seed"]) in ours:
            found[r["table"]].append(r[field] / ours[r["table"], r["seed"]])
    return {name: median(values) for name, values in found.items()}


def _targets(tables: list[Record], streams: list[Record]) -> Iterable[tuple[str, str]]:
    rows = []
    if tables:
        three = [OURS, LIGHTGBM, NETWORK]
        level = {p: mean(by_set(select(common(tables, three), peer=p), "accuracy").values()) for p in three}
        rows.append(_row("mean accuracy less the tuned MLP's, points", 0.0, 100 * (level[OURS] - level[NETWORK])))
        rows.append(_row("mean accuracy less LightGBM's, points", -0.5, 100 * (level[OURS] - level[LIGHTGBM])))
        cost = ratios(tables, LIGHTGBM)
        largest = max(tables, key=lambda r: r["rows"])["table"]
        rows.append(
            _row(
                "one retraining, processor time: LightGBM refit on all over ours, median",
                5.0,
                median(cost.values()),
            )
        )
        clock = median(ratios(tables, LIGHTGBM, "seconds").values())
        rows.append(["the same by the clock of a busy machine", "", f"{clock:.2f}", "stated"])
        rows.append(_row(f"the same in processor time on the largest set ({largest})", 20.0, cost[largest]))
    if streams:
        two = common(streams, [OURS_AUTO, HISTOGRAMS], "stream")
        gain = [mean(by_set(select(two, peer=p), "accuracy", "stream").values()) for p in (OURS_AUTO, HISTOGRAMS)]
        rows.append(_row("streams, keep auto less HistGradientBoosting, points", 0.0, 100 * (gain[0] - gain[1])))
    if rows:
        yield "Targets", table(["what", "at least", "measured", "verdict"], rows)


def _row(what: str, least: float, found: float) -> list[str]:
    return [what, f"{least:g}", f"{found:.2f}", "met" if found >= least else "**missed**"]


def _of_tables(records: list[Record], pictures: Path) -> Iterable[tuple[str, str]]:
    if not records:
        return
    peers = everywhere(records)
    shared = common(records, peers)
    sets, seeds = {r["table"] for r in shared}, {r["seed"] for r in shared}
    scores = np.array([list(_in_order(shared, peer)) for peer in peers]).T
    figure = difference_figure(Ranks.of(peers, scores), "Accuracy", OURS)
    pictures.mkdir(parents=True, exist_ok=True)
    figure.savefig(pictures / "tables-ranks.png", dpi=DPI)
    yield "Where trees win", _wins(shared)
    yield "Ranks", "![average ranks](img/bench/tables-ranks.png)"
    yield f"All peers, {len(sets)} sets, up to {len(seeds)} seeds", _scores(shared, peers)
    development = set(sorted({r["table"] for r in records})[::2])
    unseen = [r for r in shared if r["table"] not in development]
    yield "Only the sets on which nothing was chosen", _scores(unseen, peers)
    yield "Cost", _costs(shared, peers)
    few = [p for p in dict.fromkeys(r["peer"] for r in records) if p not in peers]
    for peer in few:
        both = common(records, [OURS, LIGHTGBM, peer])
        if both:
            yield f"{peer}: {len({r['table'] for r in both})} small sets", _scores(both, [OURS, LIGHTGBM, peer])


def _of_imbalanced(records: list[Record]) -> Iterable[tuple[str, str]]:
    if records:
        peers = everywhere(records)
        shared = common(records, peers)
        sets = len({r["table"] for r in shared})
        yield f"Imbalanced tables, {sets} sets of two classes", _scores(shared, peers, METRICS_OF_IMBALANCED)


def _in_order(records: list[Record], peer: str) -> Iterable[float]:
    found = by_set(select(records, peer=peer), "accuracy")
    return (found[name] for name in sorted(found))


def _scores(records: list[Record], peers: list[str], metrics: dict[str, str] = METRICS) -> str:
    """Means over the sets; behind ± the standard deviation of that mean over the seeds that ran on every set."""
    rows = []
    for peer in peers:
        mine = select(records, peer=peer)
        cells = []
        for field in metrics:
            middle = mean(by_set(mine, field).values())
            cells.append(f"{middle:.4f}{_over_seeds(mine, field)}")
        rows.append([peer, *cells])
    return table(["learner", *metrics.values()], rows)


def _over_seeds(records: list[Record], field: str) -> str:
    sets = {r["table"] for r in records}
    runs = [select(records, seed=seed) for seed in sorted({r["seed"] for r in records})]
    means = [mean(r[field] for r in run) for run in runs if {r["table"] for r in run} == sets]
    return f" ± {stdev(means):.4f}" if len(means) > 1 else ""


def _costs(records: list[Record], peers: list[str]) -> str:
    rows = []
    for peer in peers:
        mine = select(records, peer=peer)
        cells = [f"{median(by_set(mine, field).values()):.3g}" for field in COSTS]
        over = list(ratios(records, peer).values())
        rows.append([peer, *cells, f"{median(over):.3g} ({min(over):.2g} to {max(over):,.0f})"])
    return table(["learner", *COSTS.values(), "one batch, over ours: median (range)"], rows)


def _wins(records: list[Record]) -> str:
    """Every set, those first where LightGBM leads by most."""
    about = {r["table"]: r for r in records}
    peers = [OURS, LIGHTGBM, HISTOGRAMS, NETWORK]
    found = {p: by_set(select(records, peer=p), "accuracy") for p in peers}
    cost = ratios(records, LIGHTGBM)
    order = sorted(about, key=lambda name: found[OURS][name] - found[LIGHTGBM][name])
    rows = []
    for name in order:
        one, gap = about[name], 100 * (found[OURS][name] - found[LIGHTGBM][name])
        size = f"{one['rows']:,} x {one['columns']}, {one['classes']}"
        cells = [f"{found[p][name]:.3f}" for p in peers]
        rows.append([name, size, *cells, f"{gap:+.1f}", f"{cost[name]:.1f}"])
    header = ["set", "rows x columns, classes", *peers, "ours less LightGBM, points", "LightGBM's cost over ours"]
    return table(header, rows)


def _of_streams(records: list[Record]) -> Iterable[tuple[str, str]]:
    if not records:
        return
    peers = list(dict.fromkeys(r["peer"] for r in records))
    found = {peer: by_set(select(records, peer=peer), "accuracy", "stream") for peer in peers}
    names = [name for name in dict.fromkeys(r["stream"] for r in records) if all(name in found[p] for p in peers)]
    rows = [[name, *(f"{found[p][name]:.4f}" for p in peers)] for name in names]
    rows.append(["**mean**", *(f"**{mean(found[p][name] for name in names):.4f}**" for p in peers)])
    costs = [f"{median(by_set(select(records, peer=p), 'cpu', 'stream').values()):.3g}" for p in peers]
    rows.append(["one batch, s: median", *costs])
    yield "Streams: accuracy of predicting each batch before it is learnt", table(["stream", *peers], rows)


def _codes(parts: dict[str, list[Record]]) -> str:
    """Under which state of the library ours ran, and on which machine of ``machines.json``."""
    rows = []
    for part, records in parts.items():
        ours = [r for r in records if r["peer"].startswith(OURS)]
        for code, machine in dict.fromkeys((r["code"], r["machine"]) for r in ours):
            mine = select(ours, code=code, machine=machine)
            rows.append([part, f"`{code}`", f"`{machine}`", f"{len(mine)}"])
    return table(["part", "library", "machine", "records of ours"], rows)


if __name__ == "__main__":
    write()
