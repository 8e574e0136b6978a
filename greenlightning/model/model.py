"""The model: a structure, a recipe, the statistics of a ledger of batches, and the coefficients they give."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pandas import DataFrame
from torch import Tensor

from greenlightning import errors
from greenlightning.data.batch import Batch
from greenlightning.data.labels import Label, label_array
from greenlightning.data.ledger import Ledger, LedgerEntry
from greenlightning.data.targets import ClassTargets, Targets
from greenlightning.errors import LedgerError
from greenlightning.evaluation.rules import MOST_PROBABLE, DecisionRule
from greenlightning.linear.equations import NormalEquations
from greenlightning.linear.probabilities import UNCALIBRATED, Calibration, answers, class_probabilities
from greenlightning.linear.solver import Coefficients, Since, Solution
from greenlightning.linear.statistics import Statistics
from greenlightning.linear.weighting import weighed
from greenlightning.model.collecting import OnBlock, changed, collected
from greenlightning.model.description import summary
from greenlightning.model.growing import grown
from greenlightning.model.storage import load_frozen_parts, load_model, save_model
from greenlightning.paths import PathFeatures
from greenlightning.structure.gates import Structure
from greenlightning.tables import TableEncoder, conform


@dataclass(frozen=True, eq=False)
class GreenLightningModel:
    """An immutable model; ``learn``, ``forget`` and ``merge`` return a new one.

    Structure, recipe, ledger and ridge strength define it: the same four give the same statistics, to the bit, and
    the same coefficients.

    Attributes
    ----------
    paths : PathFeatures
        The recipe of the path features, with the structure.
    targets : ClassTargets or RealTargets
        How targets become integers.
    statistics : Statistics
        Sums over all samples learnt.
    alpha : float
        Ridge strength, as in scikit-learn's Ridge.
    ledger : Ledger
        The batches learnt.
    device : str
        Torch device that sums the statistics.
    memory_budget : int or None
        Bytes that features and statistics may take; None is half of the free memory.
    rule : DecisionRule
        How probabilities become labels.
    calibration : Calibration
        How sure probabilities are; ``calibrated`` is what it comes to with the batches learnt since.

    Examples
    --------
    >>> import numpy as np
    >>> from greenlightning.data.batch import Batch
    >>> from greenlightning.evaluation.conventional_network import random_gates
    >>> from greenlightning.paths import ExplicitPaths
    >>> X, y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2
    >>> empty = GreenLightningModel.empty(ExplicitPaths.build(random_gates(X, (4,)), X), alpha=1e-2)
    >>> first, second = Batch(X[:30], y[:30]), Batch(X[30:], y[30:])
    >>> both = empty.learn(first).learn(second)
    >>> both.statistics == empty.learn(second).learn(first).statistics
    True
    >>> both.forget(second).statistics == empty.learn(first).statistics
    True
    """

    paths: PathFeatures
    targets: Targets
    statistics: Statistics
    alpha: float
    ledger: Ledger = field(default_factory=Ledger)
    device: str = "cpu"
    memory_budget: int | None = None
    rule: DecisionRule = MOST_PROBABLE
    calibration: Calibration = UNCALIBRATED

    @classmethod
    def empty(cls, paths: PathFeatures, alpha: float, targets: Targets | None = None) -> "GreenLightningModel":
        """Make a model under this recipe that has learnt nothing; ``targets`` are classes by default."""
        targets = targets or ClassTargets()
        return cls(paths, targets, Statistics.empty(paths, targets), alpha)

    def on(self, device: str, memory_budget: int | None = None) -> "GreenLightningModel":
        """Return the same model, summing on ``device`` within ``memory_budget`` bytes."""
        moved = replace(self, device=device, memory_budget=memory_budget)
        solved = ("_solution", "_since", "coefficients")
        moved.__dict__.update((name, value) for name, value in self.__dict__.items() if name in solved)
        return moved

    @property
    def structure(self) -> Structure:
        """The frozen gates."""
        return self.paths.structure

    @property
    def encoder(self) -> TableEncoder | None:
        """What makes the inputs of a table; None where inputs come as numbers."""
        return self.paths.encoder

    def encode(self, table: DataFrame) -> NDArray[Any]:
        """Make inputs (n, d) of a table as it was read; raises InputError where a column or cell does not fit."""
        if self.encoder is None:
            return np.asarray(table, dtype=np.float64)
        schema = self.encoder.schema.inputs
        return self.encoder.transform(conform(table.drop(columns=schema.label, errors="ignore"), schema).columns)

    @property
    def classes(self) -> tuple[Label, ...]:
        """The labels (or output numbers) that the model knows, in the order of its columns."""
        return self.statistics.columns

    @cached_property
    def coefficients(self) -> Coefficients:
        """The weights and intercept, solved from the statistics on first use.

        Where few rows came or went since a model of this process was solved, that model's factor is updated:
        predictions are then within 1e-8 of those of ``save``, which solves from the statistics alone.

        Raises
        ------
        NotFittedError
            Where nothing is learnt.
        SingularError
            Where the equations have no stable solution.
        """
        return self._solution.coefficients

    @cached_property
    def _solution(self) -> Solution:
        if self.statistics.n == 0:
            raise errors.NotFittedError("The model has learnt nothing yet", "Let it learn a batch first")
        equations = NormalEquations.of(
            weighed(self.statistics, self.targets), self.paths, self.targets, self.alpha
        )
        since: Since | None = self.__dict__.get("_since")
        return since.solved(equations, self.targets) if since else Solution.of(equations, self.targets)

    def collect(
        self, X: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None, on_block: OnBlock | None = None
    ) -> Statistics:
        """Collect the statistics of ``X`` (n, d) and ``y`` without learning them; see ``collected``."""
        return collected(self, X, y, weights, on_block)

    def learn(self, batch: Batch, *, md5: str | None = None, site: str | None = None) -> "GreenLightningModel":
        """Learn a batch, at the cost of its rows alone.

        Parameters
        ----------
        batch : Batch
            Inputs, targets and name.
        md5 : str, optional
            Digest of the versioned file, kept in the ledger.
        site : str, optional
            Where the batch comes from, kept in the ledger.

        Returns
        -------
        GreenLightningModel
            The model with the batch; the same model where the ledger has it already.
        """
        if batch.id in self.ledger:
            return self
        return changed(self, batch, +1, self.ledger.with_batch(batch.id, LedgerEntry(batch.rows, md5, site)))

    def absorb(self, statistics: Statistics, batch_id: str, entry: LedgerEntry) -> "GreenLightningModel":
        """Add a batch's ``statistics``; return the same model where the ledger has the batch already.

        Raises
        ------
        MismatchError
            Where the statistics belong to another recipe.
        """
        if batch_id in self.ledger:
            return self
        ledger = self.ledger.with_batch(batch_id, entry)
        return replace(self, statistics=self.statistics + statistics, ledger=ledger)

    def extended(self, statistics: Statistics, batch_id: str) -> "GreenLightningModel":
        """Add ``statistics`` of more rows of a batch that the ledger has."""
        ledger = self.ledger.extended(batch_id, statistics.n)
        return replace(self, statistics=self.statistics + statistics, ledger=ledger)

    def forget(self, batch: Batch) -> "GreenLightningModel":
        """Return the model that never learnt ``batch``.

        Exact for the linear part. Structure and recipe stay: ``remembered_by`` tells whether they saw the batch.

        Raises
        ------
        LedgerError
            Where the batch is not in the ledger, or was learnt with another number of rows.
        """
        ledger = self.ledger.without(batch.id)
        if (learnt := self.ledger.entries[batch.id].rows) != batch.rows:
            raise LedgerError(
                f"Batch {batch.id} was learnt with {learnt} rows and is given with {batch.rows}",
                "Forget exactly the rows that were learnt",
            )
        return changed(self, batch, -1, ledger)

    def withdraw(self, batch: Batch) -> "GreenLightningModel":
        """Return the model without some rows of its batches; the caller vouches that they were learnt."""
        return changed(self, batch, -1, self.ledger.withdrawing(batch.id, batch.rows))

    def grow(self, paths: PathFeatures, batches: Iterable[Batch]) -> "GreenLightningModel":
        """Join ``paths`` to the recipe; every batch of the ledger is read once, see ``growing.grown``."""
        return grown(self, paths, batches)

    def merge(self, other: "GreenLightningModel") -> "GreenLightningModel":
        """Return the model that learnt both ledgers.

        Raises
        ------
        LedgerError
            Where both have learnt one batch.
        MismatchError
            Where structure, recipe or kind of targets differ.
        """
        ledger = self.ledger.merged(other.ledger)
        return replace(self, statistics=self.statistics + other.statistics, ledger=ledger)

    def remembered_by(self, batch_id: str) -> tuple[str, ...]:
        """List the frozen parts ("structure", "landmarks", ...) that a batch helped to make."""
        return tuple(part for part, seen in self.paths.frozen_parts().items() if batch_id in seen)

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Compute scores (n, k) of inputs ``X`` (n, d): for classes, linear estimates of their probabilities."""
        return self.coefficients.scores(self.paths, X)

    def score(self, features: Tensor) -> NDArray[np.float64]:
        """Compute scores (n, k) of integer path features (n, D)."""
        return self.coefficients.scores_of(features, self.paths)

    @cached_property
    def calibrated(self) -> Calibration:
        """The calibration, sharpened by as much as a row's own class scores less than when it was fitted."""
        sums = weighed(self.statistics, self.targets)
        return self.calibration.at(self.coefficients.own_class_score(sums, self.paths))

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Predict class probabilities (n, k); see ``linear.probabilities.class_probabilities``."""
        return class_probabilities(self.decision_function(X), self.calibrated)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Predict labels (n,) by the rule, or real outputs (n, k)."""
        scores = self.decision_function(X)
        if isinstance(self.targets, ClassTargets):
            return label_array(self.classes)[answers(scores, self.rule, self.classes, self.calibrated)]
        return self.targets.restored(scores)

    def describe(self) -> dict[str, str | int | float]:
        """Summarise the model in one flat dictionary for JSON."""
        return summary(self)

    def save(self, folder: Path) -> None:
        """Write every part as safetensors and JSON, each with its digest, into ``folder``.

        Coefficients that came by an update are solved from the statistics alone first, here and in the model:
        what is saved depends on structure, recipe, ledger and ridge strength only.
        """
        if self.__dict__.pop("_since", None):
            self.__dict__.pop("_solution", None)
            self.__dict__.pop("coefficients", None)
        save_model(self, folder)

    @classmethod
    def load(cls, folder: Path) -> "GreenLightningModel":
        """Read what ``save`` wrote; no pickle is loaded.

        Raises
        ------
        IntegrityError
            Where a part is missing or corrupt, or a digest does not match.
        """
        return load_model(cls, folder)

    @classmethod
    def load_empty(cls, folder: Path, alpha: float) -> "GreenLightningModel":
        """Read the frozen parts that ``save`` wrote, as a model that has learnt nothing.

        Raises
        ------
        IntegrityError
            Where a part is missing or corrupt, or a digest does not match.
        """
        paths, targets, _ = load_frozen_parts(folder)
        return cls.empty(paths, alpha, targets)
