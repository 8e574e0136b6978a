"""docs/federation-study.md, from the records."""

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from statistics import mean

from benchmarks.core.records import Record, latest, select
from benchmarks.federation.study import plan
from benchmarks.federation.study.averaging import BUDGET, HIDDEN, PARTICIPANTS, RATES, STEPS
from benchmarks.federation.study.setting import DATASETS
from benchmarks.federation.study.sites import SPLITS

PAGE = Path(__file__).parents[3] / "docs" / "federation-study.md"
METHODS = (plan.OURS, plan.FEDAVG, plan.FEDPROX, plan.FEDOUI, plan.WARM, plan.EXACT, plan.GRADIENT)
SITES = (10, 100, 1_000)
POINT, MB = 100.0, 1e6


def write(page: Path = PAGE) -> None:
    """Write the page."""
    records = latest(plan.PART)
    tables = (_accuracies, _over_seeds, _better, _costs, _paper)
    parts = [_protocol(), *_targets(records), *(line for table in tables for line in table(records))]
    page.write_text("\n".join(parts).rstrip() + "\n")


def _protocol() -> str:
    """The head of the page, with the numbers of the code."""
    numbers = {
        "hidden": " and ".join(map(str, HIDDEN)),
        "participants": PARTICIPANTS,
        "budget": BUDGET,
        "rates": ", ".join(map(str, RATES)),
        "steps": ", ".join(map(str, STEPS)),
    }
    return Path(__file__).with_name("page.md").read_text().format(**numbers)


def _targets(records: list[Record]) -> Iterator[str]:
    """What the headline cell gives over its seeds."""
    dataset, split, sites = plan.HEADLINE
    ours, small, theirs, long = (
        select(records, dataset=dataset, split=split, sites=sites, method=method)
        for method in (plan.OURS, plan.SMALL, plan.FEDAVG, plan.LONG)
    )
    rows = select(records, dataset=dataset, method=plan.LANDMARKS)
    yield f"## {dataset}, {split}, {sites} sites\n"
    yield from _table(
        ("method", "accuracy, mean (range)", "rounds", "MB up and down", "seconds", "joules"),
        [_line(found[0]["method"], found) for found in (ours, small, rows, theirs, long) if found],
    )
    if ours and theirs:
        yield ""
        for name, others in ((plan.FEDAVG, theirs), (plan.LONG, long)):
            gain = POINT * (mean(_of(ours, "accuracy")) - mean(_of(others, "accuracy"))) if others else 0.0
            yield from [f"Ours is {gain:+.1f} points from {name}."] if others else []
        yield from _beyond(theirs, select(records, dataset=dataset, method=plan.CENTRAL))
        yield from _fewer_bytes(ours, small, theirs, long)
    if ours and rows:
        apart = POINT * (mean(_of(ours, "accuracy")) - mean(_of(rows, "accuracy")))
        yield f"Synthetic landmarks are {apart:+.2f} points from landmarks that are rows.\n"


def _beyond(theirs: list[Record], central: list[Record]) -> Iterator[str]:
    """How far a gain of five points is from what any method could reach here."""
    if central:
        wanted = mean(_of(theirs, "accuracy")) + 5 / POINT
        yield f"Five points more than {plan.FEDAVG} would be {wanted:.4f}."
        yield f"Its network has {central[0]['accuracy']:.4f} if it is trained on all rows in one place."


def _fewer_bytes(
    ours: list[Record], small: list[Record], theirs: list[Record], long: list[Record]
) -> Iterator[str]:
    """How many times our bytes others send, as they are and packed as ours are."""
    names = [f"{name} sends" for name in (plan.FEDAVG, plan.LONG)]
    for name, found in zip(names, (theirs, long), strict=True):
        for mine in (one for one in (ours, small) if one and found):
            times = _bytes(found[0]) / _bytes(mine[0])
            then = f", {found[0]['packed'] * times:.1f} times if packed" if "packed" in found[0] else ""
            yield f"{name} {times:.1f} times the bytes of {mine[0]['method']}{then}."


def _line(name: str, found: list[Record]) -> list[str]:
    first, accuracy = found[0], _of(found, "accuracy")
    spread = f" ({min(accuracy):.4f} to {max(accuracy):.4f})" if len(found) > 1 else ""
    if "bytes_up" not in first:
        return [name, f"{mean(accuracy):.4f}{spread}", "", "", "", ""]
    return [name, f"{mean(accuracy):.4f}{spread}", *_cost(first)]


def _accuracies(records: list[Record]) -> Iterator[str]:
    """For each set, methods by splits and numbers of sites."""
    yield "\n## Accuracy\n"
    yield "The best of a line is bold, and a dash is not measured."
    yield "Ours has one accuracy in all lines of a set, because its sum has one digest.\n"
    for dataset in DATASETS:
        mine = select(records, dataset=dataset)
        lines = []
        for sites in SITES:
            for split in SPLITS:
                cells = [select(mine, split=split, sites=sites, method=method, seed=0) for method in METHODS]
                if any(cells):
                    lines.append([f"{sites:,}", split, *_bold([c[0]["accuracy"] if c else None for c in cells])])
        if lines:
            yield f"### {dataset}\n"
            yield from _table(("sites", "split", *METHODS), lines)
            known = [(name, select(mine, method=name, seed=0)) for name in (plan.LANDMARKS, plan.CENTRAL)]
            said = [f"{name} {found[0]['accuracy']:.4f}" for name, found in known if found]
            yield f"\nFor orientation: {', '.join(said)}.\n" if said else ""


