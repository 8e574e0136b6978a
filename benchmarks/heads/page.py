"""From records to docs/heads.md."""

import json
import math
import statistics
from collections.abc import Iterator
from pathlib import Path

from benchmarks.core.common import median_and_range
from benchmarks.core.records import RESULTS, Record, latest, select
from benchmarks.heads.settings import SETTINGS

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "heads.md"
PAPER = 1.92
MLP = "MLP head"
WAYS = ("solved, equal parameters", "gradient, equal parameters", "solved, equal accuracy")
CONTROLS = ("random gates, solved", "logistic regression")
NETWORK_WAYS = ("network", "imitated", "solved", "gradient")
T_95 = {5: 2.776}
"""Student's t at 97.5 %, by the number of seeds."""


def slug(name: str) -> str:
    """The name of a setting in file names."""
    return name.lower().replace(",", "").replace(" ", "-")


def write(results: Path = RESULTS, page: Path = PAGE) -> None:
    """Write the page from the records of the latest code."""
    records = list(_complete(latest("heads", results)))
    if not records:
        return
    machines = json.loads((results / "machines.json").read_text())
    newest = max(records, key=lambda record: record["at"])
    head = (
        (HERE / "introduction.md")
        .read_text()
        .format(
            paper=PAPER,
            n=len(_names(records)),
            missing=_missing(records),
            code=newest["code"],
            at=newest["at"][:10],
            source=f"`{newest['source']}`",
        )
    )
    machine = machines[newest["machine"]]
    on = f"Machine: {machine['processor']}, {machine['cores']} cores, torch {machine['torch']}.\n\n"
    parts = [head, on, _summary(records), _nights(records), _settings(records)]
    parts += [_networks(latest("networks", results))]
    page.write_text("".join(parts).rstrip() + "\n")


def _missing(records: list[Record]) -> str:
    """A line on the settings that the command knows and that have no records."""
    missing = [name for name in SETTINGS if name not in _names(records)]
    return f"Not measured yet: {'; '.join(missing)}.\n" if missing else ""


def _complete(records: list[Record]) -> Iterator[Record]:
    """The settings whose last way was measured on every split."""
    for setting in _names(records):
        mine = select(records, setting=setting)
        if len(select(mine, way="night: PathLinear")) in T_95:
            yield from mine


def ratios(records: list[Record], setting: str, over: str, way: str, cost: str) -> list[float]:
    """What ``over`` costs for each unit that ``way`` costs, split by split."""
    by_seed = [{r["seed"]: r[cost] for r in select(records, setting=setting, way=each)} for each in (over, way)]
    return [by_seed[0][seed] / by_seed[1][seed] for seed in sorted(by_seed[1]) if by_seed[1][seed] > 0]


def times(values: list[float]) -> str:
    """Geometric mean and its confidence interval, such as ``2.10 (1.95 to 2.26)``."""
    logs = [math.log(value) for value in values]
    centre = statistics.fmean(logs)
    half = T_95[len(logs)] * statistics.stdev(logs) / len(logs) ** 0.5
    return f"{math.exp(centre):.2f} ({math.exp(centre - half):.2f} to {math.exp(centre + half):.2f})"


def _summary(records: list[Record]) -> str:
    lines = ["## First training: times less than the MLP head", "", _row("setting", *WAYS), _rule(1 + len(WAYS))]
    for setting in _names(records):
        found = [ratios(records, setting, MLP, way, "processor_seconds") for way in WAYS]
        lines.append(_row(setting, *map(times, found)))
    for label, cost in (
        ("average, processor time and joules", "processor_seconds"),
        ("average, wall-clock", "seconds"),
    ):
        lines.append(_row(f"**{label}**", *(f"**{_average(records, MLP, way, cost):.2f}**" for way in WAYS)))
    lines += ["", _verdict(records), ""]
    return "\n".join(lines) + "\n"


def _verdict(records: list[Record]) -> str:
    gaps = {way: [_gap(records, setting, way) for setting in _names(records)] for way in WAYS}
    said = [
        f"*{way}*: {_average(records, MLP, way, 'processor_seconds'):.2f} times beside {PAPER}, "
        f"accuracy {min(gap):+.2f} to {max(gap):+.2f} points against the MLP head."
        for way, gap in gaps.items()
    ]
    best = max(_average(records, MLP, way, "processor_seconds") for way in WAYS)
    reached = "is reached" if best >= PAPER else "is not reached"
    said.insert(0, f"The paper's {PAPER} {reached} in a first training; below 1.00 the MLP head costs less.")
    for way in CONTROLS:
        gap = [_gap(records, setting, way) for setting in _names(records)]
        said.append(f"*{way}*, a control: accuracy {min(gap):+.2f} to {max(gap):+.2f} points.")
    return "\n".join(f"- {line}" for line in said)


