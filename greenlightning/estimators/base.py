"""What the classifier and the regressor share: fit, learn more rows, forget some, merge, save and load."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_is_fitted

from greenlightning.data.batch import Batch
from greenlightning.data.targets import Targets
from greenlightning.errors import MismatchError
from greenlightning.estimators.feature_choice import FeatureChoice
from greenlightning.estimators.first_fit import first_model, train_structure
from greenlightning.estimators.inputs import encoded_inputs
from greenlightning.estimators.rows import fingerprints_without
from greenlightning.estimators.storage import StoredEstimator
from greenlightning.model import GreenLightningModel
from greenlightning.structure.gates import Structure
from greenlightning.structure.settling import EpochRecord
from greenlightning.tables import TableEncoder


class BaseGreenLightning(StoredEstimator, BaseEstimator):  # type: ignore[misc]
    """Base class of the two estimators; parameters and attributes are described there."""

    task: str
    model_: GreenLightningModel
    encoder_: TableEncoder | None
    feature_choice_: FeatureChoice | None = None
    weight_decay_: float
    row_fingerprints_: NDArray[np.uint64]
    _single_output: bool = True

    def __init__(  # noqa: PLR0913
        self,
        *,
        hidden_layer_sizes: Sequence[int] | Literal["auto"] = "auto",
        paths: Literal["auto", "explicit", "landmarks", "synthetic"] = "auto",
        n_landmarks: int | Literal["auto"] = "auto",
        n_random_features: int | Literal["auto"] = "auto",
        feature_budget: int | Literal["auto"] = "auto",
        projection: int | None = None,
        alpha: float | Literal["auto"] = "auto",
        feature_bits: int = 8,
        max_epochs: int | Literal["auto"] = "auto",
        settle_tolerance: float = 0.01,
        patience: int = 2,
        early_stopping: bool = False,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: float | Literal["auto"] = "auto",
        weight_decay: float | Literal["oui"] = 0.0,
        reconstruction: float | Literal["auto"] = "auto",
        input_noise: float = 0.1,
        bins: int | Literal["auto"] = "auto",
        validation_fraction: float = 0.1,
        memory_budget: int | None = None,
        device: str = "cpu",
        random_state: Any = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.paths = paths
        self.n_landmarks = n_landmarks
        self.n_random_features = n_random_features
        self.feature_budget = feature_budget
        self.projection = projection
        self.alpha = alpha
        self.feature_bits = feature_bits
        self.max_epochs = max_epochs
        self.settle_tolerance = settle_tolerance
        self.patience = patience
        self.early_stopping = early_stopping
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.reconstruction = reconstruction
        self.input_noise = input_noise
        self.bins = bins
        self.validation_fraction = validation_fraction
        self.memory_budget = memory_budget
        self.device = device
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train a structure, freeze the path features, and learn the rows as one batch.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n, d)
            Inputs: numbers, or a table with text, categories, booleans, dates; cells may be missing.
        y : array-like of shape (n,), or (n, k) for several real outputs
            Labels or real targets.
        sample_weight : array-like of shape (n,), optional
            Numbers of zero or more: a row of weight k counts like k equal rows. Those with a fraction are rounded
            to eight significant binary digits; sums stay exact, and the structure is trained without them.

        Returns
        -------
        self

        Raises
        ------
        InputError
            Where data, weights or a parameter cannot be used.
        """
        batch, seed = self._checked(X, y, sample_weight, reset=True), self._seed()
        structure = train_structure(self, batch, seed, (batch.id,))
        return self._adopt(structure, batch, seed, (batch.id,))

    def extract_structure(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        seen: tuple[str, ...] = (),
        encoder: TableEncoder | None = None,
        on_epoch: Callable[[EpochRecord], None] | None = None,
    ) -> Structure:
        """Train the structure that ``fit`` would train, and return it.

        Parameters
        ----------
        X, y : array-like
            As for ``fit``.
        seen : tuple of str, optional
            Names of the batches that the rows come from, kept with the structure.
        encoder : TableEncoder, optional
            What made the numbers ``X``; by default an encoder is frozen on ``X``.
        on_epoch : callable, optional
            Called with the EpochRecord of each epoch.

        Returns
        -------
        Structure
            The frozen gates.
        """
        batch = self._checked(X, y, None, reset=True, encoder=encoder)
        return train_structure(self, batch, self._seed(), seen, on_epoch)

    def fit_structure(
        self,
        structure: Structure,
        X: ArrayLike,
        y: ArrayLike,
        *,
        seen: tuple[str, ...] = (),
        encoder: TableEncoder | None = None,
    ) -> Self:
        """Fit the linear part only, with a structure that exists already.

        Parameters
        ----------
        structure : Structure
            The frozen gates.
        X, y : array-like
            As for ``fit``.
        seen : tuple of str, optional
            Names of the batches that the rows come from, kept with the path features.
        encoder : TableEncoder, optional
            What made the numbers ``X``; by default an encoder is frozen on ``X``.

        Returns
        -------
        self
        """
        batch = self._checked(X, y, None, reset=True, encoder=encoder)
        return self._adopt(structure, batch, self._seed(), seen)

    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Learn more rows, at the cost of these rows alone; the first call is ``fit``.

        A batch that is given again is learnt once, unless all its rows were forgotten in between.

        Parameters
        ----------
        X, y, sample_weight : array-like
            As for ``fit``. Labels may be new, of the kind of the earlier ones (text, booleans, integers, floats).
        classes : ignored
            New classes are added when they appear; accepted for compatibility with scikit-learn.

        Returns
        -------
        self
        """
        if not hasattr(self, "model_"):
            return self.fit(X, y, sample_weight)
        batch = self._checked(X, y, sample_weight, reset=False)
        rows = batch.fingerprints()
        if batch.id in self.model_.ledger and not np.isin(rows, self.row_fingerprints_).any():
            batch = replace(batch, id=f"{batch.id}-{len(self.model_.ledger.withdrawn)}")
        if batch.id not in self.model_.ledger:
            self._publish(self.model_.learn(batch))
            self.row_fingerprints_ = np.sort(np.concatenate([self.row_fingerprints_, rows]))
        return self

    def forget(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Remove rows that were learnt: the statistics become those of never having seen them.

        Exact for the linear part; structure and landmarks stay as they are.

        Parameters
        ----------
        X, y, sample_weight : array-like
            As for ``fit``.

        Returns
        -------
        self

        Raises
        ------
        LedgerError
            Where a row was not learnt; nothing changes then.
        """
        check_is_fitted(self)
        batch = self._checked(X, y, sample_weight, reset=False)
        remaining = fingerprints_without(self.row_fingerprints_, batch.fingerprints())
        whole = batch.id in self.model_.ledger
        self._publish(self.model_.forget(batch) if whole else self.model_.withdraw(batch))
        self.row_fingerprints_ = remaining
        return self

    def merge(self, other: "BaseGreenLightning") -> Self:
        """Add what another estimator with the same structure and path features learnt.

        Parameters
        ----------
        other : estimator of the same class
            It stays as it is.

        Returns
        -------
        self

        Raises
        ------
        MismatchError
            Where class, structure or path features differ.
        LedgerError
            Where both have learnt one batch.
        """
        check_is_fitted(self)
        check_is_fitted(other)
        if type(other) is not type(self):
            raise MismatchError(
                f"A {type(self).__name__} cannot merge a {type(other).__name__}", "Merge estimators of one class"
            )
        self._publish(self.model_.merge(other.model_))
        self.row_fingerprints_ = np.sort(np.concatenate([self.row_fingerprints_, other.row_fingerprints_]))
        return self

    def _adopt(self, structure: Structure, batch: Batch, seed: int, seen: tuple[str, ...]) -> Self:
        self._publish(first_model(self, structure, batch, seed, seen))
        self.row_fingerprints_ = np.sort(batch.fingerprints())
        return self

    def _seed(self) -> int:
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn that tables may have text, categories and missing cells."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.categorical = True
        return tags

    def _checked(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        *,
        reset: bool,
        encoder: TableEncoder | None = None,
    ) -> Batch:
        raise NotImplementedError

    def _targets(self, batch: Batch, seed: int) -> Targets:
        raise NotImplementedError

    def _publish(self, model: GreenLightningModel) -> None:
        """Take ``model`` over, with the fitted attributes that follow from it."""
        self.model_ = model

    def _restore(self, model: GreenLightningModel, *, single_output: bool) -> Self:
        """Take over a model that was read from disk."""
        self._single_output = single_output
        self._publish(model)
        return self

    def _scores(self, X: ArrayLike) -> NDArray[np.float64]:
        check_is_fitted(self)
        return self.model_.decision_function(encoded_inputs(self, X, reset=False))
