"""Windows side by side: one recipe's models over several windows of a stream, and the choice between them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from greenlightning.data.files import read_json, reading, write_json
from greenlightning.data.ledger import Ledger, LedgerEntry
from greenlightning.linear.statistics import Statistics
from greenlightning.model.model import GreenLightningModel

EVERYTHING = 0
SIZES = (EVERYTHING, 64, 16, 4)
"""Windows in batches; ``EVERYTHING`` never lets one go."""
FADING = 0.9
"""Weight of a batch's loss relative to the next one's: about ten batches decide."""
FORMAT = "greenlightning-windows/1"

StatisticsOf = Callable[[str], Statistics]


@dataclass(frozen=True, eq=False)
class Windows:
    """Models of the newest 4, 16 and 64 batches and of everything, with their faded prequential losses.

    Statistics add, so that each window costs one matrix of sums, and the step from batch to batch one addition and
    one subtraction. The model that predicted recent batches best before learning them is chosen: an exponentially
    weighted forecaster with fading [1]_ that follows its best expert.

    Attributes
    ----------
    models : mapping of int to GreenLightningModel
        The model of each window, by its size in batches.
    losses : mapping of int to float
        Faded sum of each model's losses on batches that it had not learnt.

    References
    ----------
    .. [1] Cesa-Bianchi and Lugosi, "Prediction, Learning, and Games", 2006, sections 2.11 and 5.2.
    """

    models: Mapping[int, GreenLightningModel]
    losses: Mapping[int, float] = field(default_factory=lambda: dict.fromkeys(SIZES, 0.0))

    @classmethod
    def begin(
        cls, everything: GreenLightningModel, stream: Sequence[str], statistics_of: StatisticsOf
    ) -> "Windows":
        """Make the windows of a stream that a model has learnt.

        Parameters
        ----------
        everything : GreenLightningModel
            The model of the whole stream.
        stream : sequence of str
            Its batches in the order of time.
        statistics_of : callable
            Collects the statistics of one batch; called once for each batch of the largest window, at most.
        """
        models, newest = {EVERYTHING: everything}, everything
        empty = replace(newest, statistics=newest.statistics - newest.statistics, ledger=Ledger())
        for size in sorted(SIZES)[1:]:
            for name in reversed(stream[-size:]):
                if size < len(stream):
                    empty = empty.absorb(statistics_of(name), name, everything.ledger.entries[name])
            models[size] = empty if size < len(stream) else everything
        return cls(models)

    @property
    def best(self) -> int:
        """The window with the least loss; of several the largest."""
        return min(SIZES, key=lambda size: self.losses[size])

    @property
    def chosen(self) -> GreenLightningModel:
        """The model of that window."""
        return self.models[self.best]

    def scored(self, losses: Mapping[int, float]) -> "Windows":
        """Note each model's loss on a batch that none has learnt, summed over its rows."""
        return replace(self, losses={size: FADING * self.losses[size] + losses[size] for size in SIZES})

    def learn(
        self,
        batch_id: str,
        entry: LedgerEntry,
        statistics: Statistics,
        stream: Sequence[str],
        statistics_of: StatisticsOf,
    ) -> "Windows":
        """Learn a batch in every window, and subtract what leaves each.

        Parameters
        ----------
        batch_id, entry, statistics
            The batch.
        stream : sequence of str
            All batches, with this one, in the order of time.
        statistics_of : callable
            Collects the statistics of a batch that leaves.
        """
        models = {}
        for size, model in self.models.items():
            model = model.absorb(statistics, batch_id, entry)
            kept = set(stream[-size:])
            for name in [name for name in model.ledger if name not in kept]:
                left = model.statistics - statistics_of(name)
                model = replace(model, statistics=left, ledger=model.ledger.without(name))
            models[size] = model
        return replace(self, models=models)

    def save(self, folder: Path) -> None:
        """Write sums, ledgers and losses into ``folder``; equal sums are written once."""
        about = {
            str(size): {
                "loss": self.losses[size],
                "ledger": model.ledger.to_dict(),
                "statistics": model.statistics.digest,
            }
            for size, model in self.models.items()
        }
        for model in self.models.values():
            if not (place := folder / model.statistics.digest).exists():
                model.statistics.save(place)
        write_json(folder / "windows.json", {"format": FORMAT, "windows": about})

    @classmethod
    def load(cls, folder: Path, like: GreenLightningModel) -> "Windows":
        """Read what ``save`` wrote; ``like`` gives recipe and ridge strength.

        Raises
        ------
        IntegrityError
            Where a file is missing or corrupt, or a digest does not match.
        """
        about = read_json(folder / "windows.json", FORMAT)["windows"]
        with reading(folder):
            models = {
                int(size): replace(
                    like,
                    statistics=Statistics.load(folder / one["statistics"]),
                    ledger=Ledger.from_dict(one["ledger"]),
                )
                for size, one in about.items()
            }
            return cls(models, {int(size): one["loss"] for size, one in about.items()})
