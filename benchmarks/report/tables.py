"""Markdown tables of the results."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.core.records import RESULTS, Record, select
from benchmarks.core.streams import STREAMS
from benchmarks.measures.first_training import EPOCHS, PLAIN_EPOCHS, QUICK, SMALL_EPOCHS
from benchmarks.peers.kinds import all_kinds
from benchmarks.peers.network import FROM_SCRATCH
from benchmarks.peers.ours import OURS
from benchmarks.report.looks import first_ways_of, ways_of
from benchmarks.report.pairs import Spread, final_gains, first_pairs, retraining_pairs, values
from benchmarks.report.targets import Target

MEGABYTE = 1e6


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows of text below a header."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def spread(found: Spread | None, digits: int = 3) -> str:
    """Median with its range in brackets, to so many significant figures; n/a where nothing was measured."""
    if found is None:
        return "n/a"
    median, least, most = (_figures(v, digits) for v in (found.median, found.least, found.most))
    return median if found.n == 1 else f"{median} ({least} to {most})"


def targets_table(targets: Sequence[Target]) -> str:
    """What was promised, what was measured, and whether that is met."""
    limits = ["" if t.limit is None else f"{'≤' if t.at_most else '≥'} {t.limit:g}" for t in targets]
    rows = [[t.what, limit, spread(t.found), t.note, t.verdict] for t, limit in zip(targets, limits, strict=True)]
    return table(["what", "target", "measured: median (range)", "note", "verdict"], rows)


def protocol_table(protocol: list[Record], dataset: str) -> str:
    """All peers over the three streams: accuracy after the last batch, and what one retraining cost."""
    header = ["stream", "way", "final accuracy", "seconds", "joules", "MB read, last batch", "peak MB", "runs"]
    rows = []
    for stream in STREAMS:
        for peer in ways_of(select(protocol, dataset=dataset, stream=stream)):
            mine = select(protocol, dataset=dataset, stream=stream, peer=peer)
            later, last = [r for r in mine if r["stage"] > 0], select(mine, stage=10)
            rows.append(
                [
                    stream,
                    f"**{peer}**" if peer == OURS else peer,
                    _accuracy(values(last, "accuracy")),
                    *(spread(Spread.of(values(later, name))) for name in ("seconds", "joules")),
                    spread(Spread.of(v / MEGABYTE for v in values(last, "bytes_read")[:1])),
                    spread(Spread.of(v / MEGABYTE for v in values(later, "peak_bytes"))),
                    f"{len({r['seed'] for r in mine})} seeds, {len({r['stage'] for r in later})} batches",
                ]
            )
    return table(header, rows)


def level_table(protocol: list[Record], datasets: Iterable[str]) -> str:
    """The network over ours, whole run and time to equal accuracy, for each set and stream."""
    header = ["data", "stream", "accuracy, ours less network (points)"]
    for what in ("seconds", "joules"):
        header += [f"{what}: whole run"]
        header += [f"{what}: to equal accuracy, {rows} rows" for rows in ("held-out", "test")]
    rows = []
    for dataset in datasets:
        for stream in STREAMS:
            if pairs := retraining_pairs(protocol, dataset, stream):
                row = [dataset, stream, spread(Spread.of(100 * p.gain for p in pairs), 2)]
                for what in ("seconds", "joules"):
                    for basis in ("full", "held_out", "test"):
                        never = sum(not p.reached[basis] for p in pairs)
                        ratio = spread(Spread.of(getattr(p, what)[basis] for p in pairs))
                        row.append(ratio + (f"; {never} of {len(pairs)} never" if never else ""))
                rows.append(row)
    return table(header, rows)


def gains_table(protocol: list[Record], datasets: Iterable[str]) -> str:
    """Accuracy after the last batch less the from-scratch network's, in points, for every peer."""
    rows = []
    for dataset in datasets:
        for peer in ways_of(select(protocol, dataset=dataset)):
            gains = [Spread.of(100 * g for g in final_gains(protocol, dataset, s, peer)) for s in STREAMS]
            if peer != FROM_SCRATCH and any(gains):
                rows.append([dataset, peer, *(spread(g, 2) for g in gains)])
    return table(["data", "way", *STREAMS], rows)


def first_table(first: list[Record], datasets: Iterable[str]) -> str:
    """First training on all rows: every way beside the network."""
    header = ["data", "way", "accuracy", "seconds", "joules", "epochs", "network's seconds over it", "runs"]
    rows = []
    for dataset in datasets:
        for way in first_ways_of(select(first, dataset=dataset)):
            mine, pairs = select(first, dataset=dataset, way=way), first_pairs(first, dataset, way)
            costs = [spread(Spread.of(values(mine, name))) for name in ("seconds", "joules", "epochs")]
            ratio = "" if way == FROM_SCRATCH else spread(Spread.of(p.seconds["full"] for p in pairs))
            accuracy = _accuracy(values(mine, "accuracy"))
            rows.append([dataset, way, accuracy, *costs, ratio, f"{len(mine)} seeds"])
    return table(header, rows)


def history_table(scaling: list[Record]) -> str:
    """Seconds and joules of taking in the same batch on top of more and more history."""
    mine = select(scaling, what="history")
    rows = []
    for dataset, way, size in dict.fromkeys((r["dataset"], r["way"], r["size"]) for r in _by_size(mine)):
        cells = select(mine, dataset=dataset, way=way, size=size)
        costs = [spread(Spread.of(values(cells, name))) for name in ("seconds", "joules")]
        rows.append([dataset, way, f"{size}x", *costs])
    return table(["data", "way", "history", "seconds", "joules"], rows)


