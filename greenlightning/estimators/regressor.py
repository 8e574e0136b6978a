"""The regressor."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_consistent_length

from greenlightning.data.batch import Batch
from greenlightning.data.targets import Targets
from greenlightning.estimators.base import BaseGreenLightning
from greenlightning.estimators.inputs import checked_targets, encoded_inputs
from greenlightning.estimators.rows import weighted_batch
from greenlightning.estimators.target_choice import TransformChoice, chosen_targets
from greenlightning.tables import TableEncoder


class GreenLightningRegressor(RegressorMixin, BaseGreenLightning):  # type: ignore[misc]
    """A regressor that trains its structure once, and then learns, forgets and merges exactly.

    See GreenLightningClassifier for the method. Targets are rounded to 24-bit fixed point about the first batch's
    mean, with room for 32 times its spread; skewed ones are mapped first, by a map that is frozen too.

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
    target_transform : {"auto", "none", "log", "quantile"}, default="auto"
        What targets are mapped by before they are learnt; predictions are mapped back. "auto" tries all where the
        targets are skewed or heavy-tailed, and takes what predicts held-out rows of the first batch best.

    Attributes
    ----------
    model_ : GreenLightningModel
        Structure, path features, statistics, ledger and coefficients.
    feature_choice_ : FeatureChoice or None
        The numbers of random features that ``fit`` compared, with their held-out errors; None where it did not.
    weight_decay_ : float
        The weight decay that the structure was trained with; only where ``fit`` trained it.
    n_features_in_ : int
        Columns of the inputs.
    feature_names_in_ : ndarray of shape (d,)
        Their names, where the inputs had names of text.
    row_fingerprints_ : ndarray of shape (n,)
        Sorted 64-bit names of the rows that are learnt.

    See Also
    --------
    GreenLightningClassifier : The same for labels.

    References
    ----------
    .. [1] Duato, Mestre, Dolz and Quintana-Ortí, "GreenLightningAI", 2023, arXiv:2312.09971.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from greenlightning import GreenLightningRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = GreenLightningRegressor(hidden_layer_sizes=(8,), max_epochs=3, random_state=0)
    >>> model.fit(X[:300], y[:300]).partial_fit(X[300:], y[300:]).predict(X).shape
    (442,)
    """

    task = "regression"

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
        target_transform: TransformChoice = "auto",
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
        self.target_transform = target_transform

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn that several outputs are supported."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Predict real outputs.

        Parameters
        ----------
        X : array-like of shape (n, d)
            Inputs.

        Returns
        -------
        ndarray of shape (n,) or (n, k)
            In the shape of the targets of ``fit``.
        """
        scores = self._scores(X)
        outputs = self.model_.targets.restored(scores)
        return outputs[:, 0] if self._single_output else outputs

    def _checked(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        *,
        reset: bool,
        encoder: TableEncoder | None = None,
    ) -> Batch:
        outputs = checked_targets(self, y, multi_output=True, y_numeric=True)
        inputs = encoded_inputs(self, X, reset=reset, encoder=encoder)
        check_consistent_length(inputs, outputs)
        if reset:
            self._single_output = outputs.ndim == 1
        return weighted_batch(inputs, np.asarray(outputs, dtype=np.float64), sample_weight)

    def _targets(self, batch: Batch, seed: int) -> Targets:
        return chosen_targets(batch.X, batch.y, seed, self.target_transform)
