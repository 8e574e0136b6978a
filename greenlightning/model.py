"""The model: a structure, a recipe, the statistics of a ledger of batches, and the coefficients they give."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from greenlightning.data.batch import Batch
from greenlightning.data.files import read_json, read_tensors, reading, sha256_of, write_json, write_tensors
from greenlightning.data.labels import Label, label_array
from greenlightning.data.ledger import Ledger, LedgerEntry
from greenlightning.data.targets import ClassTargets, Targets, targets_from_dict, targets_to_dict
from greenlightning.errors import IntegrityError, LedgerError, NotFittedError
from greenlightning.linear.equations import NormalEquations
from greenlightning.linear.probabilities import class_probabilities
from greenlightning.linear.solver import Coefficients, Since, Solution
from greenlightning.linear.statistics import Statistics
from greenlightning.paths import PathFeatures, load_paths
from greenlightning.structure.gates import Structure

FORMAT = "greenlightning-model/1"


@dataclass(frozen=True, eq=False)
class GreenLightningModel:
    """An immutable model; ``learn``, ``forget`` and ``merge`` return a new one.

    It *is* ``(structure, recipe, ledger, alpha)``: the same four give the same statistics, to the bit, and the
    same coefficients. ``alpha`` is the ridge strength, as in scikit-learn's Ridge.
    """

    paths: PathFeatures
    targets: Targets
    statistics: Statistics
    alpha: float
    ledger: Ledger = field(default_factory=Ledger)
    device: str = "cpu"
    memory_budget: int | None = None

    @classmethod
    def empty(cls, paths: PathFeatures, alpha: float, targets: Targets | None = None) -> "GreenLightningModel":
        """A model under this recipe that has learnt nothing yet."""
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
    def classes(self) -> tuple[Label, ...]:
        """The labels (or output numbers) that the model knows, in the order of its columns."""
        return self.statistics.columns

    @cached_property
    def coefficients(self) -> Coefficients:
        """The quantitative knowledge, solved from the statistics on first use; raises SingularError.

        Where few rows came or went since a model of this process was solved, by updating that one's factor:
        predictions are then within 1e-8 of those of ``save``, which solves from the statistics alone.
        """
        return self._solution.coefficients

    @cached_property
    def _solution(self) -> Solution:
        equations = self._equations()
        since: Since | None = self.__dict__.get("_since")
        if since is None:
            return Solution.of(equations, self.targets)
        return since.solved(equations, self.targets)

    def _equations(self) -> NormalEquations:
        if self.statistics.n == 0:
            raise NotFittedError("The model has learnt nothing yet", "Let it learn a batch first")
        return NormalEquations.of(self.statistics, self.paths, self.targets, self.alpha)

    def collect(self, X: ArrayLike, y: ArrayLike) -> Statistics:
        """Statistics of samples under this model's recipe, without learning them."""
        return self._collect(X, y, None)

    def _collect(self, X: ArrayLike, y: ArrayLike, on_block: Callable[[Tensor], None] | None) -> Statistics:
        rows = self.paths.block_rows(self.memory_budget)
        return Statistics.collect(
            self.paths, self.targets, X, y, device=self.device, block_rows=rows, on_block=on_block
        )

    def _changed(self, X: ArrayLike, y: ArrayLike, sign: int, ledger: Ledger) -> "GreenLightningModel":
        """The model that learnt (+1) or forgot (−1) samples, aware of what it may be solved from."""
        solved: Solution | None = self.__dict__.get("_solution")
        since: Since | None = Since(solved) if solved else self.__dict__.get("_since")
        blocks: list[Tensor] = []
        if since and not since.pays_off(len(np.asarray(y))):
            since = None
        collected = self._collect(X, y, blocks.append if since else None)
        statistics = self.statistics._changed(collected, sign, reuse=True)
        changed = replace(self, statistics=statistics, ledger=ledger)
        changed.__dict__["_since"] = since and since.then(blocks, sign)
        return changed

    def learn(self, batch: Batch, *, md5: str | None = None, site: str | None = None) -> "GreenLightningModel":
        """The model that has learnt ``batch`` too; the same model if it already had. Reads no other sample."""
        if batch.id in self.ledger:
            return self
        ledger = self.ledger.with_batch(batch.id, LedgerEntry(batch.rows, md5, site))
        return self._changed(batch.X, batch.y, +1, ledger)

    def absorb(self, statistics: Statistics, batch_id: str, entry: LedgerEntry) -> "GreenLightningModel":
        """The model with a batch's ``statistics`` added; the same model if the batch is in the ledger."""
        if batch_id in self.ledger:
            return self
        return replace(
            self, statistics=self.statistics + statistics, ledger=self.ledger.with_batch(batch_id, entry)
        )

    def forget(self, batch: Batch) -> "GreenLightningModel":
        """The model that never learnt ``batch``; raises LedgerError if the ledger has not these rows.

        Exact for the linear part. The structure and the recipe stay: ``remembered_by`` says if they saw it.
        """
        ledger = self.ledger.without(batch.id)
        if (learnt := self.ledger.entries[batch.id].rows) != batch.rows:
            raise LedgerError(
                f"Batch {batch.id} was learnt with {learnt} rows and is given with {batch.rows}",
                "Forget exactly the rows that were learnt",
            )
        return self._changed(batch.X, batch.y, -1, ledger)

    def withdraw(self, X: ArrayLike, y: ArrayLike, rows_id: str) -> "GreenLightningModel":
        """The model without some rows of its batches; the caller vouches that they were learnt."""
        return self._changed(X, y, -1, self.ledger.withdrawing(rows_id, len(np.asarray(y))))

    def merge(self, other: "GreenLightningModel") -> "GreenLightningModel":
        """The model that learnt both ledgers; raises LedgerError on a shared batch, MismatchError on recipes."""
        ledger = self.ledger.merged(other.ledger)
        return replace(self, statistics=self.statistics + other.statistics, ledger=ledger)

    def remembered_by(self, batch_id: str) -> tuple[str, ...]:
        """The frozen parts ("structure", "landmarks" or "projection") that a batch helped to make."""
        parts = {"structure": self.structure.seen, _frozen_part(self.paths): self.paths.seen}
        return tuple(part for part, seen in parts.items() if batch_id in seen)

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Scores (n, k) of inputs ``X`` (n, d): for classes, the linear estimate of each one's probability."""
        return self.coefficients.scores(self.paths, X)

    def score(self, features: Tensor) -> NDArray[np.float64]:
        """Scores (n, k) of integer path features (n, D)."""
        V = self.coefficients.weights * self.paths.scales[:, None]
        return np.asarray(features.numpy().astype(np.float64) @ V + self.coefficients.intercept)

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Class probabilities (n, k); see ``probabilities.class_probabilities`` for how scores become them."""
        return class_probabilities(self.decision_function(X))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Labels (n,) with the highest score, or real outputs (n, k)."""
        scores = self.decision_function(X)
        if isinstance(self.targets, ClassTargets):
            labels: NDArray[Any] = label_array(self.classes)[scores.argmax(axis=1)]
            return labels
        return scores

    def describe(self) -> dict[str, str | int | float]:
        """What the model is, as one flat JSON-able summary."""
        return {
            "structure_digest": self.structure.digest,
            "recipe_digest": self.paths.digest,
            "statistics_digest": self.statistics.digest,
            "recipe": self.paths.kind,
            "hidden_layer_sizes": "-".join(map(str, self.structure.hidden_layer_sizes)),
            "n_features_in": self.structure.n_features_in,
            "n_path_features": self.paths.n_features_out,
            "feature_bits": self.paths.feature_bits,
            "alpha": self.alpha,
            "rows": self.statistics.n,
            "batches": len(self.ledger),
            "classes": len(self.classes),
        }

    def save(self, folder: Path) -> None:
        """Write every part as safetensors and JSON, each with its digest, into ``folder``.

        Coefficients that came by an update are solved from the statistics alone first, here and in the model:
        what is saved depends on structure, recipe, ledger and ridge strength only.
        """
        if self.__dict__.pop("_since", None):
            self.__dict__.pop("_solution", None)
            self.__dict__.pop("coefficients", None)
        self.structure.save(folder)
        self.paths.save(folder)
        self.statistics.save(folder)
        arrays = {"weights": self.coefficients.weights, "intercept": self.coefficients.intercept}
        write_tensors(folder / "coefficients.safetensors", arrays)
        about = {
            "format": FORMAT,
            "paths": self.paths.kind,
            "alpha": self.alpha,
            "targets": targets_to_dict(self.targets),
            "ledger": self.ledger.to_dict(),
            "seal": self._seal(arrays),
        }
        write_json(folder / "model.json", about | {"summary": self.describe()})

    @classmethod
    def load(cls, folder: Path) -> "GreenLightningModel":
        """Read what ``save`` wrote; raises IntegrityError where any digest does not match. Loads no pickle."""
        about = read_json(folder / "model.json", FORMAT)
        statistics, arrays = Statistics.load(folder), read_tensors(folder / "coefficients.safetensors")
        with reading(folder):
            paths = load_paths(folder, about["paths"], Structure.load(folder))
            targets, ledger = targets_from_dict(about["targets"]), Ledger.from_dict(about["ledger"])
            model = cls(paths, targets, statistics, about["alpha"], ledger)
            found = (statistics.recipe, statistics.targets, model._seal(arrays))
            if found != (paths.digest, targets.digest, about["seal"]):
                raise IntegrityError(
                    f"The parts in {folder} do not belong together", "Restore it from the registry"
                )
            model.__dict__["coefficients"] = Coefficients(arrays["weights"], arrays["intercept"])
        return model

    @classmethod
    def load_empty(cls, folder: Path, alpha: float) -> "GreenLightningModel":
        """The frozen parts that ``save`` wrote, as a model that has learnt nothing; raises IntegrityError."""
        about = read_json(folder / "model.json", FORMAT)
        with reading(folder):
            paths = load_paths(folder, about["paths"], Structure.load(folder))
            return cls.empty(paths, alpha, targets_from_dict(about["targets"]))

    def _seal(self, coefficients: dict[str, NDArray[Any]]) -> str:
        """Digest of the coefficients together with the ridge strength and the ledger that they belong to."""
        ledger = json.dumps(self.ledger.to_dict(), sort_keys=True)
        return sha256_of(f"{FORMAT}/{self.alpha!r}/{ledger}", coefficients)


def _frozen_part(paths: PathFeatures) -> str:
    return "landmarks" if paths.kind == "landmarks" else "projection"