def _gap(records: list[Record], setting: str, way: str) -> float:
    """Points that the way's mean accuracy lies above the MLP head's."""
    mean = [statistics.fmean(r["accuracy"] for r in select(records, setting=setting, way=w)) for w in (way, MLP)]
    return 100 * (mean[0] - mean[1])


def _nights(records: list[Record]) -> str:
    lines = [
        "## The next night",
        "",
        "A tenth of the training rows is new. The MLP head is trained again on all of them; the block of *equal "
        "accuracy* learns the tenth by `partial_fit`.",
        "",
        _row("setting", "times less", "MLP head, ms", "PathLinear, ms", "MLP head", "PathLinear"),
        _rule(6),
    ]
    over, way = "night: MLP head", "night: PathLinear"
    for setting in _names(records):
        ms = [1_000 * statistics.fmean(_values(records, setting, w, "processor_seconds")) for w in (over, way)]
        accuracy = [median_and_range(_values(records, setting, w, "accuracy"), 4) for w in (over, way)]
        found = times(ratios(records, setting, over, way, "processor_seconds"))
        lines.append(_row(setting, found, *(f"{value:,.0f}" for value in ms), *accuracy))
    average = _average(records, over, way, "processor_seconds")
    return "\n".join([*lines, _row("**average**", f"**{average:.1f}**", "", "", "", "")]) + "\n\n"


def _settings(records: list[Record]) -> str:
    lines = ["## Each setting", ""]
    for setting in _names(records):
        first = select(records, setting=setting)[0]
        lines += [f"### {setting}", "", f"{first['rows']:,} rows, {first['d']:,} features, {first['k']} classes; "]
        lines[-1] += f"data `{first['data']}`.\n"
        lines += [_row("way", "path features", "accuracy", "processor ms", "joules"), _rule(5)]
        for way in (MLP, *WAYS, *CONTROLS):
            lines.append(_way(select(records, setting=setting, way=way), way))
        lines.append("")
    return "\n".join(lines) + "\n"


def _way(mine: list[Record], way: str) -> str:
    plan = mine[0]["plan"]
    features = "" if way in (MLP, "logistic regression") else f"{plan['features']:,} {plan['kind']}"
    ms = f"{1_000 * statistics.fmean(r['processor_seconds'] for r in mine):,.0f}"
    joules = f"{statistics.fmean(r['joules'] for r in mine):.2f}"
    return _row(way, features, median_and_range([r["accuracy"] for r in mine], 4), ms, joules)


def _networks(records: list[Record]) -> str:
    if not records:
        return ""
    lines = [(HERE / "networks.md").read_text().format(**records[0])]
    lines += [_row("set, network", "gates of convolutions, open", "features", "gates of the head", *NETWORK_WAYS)]
    lines += [_rule(4 + len(NETWORK_WAYS))]
    for dataset, network in dict.fromkeys((r["dataset"], r["network"]) for r in records):
        mine = select(records, dataset=dataset, network=network)
        convolutions = f"{mine[0]['convolution_gates']:,}, {statistics.fmean(r['open'] for r in mine):.0%}"
        about = [convolutions, f"{mine[0]['features']:,}", " + ".join(map(str, mine[0]["gates"]))]
        found = [statistics.fmean(r["accuracies"][way] for r in mine) for way in NETWORK_WAYS]
        spent = [statistics.fmean(r["processor_seconds"].get(way, 0.0) for r in mine) for way in NETWORK_WAYS]
        cells = [f"{a:.4f}" + (f", {s:.1f} s" if s else "") for a, s in zip(found, spent, strict=True)]
        lines.append(_row(f"{dataset}, {network}", *about, *cells))
    return "\n".join(lines) + "\n"


def _average(records: list[Record], over: str, way: str, cost: str) -> float:
    """Mean over the settings of their geometric mean ratios."""
    means = [statistics.geometric_mean(ratios(records, each, over, way, cost)) for each in _names(records)]
    return statistics.fmean(means)


def _values(records: list[Record], setting: str, way: str, name: str) -> list[float]:
    return [r[name] for r in select(records, setting=setting, way=way)]


def _names(records: list[Record]) -> list[str]:
    return sorted({r["setting"] for r in records})


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _rule(columns: int) -> str:
    return "|---" * columns + "|"
