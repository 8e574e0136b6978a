"""The targets, each with what the results say about it: computed here, never written by hand."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.core.records import RESULTS, Record, latest, select
from benchmarks.measures.first_training import QUICK
from benchmarks.measures.overhead import outside
from benchmarks.measures.throughput import COLLECT, FEATURES
from benchmarks.peers.network import FROM_SCRATCH
from benchmarks.peers.ours import OURS
from benchmarks.peers.tuning import TOLERANCE
from benchmarks.report.pairs import Pair, Spread, final_gains, first_pairs, retraining_pairs, values

BASES = {"full": "its early-stopped run", "held_out": "to equal accuracy"}
LARGEST_LOSS = -0.005
UPDATE = 4_000, "update, 100 rows"


@dataclass(frozen=True)
class Target:
    """One promise: what, its limit, and what was measured.

    The limit is a least value, or with ``at_most`` a greatest; None where the measured value is only stated.
    ``holds`` is False where the comparison is not between equals, which ``note`` explains.
    """

    what: str
    limit: float | None
    found: Spread | None
    at_most: bool = False
    holds: bool = True
    note: str = ""

    @property
    def verdict(self) -> str:
        """Met or missed, by how much, or that there is nothing to judge."""
        if self.found is None:
            return "not measured"
        if self.limit is None:
            return "stated"
        value = self.found.median
        met = self.holds and (value <= self.limit if self.at_most else value >= self.limit)
        return "met" if met else f"**missed**: {self._distance(value, self.limit)}"

    def _distance(self, value: float, limit: float) -> str:
        if not self.holds:
            return "accuracy not equal"
        if limit <= 0:
            return f"by {abs(value - limit) * 100:.2f} point"
        part = value / limit
        return f"{part:.3g} times it" if self.at_most else f"reached {part:.2g} of it"


def all_targets(folder: Path = RESULTS) -> list[Target]:
    """Every row of the table, in its order."""
    protocol, first = latest("protocol", folder), latest("first", folder)
    return [
        *_retraining(protocol),
        *_first(first, folder),
        *_scaling(latest("scaling", folder)),
        *_throughput(latest("throughput", folder)),
        *_gpu(latest("gpu", folder)),
        *_streams(protocol),
        *_beside(folder),
    ]


def _retraining(protocol: list[Record]) -> Iterable[Target]:
    for dataset, least in (("fashion-mnist", 30.0), ("letter", 50.0)):
        pairs = retraining_pairs(protocol, dataset)
        for what in ("seconds", "joules"):
            for basis, basis_name in BASES.items():
                row = f"retraining, {dataset}: {what}, network ({basis_name}) over ours"
                yield _ratio(row, least, pairs, what, basis)


def _first(first: list[Record], folder: Path) -> Iterable[Target]:
    tuning = _json(folder / "tuning.json") or {}
    for dataset, least in (("letter", 4.0), ("fashion-mnist", 1.5)):
        quick = tuning.get(dataset, {}).get(QUICK, {}).get("chosen", {}).get("way", OURS)
        for way in dict.fromkeys((OURS, quick)):
            pairs = first_pairs(first, dataset, way)
            row = f"first training, {dataset}: seconds, network over {way}"
            yield _ratio(row, least, pairs, "seconds", "full")


def _ratio(what: str, least: float, pairs: list[Pair], field: str, basis: str) -> Target:
    """A ratio counts where ours is level: no more than 0.3 point below the network, in the median."""
    gain = Spread.of(pair.gain for pair in pairs)
    found = Spread.of(getattr(pair, field)[basis] for pair in pairs)
    note = f"accuracy {gain.median * 100:+.2f} points" if gain else ""
    return Target(what, least, found, holds=gain is None or gain.median >= -TOLERANCE, note=note)


def _scaling(scaling: list[Record]) -> Iterable[Target]:
    for dataset in _sets(scaling):
        mine = select(scaling, dataset=dataset)
        ours = select(mine, what="history", way=OURS)
        once, long = (_by_round(select(ours, size=size)) for size in (1, 20))
        growth = Spread.of(long[n] / once[n] for n in once.keys() & long.keys())
        yield Target(f"retraining at 20 times the history over 1{_of(dataset)}", 1.05, growth, at_most=True)
        forgot = select(mine, what="forgetting")
        least = Spread.of(values(select(forgot, way=FROM_SCRATCH), "seconds"))
        ratios = [least.median / s for s in values(select(forgot, way=OURS), "seconds")] if least else []
        yield Target(
            f"forgetting 5 %{_of(dataset)}: seconds, network without it over ours", 20.0, Spread.of(ratios)
        )


def _throughput(throughput: list[Record]) -> Iterable[Target]:
    kinds = dict.fromkeys((r["dataset"], r["paths"]) for r in throughput) or [("", "")]
    for dataset, paths in kinds:
        mine, of = select(throughput, dataset=dataset, paths=paths), _of(dataset) + _of(paths)
        features, collect = (Spread.of(values(select(mine, what=what), "seconds")) for what in (FEATURES, COLLECT))
        for what, least in (("int8 product", 0.6), ("dsyrk", 4.0)):
            found = Spread.of(_shares(mine, COLLECT, what))
            yield Target(f"statistics over the machine's {what}{of}: rate", least, found)
        share = _features_over_products(features, collect)
        yield Target(f"feature building over products{of}: seconds", 1.0, share, at_most=True)


def _gpu(gpu: list[Record]) -> Iterable[Target]:
    for dataset in _sets(gpu):
        mine = select(gpu, dataset=dataset)
        shares = _shares(mine, "statistics", "int8 product")
        yield Target(f"GPU: statistics over its int8 product{_of(dataset)}", 0.5, Spread.of(shares))


def _streams(protocol: list[Record]) -> Iterable[Target]:
    for dataset in _sets(protocol):
        for stream in ("drifted", "incremental"):
            gains = Spread.of(final_gains(protocol, dataset, stream))
            yield Target(f"{stream} stream{_of(dataset)}: final accuracy, ours less network", LARGEST_LOSS, gains)


def _beside(folder: Path) -> Iterable[Target]:
    """Targets that benchmarks of their own measure: ``solving`` and ``overhead``."""
    solving = _json(folder / "solving.json")
    ratios = [r for run in solving or [] if (run["D"], run["what"]) == UPDATE for r in run["ratios"]]
    row = "updating a factor of D = 4,000 by 100 rows: seconds, factorising again over ours"
    yield Target(row, 5.0, Spread.of(ratios))
    now, first = (_retrainings(folder / f"{name}.json") for name in ("overhead", "overhead-first"))
    row = "a small retraining (digits), warm process: share outside learning"
    yield Target(row, None, Spread.of(outside(s) / sum(s.values()) for s in now))
    row = "the same: seconds outside learning, when first measured over now"
    yield Target(row, 2.0, Spread.of(outside(s) / outside(t) for s, t in zip(first, now, strict=False)))


def _retrainings(path: Path) -> list[dict[str, float]]:
    """Seconds of each phase of each retraining."""
    return [run["seconds"] for run in (_json(path) or {"runs": []})["runs"] if run["flow"] == "retrain"]


def _json(path: Path) -> Any:
    return json.loads(path.read_text()) if path.is_file() else None


def _features_over_products(features: Spread | None, collect: Spread | None) -> Spread | None:
    """From the quickest rounds; products are what collecting takes beside the features."""
    if features is None or collect is None:
        return None
    products = collect.least - features.least
    return Spread.of([features.least / products if products > 0 else float("inf")])


def _shares(records: list[Record], what: str, whole: str) -> list[float]:
    """Rate of one piece of work over that of another, round by round."""
    ours, theirs = (
        {r["round"]: r["giga_per_second"] for r in select(records, what=name)} for name in (what, whole)
    )
    return [ours[n] / theirs[n] for n in ours.keys() & theirs.keys()]


def _sets(records: list[Record]) -> list[str]:
    """The sets that were measured; one without a name where none was, so that the row is there."""
    return list(dict.fromkeys(record["dataset"] for record in records)) or [""]


def _of(name: str) -> str:
    return f", {name}" if name else ""


def _by_round(records: list[Record]) -> dict[int, float]:
    return {record["round"]: record["seconds"] for record in records}
