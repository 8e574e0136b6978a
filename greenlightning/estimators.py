"""scikit-learn estimators over a GreenLightningModel."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal, Self, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from greenlightning.data.batch import Batch, row_fingerprints
from greenlightning.data.ledger import LedgerEntry
from greenlightning.data.splits import Rows, split_rows
from greenlightning.data.targets import ClassTargets, RealTargets, Targets
from greenlightning.errors import InputError, LedgerError, MismatchError
from greenlightning.linear.solver import choose_alpha
from greenlightning.linear.statistics import Statistics
from greenlightning.model import GreenLightningModel
from greenlightning.paths import ExplicitPaths, LandmarkPaths, PathFeatures
from greenlightning.structure.defaults import structure_defaults, unless_auto
from greenlightning.structure.extraction import extract_structure
from greenlightning.structure.gates import Structure
from greenlightning.structure.settling import EpochRecord

EXPLICIT_GATES = 256
EXPLICIT_FEATURES = 6_000
LANDMARKS = 1_024
STEPS_PER_EPOCH = 60
SMALLEST_BATCH, LARGEST_BATCH = 32, 128
NUMBERS = [np.float64, np.float32, np.uint8]
CLASS_ERROR_TOLERANCE = 0.05


class _GreenLightningEstimator(BaseEstimator):  # type: ignore[misc]
    """What classifier and regressor share."""

    _task: str
    model_: GreenLightningModel
    row_fingerprints_: NDArray[np.uint64]

    def __init__(  # noqa: PLR0913
        self,
        *,
        hidden_layer_sizes: Sequence[int] | Literal["auto"] = "auto",
        paths: Literal["auto", "explicit", "landmarks"] = "auto",
        n_landmarks: int | Literal["auto"] = "auto",
        projection: int | None = None,
        alpha: float | Literal["auto"] = "auto",
        feature_bits: int = 8,
        max_epochs: int | Literal["auto"] = "auto",
        settle_tolerance: float = 0.01,
        patience: int = 2,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: float | Literal["auto"] = "auto",
        weight_decay: float = 0.0,
        reconstruction: float | Literal["auto"] = "auto",
        input_noise: float = 0.1,
        validation_fraction: float = 0.1,
        memory_budget: int | None = None,
        device: str = "cpu",
        random_state: Any = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.paths = paths
        self.n_landmarks = n_landmarks
        self.projection = projection
        self.alpha = alpha
        self.feature_bits = feature_bits
        self.max_epochs = max_epochs
        self.settle_tolerance = settle_tolerance
        self.patience = patience
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.reconstruction = reconstruction
        self.input_noise = input_noise
        self.validation_fraction = validation_fraction
        self.memory_budget = memory_budget
        self.device = device
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Extract a structure from ``X`` (n, d) and ``y``, freeze a recipe, and learn the rows as one batch."""
        batch, seed = Batch(*self._checked(X, y, reset=True)), self._seed()
        return self._adopt(self._extract(batch, seed, (batch.id,), None), batch, seed, (batch.id,))

    def extract_structure(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        seen: tuple[str, ...] = (),
        on_epoch: Callable[[EpochRecord], None] | None = None,
    ) -> Structure:
        """The structure that ``fit`` would extract; ``seen`` names the batches that the rows come from."""
        return self._extract(Batch(*self._checked(X, y, reset=True)), self._seed(), seen, on_epoch)

    def fit_structure(
        self, structure: Structure, X: ArrayLike, y: ArrayLike, *, seen: tuple[str, ...] = ()
    ) -> Self:
        """Like ``fit``, with gates that exist already: only the linear part is trained."""
        return self._adopt(structure, Batch(*self._checked(X, y, reset=True)), self._seed(), seen)

    def partial_fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Self:
        """Learn the rows of ``X`` (n, d) and ``y`` on top of what is known; the first call is ``fit``.

        Costs what these rows cost. A batch given again is learnt once, unless all its rows were forgotten
        since. New classes are taken as they come, so ``classes`` need not be given; it is accepted for
        scikit-learn's sake.
        """
        if not hasattr(self, "model_"):
            return self.fit(X, y)
        inputs, answers = self._checked(X, y, reset=False)
        batch, rows = Batch(inputs, answers), row_fingerprints(inputs, answers)
        if batch.id in self.model_.ledger and not np.isin(rows, self.row_fingerprints_).any():
            batch = replace(batch, id=f"{batch.id}-{len(self.model_.ledger.withdrawn)}")
        if batch.id not in self.model_.ledger:
            self.model_ = self.model_.learn(batch)
            self.row_fingerprints_ = np.sort(np.concatenate([self.row_fingerprints_, rows]))
            self._publish()
        return self

    def forget(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Take rows back that were learnt: the statistics become those of never having seen them.

        Exact for the linear part; structure and landmarks stay. Raises LedgerError, and changes nothing, if any
        row was not learnt.
        """
        check_is_fitted(self)
        inputs, answers = self._checked(X, y, reset=False)
        remaining = _without(self.row_fingerprints_, row_fingerprints(inputs, answers))
        batch = Batch(inputs, answers)
        if batch.id in self.model_.ledger:
            self.model_ = self.model_.forget(batch)
        else:
            self.model_ = self.model_.withdraw(inputs, answers, batch.id)
        self.row_fingerprints_ = remaining
        self._publish()
        return self

    def merge(self, other: "_GreenLightningEstimator") -> Self:
        """Add what another estimator with the same structure and recipe has learnt."""
        check_is_fitted(self)
        check_is_fitted(other)
        if type(other) is not type(self):
            raise MismatchError(
                f"A {type(self).__name__} cannot merge a {type(other).__name__}",
                "Merge estimators of one kind",
            )
        self.model_ = self.model_.merge(other.model_)
        self.row_fingerprints_ = np.sort(np.concatenate([self.row_fingerprints_, other.row_fingerprints_]))
        self._publish()
        return self

    def _extract(
        self,
        batch: Batch,
        seed: int,
        seen: tuple[str, ...],
        on_epoch: Callable[[EpochRecord], None] | None,
    ) -> Structure:
        X, y = batch.X, batch.y
        training, validation = self._split(y, seed)
        defaults = structure_defaults(X.shape[1])
        return extract_structure(
            X[training],
            y[training],
            hidden_layer_sizes=self._widths(X.shape[1]),
            task=self._task,
            max_epochs=unless_auto("max_epochs", self.max_epochs, defaults.max_epochs),
            settle_tolerance=self.settle_tolerance,
            patience=self.patience,
            batch_size=self._batch_size(len(training)),
            learning_rate=unless_auto("learning_rate", self.learning_rate, defaults.learning_rate),
            weight_decay=self.weight_decay,
            reconstruction=unless_auto("reconstruction", self.reconstruction, defaults.reconstruction),
            input_noise=self.input_noise,
            random_state=seed,
            device=self.device,
            seen=seen,
            on_epoch=on_epoch,
            X_validation=X[validation] if len(validation) else None,
            y_validation=y[validation] if len(validation) else None,
        )

    def _adopt(self, structure: Structure, batch: Batch, seed: int, seen: tuple[str, ...]) -> Self:
        recipe = self._recipe(structure, batch, seed, seen)
        training, validation = self._split(batch.y, seed)
        targets = self._targets(batch.y)
        fitted, held = (self._collect(recipe, targets, batch, rows) for rows in (training, validation))
        alpha = self._alpha(fitted, held, recipe, targets)
        empty = GreenLightningModel.empty(recipe, alpha, targets)
        empty = replace(empty, device=self.device, memory_budget=self.memory_budget)
        self.model_ = empty.absorb(fitted + held, batch.id, LedgerEntry(batch.rows))
        self.row_fingerprints_ = np.sort(row_fingerprints(batch.X, batch.y))
        self._publish()
        return self

    def _alpha(
        self, training: Statistics, validation: Statistics, recipe: PathFeatures, targets: Targets
    ) -> float:
        """The ridge strength; of itself from validation statistics (training ones where nothing was held back).

        Labels go by the largest score, which less shrinkage serves better than the squared error shows
        (``docs/decisions/0003-ridge-strength.md``); real outputs go by the squared error itself.
        """
        alpha = unless_auto("alpha", self.alpha, "auto")
        if alpha != "auto":
            return float(alpha)
        held = validation if validation.n else training
        tolerance = CLASS_ERROR_TOLERANCE if self._task == "classification" else 0.0
        return choose_alpha(training, held, recipe, targets, tolerance=tolerance)[0]

    def _collect(self, recipe: PathFeatures, targets: Targets, batch: Batch, rows: Rows) -> Statistics:
        return Statistics.collect(
            recipe,
            targets,
            batch.X[rows],
            batch.y[rows],
            device=self.device,
            memory_budget=self.memory_budget,
        )

    def _split(self, y: NDArray[Any], seed: int) -> tuple[Rows, Rows]:
        """Training and validation rows; the validation rows watch the settling and choose the ridge strength."""
        return split_rows(y, self.validation_fraction, seed, stratified=self._task == "classification")

    def _seed(self) -> int:
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _explicit(self, n_features: int, sizes: tuple[int, ...]) -> bool:
        if self.paths not in ("auto", "explicit", "landmarks"):
            raise InputError(f"paths={self.paths!r} is not known", 'Choose "auto", "explicit" or "landmarks"')
        fits = len(sizes) == 1 and sizes[0] * ((self.projection or n_features) + 1) <= EXPLICIT_FEATURES
        return fits if self.paths == "auto" else self.paths == "explicit"

    def _widths(self, n_features: int) -> tuple[int, ...]:
        explicit = self.paths == "explicit"
        default = (EXPLICIT_GATES,) if explicit else structure_defaults(n_features).hidden_layer_sizes
        return tuple(np.atleast_1d(unless_auto("hidden_layer_sizes", self.hidden_layer_sizes, default)).tolist())

    def _batch_size(self, n_rows: int) -> int:
        default = min(max(n_rows // STEPS_PER_EPOCH, SMALLEST_BATCH), LARGEST_BATCH)
        return unless_auto("batch_size", self.batch_size, default)

    def _recipe(self, structure: Structure, batch: Batch, seed: int, seen: tuple[str, ...]) -> PathFeatures:
        bits = self.feature_bits
        if self._explicit(structure.n_features_in, structure.hidden_layer_sizes):
            about = seen if self.projection else ()
            return ExplicitPaths.build(
                structure, batch.X, feature_bits=bits, projection=self.projection, seen=about
            )
        wanted = unless_auto("n_landmarks", self.n_landmarks, LANDMARKS)
        labels = batch.y if self._task == "classification" else None
        return LandmarkPaths.build(
            structure, batch.X, labels, n_landmarks=wanted, feature_bits=bits, random_state=seed, seen=seen
        )

    def _checked(self, X: ArrayLike, y: ArrayLike, reset: bool) -> tuple[NDArray[Any], NDArray[Any]]:
        raise NotImplementedError

    def _targets(self, y: NDArray[Any]) -> Targets:
        raise NotImplementedError

    def _publish(self) -> None:
        """Bring the public fitted attributes up to date with ``model_``."""

    def _inputs(self, X: ArrayLike) -> NDArray[Any]:
        check_is_fitted(self)
        return cast(NDArray[Any], validate_data(self, X, reset=False, dtype=NUMBERS))


class GreenLightningClassifier(ClassifierMixin, _GreenLightningEstimator):  # type: ignore[misc]
    """A classifier that trains its structure once and from then on learns, forgets and merges exactly.

    The defaults choose layers, their learning rate and minibatch (by the inputs), landmarks and ridge strength by
    themselves; explicit paths where ``paths`` asks for them, or one narrow layer is asked for.
    Fitted attributes: ``model_`` (GreenLightningModel), ``classes_`` (k,), ``n_features_in_``.
    """

    _task = "classification"

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Labels (n,) of ``X`` (n, d)."""
        inputs = self._inputs(X)
        return cast(NDArray[Any], self.classes_[self.model_.decision_function(inputs).argmax(axis=1)])

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Class probabilities (n, k); see ``probabilities.class_probabilities``."""
        inputs = self._inputs(X)
        return self.model_.predict_proba(inputs)

    def _checked(self, X: ArrayLike, y: ArrayLike, reset: bool) -> tuple[NDArray[Any], NDArray[Any]]:
        inputs, labels = validate_data(self, X, y, reset=reset, dtype=NUMBERS)
        check_classification_targets(labels)
        if reset and len(np.unique(labels)) < 2:
            raise InputError("Classifier can't train when only one class is present", "Give at least two classes")
        return inputs, labels

    def _targets(self, y: NDArray[Any]) -> Targets:
        return ClassTargets()

    def _publish(self) -> None:
        self.classes_ = np.asarray(self.model_.classes)


class GreenLightningRegressor(RegressorMixin, _GreenLightningEstimator):  # type: ignore[misc]
    """A regressor on the same terms; targets are frozen to 24-bit fixed point on the first batch.

    Fitted attributes: ``model_`` (GreenLightningModel), ``n_features_in_``.
    """

    _task = "regression"

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Real outputs (n,) or (n, k) of ``X`` (n, d)."""
        inputs = self._inputs(X)
        outputs = self.model_.decision_function(inputs)
        return outputs[:, 0] if self._single_output else outputs

    def _checked(self, X: ArrayLike, y: ArrayLike, reset: bool) -> tuple[NDArray[Any], NDArray[Any]]:
        inputs, outputs = validate_data(self, X, y, reset=reset, dtype=NUMBERS, multi_output=True, y_numeric=True)
        if reset:
            self._single_output = outputs.ndim == 1
        return inputs, np.asarray(outputs, dtype=np.float64)

    def _targets(self, y: NDArray[Any]) -> Targets:
        return RealTargets.frozen_on(y)


def _without(known: NDArray[np.uint64], taken: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Sorted ``known`` less one occurrence for each of ``taken``; raises LedgerError if one is missing."""
    wanted, times = np.unique(taken, return_counts=True)
    first = np.searchsorted(known, wanted, side="left")
    there = np.searchsorted(known, wanted, side="right") - first
    missing = int(np.maximum(times - there, 0).sum())
    if missing:
        raise LedgerError(
            f"{missing} of {len(taken)} rows were never learnt",
            "Forget only rows that were learnt, unchanged",
        )
    gone = np.concatenate([np.arange(f, f + t) for f, t in zip(first, times, strict=True)] or [first])
    return np.delete(known, gone)