def _over_seeds(records: list[Record]) -> Iterator[str]:
    """Ours and FedAvg with 100 sites where more than one seed is measured."""
    yield "### Over seeds\n"
    seeds = ", ".join(map(str, plan.SEEDS))
    yield f"With 100 sites; mean and range of the seeds {seeds}, or of those in brackets.\n"
    lines = []
    for dataset, split in product(DATASETS, SPLITS):
        cells = [
            select(records, dataset=dataset, split=split, sites=100, method=method)
            for method in (plan.OURS, plan.FEDAVG)
        ]
        if min(map(len, cells)) > 1:
            lines.append([dataset, split, *(_with_range(found) for found in cells)])
    yield from _table(("set", "split", plan.OURS, plan.FEDAVG), lines)
    yield ""


def _with_range(found: list[Record]) -> str:
    accuracy, seeds = _of(found, "accuracy"), sorted(one["seed"] for one in found)
    of = "" if tuple(seeds) == plan.SEEDS else f" [{', '.join(map(str, seeds))}]"
    return f"{mean(accuracy):.4f} ({min(accuracy):.4f} to {max(accuracy):.4f}){of}"


def _better(records: list[Record]) -> Iterator[str]:
    """Where another method is more accurate than ours, and what is not measured."""
    yield "## Where others are better\n"
    ours = [record for record in sorted(records, key=_place) if record["method"] == plan.OURS]
    found = False
    for mine in ours:
        place = {name: mine[name] for name in ("dataset", "split", "sites", "seed")}
        others = [one for one in select(records, **place) if one.get("accuracy", 0.0) > mine["accuracy"]]
        for other in others:
            found = True
            gain = POINT * (other["accuracy"] - mine["accuracy"])
            where = f"{place['dataset']}, {place['split']}, {place['sites']:,} sites, seed {place['seed']}"
            yield f"- {where}: {other['method']} by {gain:.1f} points."
    if not found:
        yield "Nowhere among the cells that are measured."
    planned = sum(1 for _ in plan.cells())
    if len(records) < planned:
        yield f"\n{len(records)} of {planned} planned cells are measured; the program goes on with the others."
    yield ""


def _costs(records: list[Record]) -> Iterator[str]:
    """Rounds, bytes, seconds and joules with 100 sites, and the digests of all cells of ours."""
    yield "## Rounds, bytes, seconds, joules\n"
    lines = [
        [record["dataset"], record["split"], f"{record['sites']:,}", record["method"], *_cost(record)]
        for record in sorted(records, key=_place)
        if "bytes_up" in record and record["seed"] == 0
    ]
    yield from _table(("set", "split", "sites", "method", "rounds", "MB up and down", "seconds", "joules"), lines)
    ours = [record for record in records if "digest" in record]
    same = sum(record["digest"] == record["central"] for record in ours)
    yield f"\nIn {same} of {len(ours)} cells the sum of ours has the digest of learning all rows in one place."
    yield "Seconds of ours are those of structure and recipe, and after the plus those of all sites together."
    yield "Those of the others leave out the search for learning rate and local steps.\n"


def _paper(records: list[Record]) -> Iterator[str]:
    """Copies averaged plainly and by rows."""
    found = [record for record in sorted(records, key=_place) if "plainly" in record]
    if not found:
        return
    yield "## Copies averaged plainly and by rows\n"
    lines = [
        [record["dataset"], record["split"], f"{record['sites']:,}", record["method"]]
        + [f"{record[name]:.4f}" for name in ("plainly", "accuracy")]
        for record in found
    ]
    yield from _table(("set", "split", "sites", "copies", "plainly", "by rows"), lines)


def _cost(record: Record) -> list[str]:
    if record["method"] in (plan.OURS, plan.SMALL):
        seconds = f"{record['structure_seconds']:.1f} + {record['seconds']:.1f}"
        joules = record["structure_joules"] + record["joules"]
        return ["1", f"{_bytes(record) / MB:,.1f}", seconds, f"{joules:,.0f}"]
    rounds = f"{record['best_round']:,} of {record['rounds']:,}"
    return [rounds, f"{_bytes(record) / MB:,.1f}", f"{record['seconds']:.1f}", f"{record['joules']:,.0f}"]


def _bytes(record: Record) -> float:
    return float(record["bytes_up"] + record["bytes_down"])


def _of(records: list[Record], name: str) -> list[float]:
    return [float(record[name]) for record in records]


def _place(record: Record) -> tuple[int, int, int, str]:
    split = SPLITS.index(record["split"]) if record["split"] in SPLITS else -1
    return DATASETS.index(record["dataset"]), record["sites"], split, record["method"]


def _bold(values: Sequence[float | None]) -> list[str]:
    best = max(value for value in values if value is not None)
    return ["–" if v is None else f"**{v:.4f}**" if v == best else f"{v:.4f}" for v in values]


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(line)} |" for line in lines)
