"""What training a conventional network from scratch costs, and so what a run avoided: the one definition.

Where the network was trained beside a version (``tasks.training.baselines``), the cost is what that took.
Elsewhere it is an estimate: what the network spends on a row in an epoch, measured in a loop at the first
training, times rows and epochs. It stops early, so its epochs lie between bounds, and the estimate has a range.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Self

from greenlightning.evaluation.schedules import default_schedule
from tasks.core.constants import Tag
from tasks.core.energy_cost import EnergyCost

ESTIMATED = "estimated:network-cost-per-row-and-epoch*rows*epochs"
FEWEST_EPOCHS, MOST_EPOCHS = 12, 1_000
"""Epochs of the network for real targets: scikit-learn waits ten for a better one, and takes at most as many."""


@dataclass(frozen=True)
class NetworkRate:
    """What the network spends on a row in an epoch, its task, and the epochs of its last training beside us."""

    a_row: EnergyCost
    task: str
    epochs: float | None = None

    @classmethod
    def of(cls, tags: Mapping[str, str]) -> Self | None:
        """The rate in the tags of a version; None in one of an earlier release, which measured the structure."""
        if Tag.NETWORK_JOULES not in tags:
            return None
        seconds, joules, gco2e = (
            float(tags[tag]) for tag in (Tag.NETWORK_SECONDS, Tag.NETWORK_JOULES, Tag.NETWORK_GCO2E)
        )
        epochs = tags.get(Tag.NETWORK_EPOCHS)
        return cls(EnergyCost(seconds, joules, gco2e), tags[Tag.NETWORK_TASK], float(epochs) if epochs else None)

    @property
    def tags(self) -> dict[str, str]:
        """The rate as tags of a version."""
        found: dict[str, str] = {
            Tag.NETWORK_SECONDS: repr(self.a_row.seconds),
            Tag.NETWORK_JOULES: repr(self.a_row.joules),
            Tag.NETWORK_GCO2E: repr(self.a_row.gco2e),
            Tag.NETWORK_TASK: self.task,
        }
        return found | ({Tag.NETWORK_EPOCHS: repr(self.epochs)} if self.epochs else {})

    def training(self, rows: int) -> EnergyCost:
        """What a training on ``rows`` rows costs, with the range that the bounds of its epochs give.

        Without a training beside us the epochs are the geometric mean of the bounds.
        """
        fewest, most = epochs_within(rows, self.task)
        epochs = min(max(self.epochs or round(sqrt(fewest * most)), fewest), most)
        cost = self.a_row * (rows * epochs)
        a_row = self.a_row.joules * rows
        return EnergyCost(cost.seconds, cost.joules, cost.gco2e, ESTIMATED, (a_row * fewest, a_row * most))


def epochs_within(rows: int, task: str) -> tuple[int, int]:
    """The fewest and the most epochs that the conventional network trains on ``rows`` rows."""
    if task == "regression":
        return FEWEST_EPOCHS, MOST_EPOCHS
    schedule = default_schedule(rows)
    return schedule.patience + 1, schedule.max_epochs


def from_scratch(tags: Mapping[str, str], rows: int) -> EnergyCost | None:
    """Estimate a training from scratch on ``rows`` rows by the ``tags`` of a version; None without a rate."""
    rate = NetworkRate.of(tags)
    return rate.training(rows) if rate else None


def measured(spent: EnergyCost) -> EnergyCost:
    """What the network trained beside a version spent, as the cost of training that version from scratch."""
    source = f"conventional-network-beside-it({spent.source})"
    return EnergyCost(spent.seconds, spent.joules, spent.gco2e, source)
