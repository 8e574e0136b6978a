"""The classifier."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length

from greenlightning.data.batch import Batch
from greenlightning.data.labels import label_array, labels_like
from greenlightning.data.targets import Targets
from greenlightning.errors import InputError
from greenlightning.estimators.base import BaseGreenLightning
from greenlightning.estimators.inputs import checked_targets, encoded_inputs
from greenlightning.estimators.rows import class_targets, weighted_batch
from greenlightning.linear.probabilities import class_probabilities
from greenlightning.model import GreenLightningModel
from greenlightning.tables import TableEncoder


class GreenLightningClassifier(ClassifierMixin, BaseGreenLightning):  # type: ignore[misc]
    """A classifier that trains its structure once, and then learns, forgets and merges exactly.

    A small ReLU network is trained until its gates settle, and frozen [1]_. A ridge regression on the path
    features that the gates let through [2]_ is solved from integer sums, so learning batches one after another
    gives the statistics of learning them together, to the bit.

    Parameters
    ----------
    hidden_layer_sizes : int, sequence of int or "auto", default="auto"
        Units in each gated layer; "auto" decides by the number of columns and rows.
    paths : {"auto", "explicit", "landmarks", "synthetic"}, default="auto"
        Path features: one a gate and column (one gated layer only), or one a landmark. Landmarks are rows of the
        first batch, or synthetic rows that imitate it, which may be published.
    n_landmarks : int or "auto", default="auto"
        Landmarks; "auto" is 12 times the square root of the rows, 1,024 at most, 256 beside random features.
    n_random_features : int or "auto", default="auto"
        Random ReLU features of inputs and activations beside the paths, which separate what no gate was taught.
        "auto" tries them on 4,000 rows or more whose columns share a unit, and keeps as many as help on held-out
        rows.
    feature_budget : int or "auto", default="auto"
        Path and random features together, at most, where ``n_random_features`` is "auto": a retraining adds D²
        numbers and takes D³/3 operations to solve. "auto" is 14 times the square root of the rows, 1,536 at most;
        for more than 32 columns 22 times, 3,840 at most.
    projection : int, optional
        Principal axes that explicit paths route instead of the columns.
    alpha : float or "auto", default="auto"
        Ridge strength, as in scikit-learn's Ridge; "auto" chooses it on held-out rows.
    feature_bits : {8, 12, 16}, default=8
        Bits of a path feature.
    max_epochs : int or "auto", default="auto"
        Epochs of training the structure, at most.
    settle_tolerance : float, default=0.01
        Training stops once the flip rate of the gates stays below it.
    patience : int, default=2
        Epochs for which it must stay there.
    early_stopping : bool, default=False
        Whether training also stops where more epochs no longer help a small model that is solved on the gates, on
        rows held out: looked at after epochs 1, 2, 4, 8 and so on.
    batch_size : int or "auto", default="auto"
        Rows of a minibatch while the structure is trained.
    learning_rate : float or "auto", default="auto"
        Largest learning rate of AdamW.
    weight_decay : float or "oui", default=0.0
        Weight decay of AdamW; "oui" tries a few for three epochs each, and takes the first whose gates have an
        overfitting-underfitting indicator within 0.6 to 0.8 on held-out rows.
    reconstruction : float or "auto", default="auto"
        Weight of the loss for reconstructing the inputs, beside that for the targets.
    input_noise : float, default=0.1
        Standard deviation of the noise added to standardised inputs in training.
    bins : int or "auto", default="auto"
        Intervals between quantiles of the first batch into which the structure cuts each column, beside the column
        itself; 0 for none. "auto" is 8 up to 60 columns, 0 for one gated layer,
        and for 4,000 rows or more whose columns share a unit.
    validation_fraction : float, default=0.1
        Share of the first batch held out to watch the gates and to choose ``alpha``.
    memory_budget : int, optional
        Bytes that features and statistics may take; by default half of the free memory.
    device : str, default="cpu"
        Torch device that trains the structure and sums the statistics.
    random_state : int, RandomState or None, default=None
        Seed of training and of drawing landmarks.
    class_weight : mapping of label to float, "balanced" or None, default=None
        How often a row of each class counts in the linear part, rounded to eight significant binary digits.
        "balanced" is ``n / (k n_c)`` of the rows learnt. Up to 16 classes have sums of their own, and are weighed
        when the model is solved; more have weights frozen with the first batch. Classes without a weight count
        once. Sums stay exact.

    Attributes
    ----------
    model_ : GreenLightningModel
        Structure, path features, statistics, ledger and coefficients.
    feature_choice_ : FeatureChoice or None
        The numbers of random features that ``fit`` compared, with their held-out errors; None where it did not.
    weight_decay_ : float
        The weight decay that the structure was trained with; only where ``fit`` trained it.
    classes_ : ndarray of shape (k,)
        The labels learnt, in ascending order.
    n_features_in_ : int
        Columns of the inputs.
    feature_names_in_ : ndarray of shape (d,)
        Their names, where the inputs had names of text.
    row_fingerprints_ : ndarray of shape (n,)
        Sorted 64-bit names of the rows that are learnt.

    See Also
    --------
    GreenLightningRegressor : The same for real targets.
    PathSGDClassifier : For more path features than can be squared.

    Notes
    -----
    In a forked child process torch runs on one thread: its threads do not survive a fork.

    References
    ----------
    .. [1] Duato, Mestre, Dolz and Quintana-Ortí, "GreenLightningAI", 2023, arXiv:2312.09971.
    .. [2] Lakshminarayanan and Singh, "Neural Path Features and Neural Path Kernel", NeurIPS 2020.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from greenlightning import GreenLightningClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = GreenLightningClassifier(hidden_layer_sizes=(16,), max_epochs=3, random_state=0)
    >>> model.fit(X[::2], y[::2]).partial_fit(X[1::2], y[1::2]).model_.statistics.n
    150
    >>> model.forget(X[1::2], y[1::2]).model_.statistics.n
    75
    >>> model.score(X, y) > 0.9
    True
    """

    task = "classification"

    def __init__(  # noqa: PLR0913
        self,
        *,
        hidden_layer_sizes: Sequence[int] | Literal["auto"] = "auto",
        bins: int | Literal["auto"] = "auto",
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
        validation_fraction: float = 0.1,
        memory_budget: int | None = None,
        device: str = "cpu",
        random_state: Any = None,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
    ) -> None:
        super().__init__(
            hidden_layer_sizes=hidden_layer_sizes,
            bins=bins,
            paths=paths,
            n_landmarks=n_landmarks,
            n_random_features=n_random_features,
            feature_budget=feature_budget,
            projection=projection,
            alpha=alpha,
            feature_bits=feature_bits,
            max_epochs=max_epochs,
            settle_tolerance=settle_tolerance,
            patience=patience,
            early_stopping=early_stopping,
            batch_size=batch_size,
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            reconstruction=reconstruction,
            input_noise=input_noise,
            validation_fraction=validation_fraction,
            memory_budget=memory_budget,
            device=device,
            random_state=random_state,
        )
        self.class_weight = class_weight

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Compute the scores from which ``predict`` takes the largest.

        Parameters
        ----------
        X : array-like of shape (n, d)
            Inputs.

        Returns
        -------
        ndarray of shape (n, k), or (n,) for two classes
            Linear estimates of each class's probability. For two classes, the second one's less the first one's,
            within ±1, where the probabilities end.
        """
        scores = self._scores(X)
        return (scores[:, 1] - scores[:, 0]).clip(-1.0, 1.0) if len(self.classes_) == 2 else scores

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Predict labels.

        Parameters
        ----------
        X : array-like of shape (n, d)
            Inputs.

        Returns
        -------
        ndarray of shape (n,)
            For each row the class with the highest score.
        """
        best = self._scores(X).argmax(axis=1)
        labels: NDArray[Any] = self.classes_[best]
        return labels

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Predict class probabilities.

        Parameters
        ----------
        X : array-like of shape (n, d)
            Inputs.

        Returns
        -------
        ndarray of shape (n, k)
            Probabilities in the order of ``classes_``; see ``linear.probabilities.class_probabilities``.
        """
        return class_probabilities(self._scores(X), self.model_.calibrated)

    def _checked(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        *,
        reset: bool,
        encoder: TableEncoder | None = None,
    ) -> Batch:
        answers = label_array(y) if isinstance(y, list | tuple) else y
        labels = checked_targets(self, answers)
        inputs = encoded_inputs(self, X, reset=reset, encoder=encoder)
        check_consistent_length(inputs, labels)
        if reset:
            check_classification_targets(labels)
        labels = labels_like(labels, label_array([]) if reset else self.classes_)
        batch = weighted_batch(inputs, labels, sample_weight)
        if reset and len(np.unique(batch.y)) < 2:
            raise InputError("Classifier can't train when only one class is present", "Give at least two classes")
        return batch

    def _targets(self, batch: Batch, seed: int) -> Targets:
        return class_targets(self.class_weight, batch)

    def _publish(self, model: GreenLightningModel) -> None:
        super()._publish(model)
        self.classes_ = label_array(model.classes)