def features_table(scaling: list[Record]) -> str:
    """Seconds of collecting one batch and of solving, against the number of features."""
    mine = select(scaling, what="features")
    rows = []
    for dataset, size in dict.fromkeys((r["dataset"], r["size"]) for r in _by_size(mine)):
        cells = select(mine, dataset=dataset, size=size)
        costs = [spread(Spread.of(values(cells, name))) for name in ("collect", "solve")]
        rows.append([dataset, f"{size:,}", f"{cells[0]['D']:,}", *costs])
    return table(["data", "landmarks", "D", "collecting, s", "solving, s"], rows)


def serving_table(scaling: list[Record]) -> str:
    """Forgetting one batch, and prediction of one row and of many."""
    rows = []
    for dataset, way in dict.fromkeys((r["dataset"], r["way"]) for r in select(scaling, what="prediction")):
        forgot = select(scaling, dataset=dataset, way=way, what="forgetting")
        [found] = select(scaling, dataset=dataset, way=way, what="prediction")
        single = [f"{found[name] * 1e3:.3g}" for name in ("p50", "p99")]
        forgetting = [spread(Spread.of(values(forgot, name))) for name in ("seconds", "joules")]
        rows.append([dataset, way, *forgetting, *single, f"{found['rows_per_second']:,.0f}"])
    header = ["data", "way", "forgetting 5 %, s", "J", "one row: p50, ms", "p99, ms", "rows a second"]
    return table(header, rows)


def throughput_table(throughput: list[Record]) -> str:
    """Rates of the machine's products and of the statistics, all counted as full products."""
    rows = []
    for dataset, paths, what in dict.fromkeys((r["dataset"], r["paths"], r["what"]) for r in throughput):
        mine = select(throughput, dataset=dataset, paths=paths, what=what)
        sizes = f"{mine[0]['rows']:,} x {mine[0]['D']:,}"
        rate, seconds = (spread(Spread.of(values(mine, name))) for name in ("giga_per_second", "seconds"))
        per_second = spread(Spread.of(r["rows"] / r["seconds"] for r in mine))
        rows.append([dataset, paths, sizes, what, "" if what == "features alone" else rate, seconds, per_second])
    return table(
        ["data", "paths", "rows x D", "what", "1e9 operations a second", "seconds", "rows a second"], rows
    )


def gpu_table(gpu: list[Record]) -> str:
    """Everything measured on the GPU."""
    rows = []
    for dataset, what, size in dict.fromkeys((r["dataset"], r["what"], r["rows"]) for r in _sized(gpu)):
        mine = [r for r in _sized(gpu) if (r["dataset"], r["what"], r["rows"]) == (dataset, what, size)]
        if what == "digest":
            rows.append([dataset, what, f"{size:,}", "equal" if mine[0]["same"] else "**different**", "", ""])
            continue
        seconds, rate = (spread(Spread.of(values(mine, name))) for name in ("seconds", "giga_per_second"))
        rows.append([dataset, what, f"{size:,}" if size else "", seconds, rate, _per_second(mine)])
    return table(["data", "what", "rows", "seconds", "1e9 operations a second", "rows a second"], rows)


def tuning_table(folder: Path = RESULTS) -> str:
    """The grid of each peer and what was chosen on each set."""
    path = folder / "tuning.json"
    tuning: dict[str, dict[str, Record]] = json.loads(path.read_text()) if path.is_file() else {}
    rows = []
    for name, kind in all_kinds().items():
        if len(kind.grid) > 1:
            choices = {key: dict.fromkeys(_plain(setting[key]) for setting in kind.grid) for key in kind.grid[0]}
            tried = "; ".join(f"{key}: {', '.join(values)}" for key, values in choices.items())
            taken = [_setting(tuning.get(dataset, {}).get(name, {}).get("chosen")) for dataset in tuning]
            rows.append([name, tried, *taken])
    quick = [_setting(tuning[dataset].get(QUICK, {}).get("chosen")) for dataset in tuning]
    epochs, small, plain = (", ".join(map(str, tried)) for tried in (EPOCHS, SMALL_EPOCHS, PLAIN_EPOCHS))
    tried = f"epochs of the structure: {epochs}, defaults; of a small one: {small}; of a plain one: {plain}"
    rows.append(["ours, quick first training", tried, *quick])
    return table(["way", "tried", *tuning], rows)


def machine_table(machines: dict[str, Record], used: Iterable[tuple[str, str, str, str]]) -> str:
    """Which part was measured on which machine with which code and recipe, and what that machine is."""
    names = list(dict.fromkeys(machine for _, machine, *_ in used))
    facts = [[f"`{name}`", "; ".join(f"{key} {_plain(v)}" for key, v in machines[name].items())] for name in names]
    parts = [[part, f"`{machine}`", f"`{code}`", recipe] for part, machine, code, recipe in used]
    head = ["part and data", "machine", "code", "recipe"]
    return table(["machine", "what it is"], facts) + "\n\n" + table(head, parts)


def _by_size(records: list[Record]) -> list[Record]:
    return sorted(records, key=lambda r: (r["dataset"], r["way"], r["size"]))


def _sized(records: list[Record]) -> list[Record]:
    return [{"rows": 0} | record for record in records]


def _per_second(records: list[Record]) -> str:
    return spread(Spread.of(r.get("rows_per_second", r.get("rows", 0) / r["seconds"]) for r in records))


def _accuracy(found: list[float]) -> str:
    return spread(Spread.of(found), 4)


def _figures(value: float, digits: int) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:#.{digits}g}".rstrip(".")


def _setting(setting: Record | None) -> str:
    return "n/a" if setting is None else ", ".join(f"{key} {_plain(value)}" for key, value in setting.items())


def _plain(value: object) -> str:
    return "-".join(map(str, value)) if isinstance(value, list) else str(value)
