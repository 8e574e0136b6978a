"""Numbers drawn from the records: medians, ranges, and what the network cost until it came as far as ours."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.core.records import Record, select
from benchmarks.peers.network import FROM_SCRATCH
from benchmarks.peers.ours import OURS
from benchmarks.peers.tuning import TOLERANCE

SECONDS, JOULES, HELD_OUT, TEST = range(4)


@dataclass(frozen=True)
class Spread:
    """Median, least and most of ``n`` values."""

    median: float
    least: float
    most: float
    n: int

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread | None":
        """None where there are no values."""
        found = sorted(values)
        return cls(statistics.median(found), found[0], found[-1], len(found)) if found else None


@dataclass(frozen=True)
class Pair:
    """One retraining (or first training) of ours beside the network's on the same rows, seed and stage.

    ``seconds`` and ``joules`` are the network's over ours, for its whole early-stopped run (``full``) and up to
    the first epoch whose accuracy comes within 0.3 point of ours, judged on the network's own held-out rows
    (``held_out``) or on the test rows (``test``). Where it never does the whole run counts; ``reached`` tells.
    """

    gain: float
    seconds: dict[str, float]
    joules: dict[str, float]
    reached: dict[str, bool]

    @classmethod
    def of(cls, ours: Record, network: Record) -> "Pair":
        goal = ours["accuracy"] - TOLERANCE
        costs = {"full": (network["seconds"], network["joules"])}
        reached = {"full": network["accuracy"] >= goal}
        for basis, column in (("held_out", HELD_OUT), ("test", TEST)):
            point = next((p for p in network["curve"] if p[column] >= goal), None)
            reached[basis] = point is not None
            costs[basis] = (point[SECONDS], point[JOULES]) if point else costs["full"]
        return cls(
            ours["accuracy"] - network["accuracy"],
            {basis: cost[SECONDS] / ours["seconds"] for basis, cost in costs.items()},
            {basis: cost[JOULES] / ours["joules"] for basis, cost in costs.items()},
            reached,
        )


def retraining_pairs(protocol: list[Record], dataset: str, stream: str = "iid") -> list[Pair]:
    """Every retraining of a stream that both took part in."""
    both = select(protocol, dataset=dataset, stream=stream)
    return _paired([r for r in both if r["stage"] > 0], "peer", OURS, ("seed", "stage"))


def first_pairs(first: list[Record], dataset: str, way: str) -> list[Pair]:
    """Every first training of ``way`` beside the network's."""
    return _paired(select(first, dataset=dataset), "way", way, ("seed",))


def final_gains(protocol: list[Record], dataset: str, stream: str, peer: str = OURS) -> list[float]:
    """Accuracy after the last batch of a stream, the peer's less the network's, for each seed that both ran."""
    last = select(protocol, dataset=dataset, stream=stream, stage=10)
    network = {r["seed"]: r["accuracy"] for r in select(last, peer=FROM_SCRATCH)}
    return [r["accuracy"] - network[r["seed"]] for r in select(last, peer=peer) if r["seed"] in network]


def values(records: Iterable[Record], field: str) -> list[float]:
    """The field's values where a record has it."""
    return [record[field] for record in records if record.get(field) is not None]


def _paired(records: list[Record], field: str, ours: str, same: tuple[str, ...]) -> list[Pair]:
    network = {tuple(r[s] for s in same): r for r in select(records, **{field: FROM_SCRATCH})}
    found = ((r, network.get(tuple(r[s] for s in same))) for r in select(records, **{field: ours}))
    return [Pair.of(mine, theirs) for mine, theirs in found if theirs]
