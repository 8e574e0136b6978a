"""The gradient estimator beside the exact one: for more path features than can be squared."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor
from torch.nn.functional import cross_entropy

from greenlightning.data.labels import checked_labels, joined_classes, label_array, labels_like, positions
from greenlightning.data.splits import split_rows
from greenlightning.linear.averaging import averaged_coefficients
from greenlightning.linear.gradient_setup import check_parameters, frozen_recipe, widened
from greenlightning.linear.gradient_storage import load_classifier, save_classifier
from greenlightning.linear.softmax import PathScores, SoftmaxDescent
from greenlightning.linear.solver import Coefficients
from greenlightning.paths import PathFeatures
from greenlightning.structure.gates import Structure, checked_inputs


class PathSGDClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Softmax regression over the path features of frozen gates, by stochastic gradients (Adam [1]_).

    For feature counts D whose statistics (24 D² bytes) do not fit: memory here is some (D, k). It is neither
    additive nor exact: prefer GreenLightningClassifier where D can be squared
    (``docs/decisions/0028-gradient-estimator.md``). Parameters are named as in scikit-learn's SGDClassifier and
    MLPClassifier.

    Parameters
    ----------
    paths : PathFeatures or Structure
        A frozen recipe, or a structure from which ``fit`` builds one: explicit paths for one gated layer,
        landmarks drawn from the first rows for more.
    eta0 : float, default=0.05
        Learning rate; ``fit`` lowers it to 0 along a cosine over ``max_iter`` epochs.
    alpha : float, default=1e-7
        Penalty on the squared real-valued coefficients of features whose norm is of order 1.
    batch_size : int, default=128
        Rows of a minibatch.
    max_iter : int, default=30
        Epochs, at most.
    tol : float, default=1e-4
        Least fall of the log-loss that counts as progress.
    n_iter_no_change : int, default=5
        Epochs without progress after which ``fit`` stops.
    early_stopping : bool, default=False
        Whether progress is measured on held-back rows, whose best coefficients are then restored.
    validation_fraction : float, default=0.1
        Share of the rows held back for ``early_stopping``.
    warm_start : bool, default=False
        Whether ``fit`` continues from the coefficients that exist.
    device : str, default="cpu"
        Torch device.
    random_state : int, RandomState or None, default=None
        Seed of the minibatches and of drawing landmarks.

    Attributes
    ----------
    paths_ : PathFeatures
        The frozen recipe.
    coefficients_ : Coefficients
        Weights (D, k) and intercept (k,).
    classes_ : ndarray of shape (k,)
        The labels, in ascending order.
    n_features_in_, n_samples_seen_ : int
        Columns of the inputs; rows seen.
    n_iter_, loss_curve_ : int, list of float
        Epochs of the last ``fit``, and the mean log-loss of each.

    References
    ----------
    .. [1] Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from greenlightning.evaluation.conventional_network import random_gates
    >>> X, y = load_iris(return_X_y=True)
    >>> model = PathSGDClassifier(random_gates(X, (32,)), random_state=0).fit(X, y)
    >>> model.predict_proba(X).shape
    (150, 3)
    """

    paths_: PathFeatures
    coefficients_: Coefficients
    n_samples_seen_: int
    _descent: SoftmaxDescent | None = None

    def __init__(  # noqa: PLR0913
        self,
        paths: PathFeatures | Structure,
        *,
        eta0: float = 0.05,
        alpha: float = 1e-7,
        batch_size: int = 128,
        max_iter: int = 30,
        tol: float = 1e-4,
        n_iter_no_change: int = 5,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        device: str = "cpu",
        random_state: Any = None,
    ) -> None:
        self.paths = paths
        self.eta0 = eta0
        self.alpha = alpha
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.device = device
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Self:
        """Train on ``X`` (n, d) and labels ``y`` (n,).

        Parameters
        ----------
        X : array-like of shape (n, d)
            Inputs.
        y : array-like of shape (n,)
            Labels.
        classes : array-like, optional
            Labels that only other copies have; ``average`` needs the same classes in all.

        Returns
        -------
        self

        Raises
        ------
        InputError
            Where data or a parameter cannot be used, or the log-loss is not finite.
        """
        inputs, codes = self._begin(X, y, classes, from_scratch=not self.warm_start)
        descent = self._descent = self._descending()
        training, held = self._split(codes)
        best, since, self.loss_curve_ = math.inf, 0, []
        for epoch in range(self.max_iter):
            rate = self.eta0 * (1 + math.cos(math.pi * epoch / self.max_iter)) / 2
            self.loss_curve_.append(descent.epoch(inputs[training], codes[training], rate))
            self.coefficients_ = descent.coefficients
            loss = self._loss(inputs[held], codes[held]) if len(held) else self.loss_curve_[-1]
            since = 0 if loss < best - self.tol else since + 1
            if loss < best:
                best, kept = loss, self.coefficients_
            if since >= self.n_iter_no_change:
                break
        self.n_iter_, self.n_samples_seen_ = len(self.loss_curve_), len(inputs)
        if len(held):
            descent.restore(kept)
            self.coefficients_ = kept
        return self

    def partial_fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Self:
        """Make one pass over ``X`` (n, d) and ``y`` (n,) at the rate ``eta0``; labels may be new.

        Takes, returns and raises what ``fit`` does.
        """
        inputs, codes = self._begin(X, y, classes, from_scratch=False)
        if self._descent is None:
            self._descent = self._descending()
        self._descent.epoch(inputs, codes, self.eta0)
        self.coefficients_ = self._descent.coefficients
        self.n_samples_seen_ += len(inputs)
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Predict class probabilities (n, k) of ``X`` (n, d), in the order of ``classes_``."""
        return torch.softmax(torch.from_numpy(self._scores(X)), dim=1).numpy()

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Predict the most probable label (n,) of each row of ``X`` (n, d)."""
        best = self._scores(X).argmax(axis=1)
        labels: NDArray[Any] = self.classes_[best]
        return labels

    @classmethod
    def average(cls, models: Sequence[Self], weights: Sequence[float] | None = None) -> Self:
        """Average the coefficients of copies, as the GreenLightningAI paper combines them [1]_.

        It is *not* the model of all rows.

        Parameters
        ----------
        models : sequence of PathSGDClassifier
            Copies with the same recipe and classes.
        weights : sequence of float, optional
            One weight a copy; by default the rows that it has seen.

        Returns
        -------
        PathSGDClassifier
            A model with the mean coefficients.

        Raises
        ------
        InputError
            Where the weights cannot be used.
        MismatchError
            Where recipes or classes differ.

        References
        ----------
        .. [1] Duato, Mestre, Dolz and Quintana-Ortí, "GreenLightningAI", 2023, arXiv:2312.09971.
        """
        coefficients = averaged_coefficients(models, weights)
        first = models[0]
        seen = sum(model.n_samples_seen_ for model in models)
        mean: Self = clone(first)
        return mean._become(first.paths_, first.classes_, coefficients, seen)

    def save(self, folder: Path) -> None:
        """Write all but Adam's moments into ``folder``; a ``random_state`` that is not an integer becomes None."""
        check_is_fitted(self)
        save_classifier(self, folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote; no pickle is loaded.

        Raises
        ------
        IntegrityError
            Where a part is missing or corrupt, or a digest does not match.
        """
        return load_classifier(cls, folder)

    def _begin(
        self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None, *, from_scratch: bool
    ) -> tuple[NDArray[Any], Tensor]:
        """Check inputs and labels, set the recipe and make room for every class: zeros where nothing is learnt."""
        check_parameters(self)
        from_scratch = from_scratch or not hasattr(self, "coefficients_")
        answers = label_array(y) if isinstance(y, list | tuple) else y
        inputs, labels = validate_data(self, X, answers, reset=from_scratch, dtype=[np.float64, np.float32])
        if from_scratch:
            check_classification_targets(labels)
        known = labels[:0] if from_scratch else self.classes_
        labels = labels_like(labels, known)
        named = labels[:0] if classes is None else labels_like(checked_labels(classes), known)
        found = label_array(
            joined_classes(known.tolist(), *(np.unique(part).tolist() for part in (labels, named)))
        )
        if from_scratch:
            paths = self._recipe(inputs, labels)
            checked_inputs(inputs, paths.structure.n_features_in)
            nothing = Coefficients(np.zeros((paths.n_features_out, len(found))), np.zeros(len(found)))
            self._become(paths, found, nothing, 0)
        elif len(found) > len(known):
            self._become(self.paths_, found, widened(self.coefficients_, known, found), self.n_samples_seen_)
        return inputs, torch.from_numpy(positions(labels, tuple(found.tolist())))

    def _become(
        self, paths: PathFeatures, classes: NDArray[Any], coefficients: Coefficients, n_samples_seen: int
    ) -> Self:
        self.paths_, self.classes_, self.n_features_in_ = paths, classes, paths.structure.n_features_in
        self.coefficients_, self.n_samples_seen_, self._descent = coefficients, n_samples_seen, None
        return self

    def _recipe(self, X: NDArray[Any], y: NDArray[Any]) -> PathFeatures:
        return frozen_recipe(self.paths, X, y, self._seed)

    def _descending(self) -> SoftmaxDescent:
        return SoftmaxDescent(
            PathScores.of(self.paths_, self.device),
            self.coefficients_,
            alpha=self.alpha,
            batch_size=self.batch_size,
            random_state=self._seed(),
        )

    def _split(self, codes: Tensor) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        fraction = self.validation_fraction if self.early_stopping else 0.0
        return split_rows(codes.numpy(), fraction, self._seed())

    def _loss(self, X: NDArray[Any], codes: Tensor) -> float:
        scores = self.coefficients_.scores(self.paths_, X, device=self.device)
        return cross_entropy(torch.from_numpy(scores), codes).item()

    def _scores(self, X: ArrayLike) -> NDArray[np.float64]:
        check_is_fitted(self)
        inputs = validate_data(self, X, reset=False, dtype=[np.float64, np.float32])
        return self.coefficients_.scores(self.paths_, inputs, device=self.device)

    def _seed(self) -> int:
        return int(check_random_state(self.random_state).randint(2**31 - 1))
