"""The experiments of the study by name: what each asks, its cells on a data set, and how a cell is measured."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from benchmarks.core.records import Record
from benchmarks.study import budgets, keeping_up, rounds, settling, transformer, weight_decay
from greenlightning.data.datasets import Dataset

Measure = Callable[..., Record]
QUICK_EPOCHS, QUICK_ROUNDS = 3, 4
SMALL = "digits"


@dataclass(frozen=True)
class Experiment:
    """One question: ``cells`` are the settings of a seed, ``measure`` takes data, seed and one of them.

    Sets other than digits, which are larger, have ``few_cells`` where those are given.
    """

    part: str
    question: str
    cells: tuple[Record, ...]
    measure: Measure
    quick_cells: tuple[Record, ...]
    quick: Measure
    few_cells: tuple[Record, ...] = ()

    def jobs(self, dataset: str, seeds: tuple[int, ...], quick: bool) -> Iterator[Record]:
        """What names each measurement on a data set, beside the set."""
        cells = self.few_cells if self.few_cells and dataset != SMALL else self.cells
        for seed in seeds[:1] if quick else seeds:
            for cell in self.quick_cells if quick else cells:
                yield {"seed": seed, **cell}

    def measured(self, data: Dataset, job: Record, quick: bool) -> Record:
        """One measurement."""
        return (self.quick if quick else self.measure)(data, **job)


SCHEDULES = tuple({"schedule": schedule} for schedule in settling.SCHEDULES)
STREAMS = tuple({"stream": stream, "share": share} for stream in rounds.ORDERS for share in rounds.SHARES)
EVEN = tuple(cell for cell in STREAMS if cell["share"] == rounds.SHARES[-1])
DECAYS = tuple({"decay": decay} for decay in weight_decay.CHOICES)
EXPERIMENTS = {
    "settling": Experiment(
        "study",
        "Does structure settle earlier than weights?",
        SCHEDULES,
        settling.measured,
        SCHEDULES[:1],
        partial(settling.measured, most_epochs=QUICK_EPOCHS),
    ),
    "retraining": Experiment(
        "rounds",
        "Does a structure that is kept serve twenty retrainings?",
        STREAMS,
        rounds.measured,
        EVEN[::3],
        partial(rounds.measured, rounds=QUICK_ROUNDS),
        EVEN,
    ),
    "keeping-up": Experiment(
        "keeping-up",
        "Does a structure keep up with a world that moved after it was made?",
        tuple(keeping_up.cells()),
        keeping_up.measured,
        tuple(cell for cell in keeping_up.cells() if cell["stream"] == "incremental"),
        partial(keeping_up.measured, batches=QUICK_ROUNDS),
    ),
    "weight-decay": Experiment(
        "weight-decay",
        "Does the OUI choose a weight decay?",
        DECAYS,
        weight_decay.measured,
        DECAYS[::4],
        partial(weight_decay.measured, max_epochs=QUICK_EPOCHS),
    ),
    "budgets": Experiment(
        "budgets",
        "What is the accuracy at equal parameters and at equal time?",
        tuple(budgets.sizes()),
        budgets.measured,
        tuple(budgets.sizes(quick=True)),
        budgets.measured,
    ),
    "transformer": Experiment(
        "transformer",
        "Can the feed-forward block of a transformer be replaced?",
        ({},),
        transformer.measured,
        ({},),
        partial(transformer.measured, epochs=QUICK_EPOCHS),
    ),
}
