"""What is measured, in the order of its importance."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.federation.study.setting import DATASETS
from benchmarks.federation.study.sites import SPLITS

PART, VERSION = "federation-study", "study-1"
"""Raise the number where a method changes: all cells are then measured again."""
TUNING, TUNED_SITES = "tuning", 100
TUNED_ON = {SPLITS[0]: SPLITS[0], SPLITS[1]: SPLITS[1], SPLITS[2]: SPLITS[1], SPLITS[3]: SPLITS[0]}
"""The split on which rates and local steps are found, for each split."""
SMALL, SMALL_FEATURES = "ours with 512 features", 512
OURS, LANDMARKS, CENTRAL = "ours", "ours with rows as landmarks", "network in one place"
FEDAVG, FEDPROX, FEDOUI = "FedAvg", "FedProx", "FedOUI"
WARM, LONG = "FedAvg from the coordinator's network", "FedAvg, four times the rounds"
EXACT, GRADIENT = "local models averaged", "gradient copies averaged"
ANY, HEADLINE, SEEDS = "any", ("fashion-mnist", SPLITS[0], 100), (0, 1, 2)
MOST_SITES = {"digits": 100}


@dataclass(frozen=True)
class Cell:
    """One method on one split of one set among so many sites."""

    dataset: str
    split: str
    sites: int
    method: str
    seed: int = 0


def cells() -> Iterator[Cell]:
    """Every cell once, each after the tuning that it needs."""
    ordered: dict[Cell, None] = {}
    for cell in _in_order():
        if cell.method in (FEDAVG, FEDPROX, FEDOUI, WARM, LONG):
            ordered[Cell(cell.dataset, TUNED_ON[cell.split], TUNED_SITES, TUNING)] = None
        ordered[cell] = None
    return iter(ordered)


def _in_order() -> Iterator[Cell]:
    yield Cell(*HEADLINE, OURS)
    for dataset in ("digits", "letter"):
        yield from (Cell(dataset, split, 100, method) for split in SPLITS for method in (OURS, FEDAVG))
        yield Cell(dataset, ANY, 0, LANDMARKS)
    yield Cell(HEADLINE[0], ANY, 0, LANDMARKS)
    yield from (Cell(*HEADLINE, method) for method in (FEDAVG, FEDPROX, WARM, FEDOUI, EXACT, SMALL))
    for dataset in ("digits", "letter"):
        others = (FEDPROX, FEDOUI, EXACT, WARM, GRADIENT)
        yield from (Cell(dataset, split, 100, method) for split in SPLITS for method in others)
        yield Cell(dataset, ANY, 0, CENTRAL)
    for dataset in ("fashion-mnist", "magic"):
        yield from (Cell(dataset, split, 100, method) for split in SPLITS for method in (OURS, FEDAVG))
    yield Cell(*HEADLINE, LONG)
    for sites in (10, 1_000):
        for dataset in ("letter", "digits", "magic", "fashion-mnist"):
            if sites <= MOST_SITES.get(dataset, sites):
                yield from (Cell(dataset, split, sites, method) for split in SPLITS for method in (OURS, FEDAVG))
    for seed in SEEDS[1:]:
        yield from (Cell(*HEADLINE, method, seed) for method in (OURS, FEDAVG))
        yield Cell(HEADLINE[0], ANY, 0, LANDMARKS, seed)
        yield Cell(*HEADLINE, SMALL, seed)
    for seed in SEEDS[1:]:
        for dataset in DATASETS:
            yield from (Cell(dataset, split, 100, method, seed) for split in SPLITS for method in (OURS, FEDAVG))
    for dataset in DATASETS:
        yield from (Cell(dataset, ANY, 0, method) for method in (LANDMARKS, CENTRAL))
        others = (FEDPROX, FEDOUI, EXACT, WARM, GRADIENT)
        yield from (Cell(dataset, split, 100, method) for split in SPLITS for method in others)
