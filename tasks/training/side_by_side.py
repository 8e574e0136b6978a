"""`--keep auto`: windows side by side, and the one that predicted recent batches best before learning them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from greenlightning.errors import InputError, IntegrityError
from tasks.core.constants import Metric
from tasks.core.settings import AUTO
from tasks.data.batch_index import BatchRef, batches
from tasks.models.files.window_files import load_windows
from tasks.models.version_info import VersionInfo
from tasks.training.scoring import answers_of_all, evaluation_of, scores
from tasks.training.windows import Kept

if TYPE_CHECKING:
    from greenlightning.data.batch import Batch
    from greenlightning.data.ledger import LedgerEntry
    from greenlightning.evaluation.answers import Answers, RealAnswers
    from greenlightning.linear.statistics import Statistics
    from greenlightning.model import GreenLightningModel
    from greenlightning.model.windows import Windows
    from tasks.data.holdout import Learnable


@dataclass
class SideBySide:
    """The windows of a champion's stream while it learns new batches, and how many old rows that took."""

    champion: "GreenLightningModel"
    learnable: "Learnable"
    refs: dict[str, BatchRef]
    stream: list[str]
    windows: "Windows"
    rows_opened: int = 0
    notes: tuple[str, ...] = ()

    @classmethod
    def open(
        cls, serving: VersionInfo, champion: "GreenLightningModel", new: Sequence[BatchRef], learnable: "Learnable"
    ) -> "SideBySide":
        """The windows that were saved with ``serving``, or made again from its versioned batches."""
        from greenlightning.model.windows import Windows

        refs = {ref.id: ref for ref in (*batches(serving.dataset), *new)}
        learnt = (serving.batches.keys() | serving.aged.keys()) - serving.forgotten
        if away := sorted(name for name in serving.batches if name not in refs):
            raise InputError(
                f"--keep auto needs the rows of every batch, and those of {away[0]} are not here",
                "Keep everything, or a window such as 26w",
            )
        stream = sorted((name for name in learnt if name in refs), key=lambda name: (refs[name].happened, name))
        found = cls(champion, learnable, refs, stream, Windows({}))
        try:
            saved = load_windows(serving, champion)
        except IntegrityError as error:
            saved, found.notes = None, (f"windows made again from their batches: {error.cause}",)
        found.windows = saved or Windows.begin(found._everything(serving), stream, found._statistics_of)
        return found

    def extend(self, statistics: "Statistics", batch_id: str) -> None:
        """Learn more rows of an old batch in every window that holds it."""
        models = {
            size: model.extended(statistics, batch_id) if batch_id in model.ledger else model
            for size, model in self.windows.models.items()
        }
        self.windows = replace(self.windows, models=models)

    def learn(self, batch: "Batch", entry: "LedgerEntry", statistics: "Statistics") -> None:
        """Let every window predict a batch, then learn its ``statistics`` and let go of what leaves."""
        if batch.rows:
            self.windows = self.windows.scored(self._losses(batch))
        order = {*self.stream, batch.id}
        self.stream = sorted(order, key=lambda name: (self.refs[name].happened, name))
        self.windows = self.windows.learn(batch.id, entry, statistics, self.stream, self._statistics_of)

    def finish(self, serving: VersionInfo, folder: Path) -> Kept:
        """Save the windows in ``folder``, and return the chosen one's model."""
        self.windows.save(folder)
        size, chosen = self.windows.best, self.windows.chosen
        which = f"the newest {size} batches" if size else "everything"
        note = f"window auto: {which}, which predicted recent batches best before they were learnt"
        released = set(self.stream) - serving.aged.keys() - set(chosen.ledger)
        return Kept(chosen, dict.fromkeys(released, AUTO), self.rows_opened, (*self.notes, note))

    def _losses(self, batch: "Batch") -> dict[int, float]:
        """Errors (for real targets squared errors) of each window's model, summed over the rows."""
        models = self.windows.models
        found = answers_of_all(list(models.values()), batch.X, batch.y)
        return {size: batch.rows * _loss(one) for size, one in zip(models, found, strict=True)}

    def _everything(self, serving: VersionInfo) -> "GreenLightningModel":
        """The champion with all that left its window."""
        model = self.champion
        for name in filter(serving.aged.__contains__, self.stream):
            statistics = self._statistics_of(name)
            model = model.absorb(statistics, name, self.learnable.entry(self.refs[name], statistics.n))
        return model

    def _statistics_of(self, name: str) -> "Statistics":
        """The statistics of an old batch, from its versioned rows."""
        from greenlightning.model.windows import EVERYTHING

        known = self.windows.models[EVERYTHING] if self.windows.models else self.champion
        batch = self.learnable.learnt(self.refs[name], known.ledger.entries.get(name))
        self.rows_opened += batch.rows
        return self.champion.collect(batch.X, batch.y)


def _loss(found: "Answers | RealAnswers") -> float:
    """Share of errors, or mean squared error."""
    values = scores(evaluation_of(found))
    return values[Metric.RMSE] ** 2 if Metric.RMSE in values else 1 - values[Metric.ACCURACY]
