"""The conventional network beside every comparison: tuned, trained from scratch, stopped early."""

import copy
from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor, nn

from greenlightning.data.labels import joined_classes, label_array
from greenlightning.evaluation.schedules import default_schedule
from greenlightning.structure.extraction import RANGE_ROWS, standardisation
from greenlightning.structure.gates import Structure
from greenlightning.structure.training import EpochState, TrainingOptions, relu_network, train_epochs

LIMIT = 8.0
BLOCK_ROWS = 16_384
FINE_TUNING_RATE = 0.1


class ConventionalNetwork(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """ReLU network fitted by AdamW with a cosine schedule, keeping the weights that validated best.

    The best epoch has the highest accuracy on held-out rows, then the lowest log-loss. Inputs are standardised.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int
        Units of each layer.
    batch_size : int, optional
        Rows of a minibatch; by default 64 for under 10,000 rows, else 128.
    learning_rate : float, default=2e-3
        Largest learning rate.
    max_epochs : int, optional
        Epochs, at most; by default as many as 6,500 minibatches take, within 15 to 100. Near the best on small and
        large data alike, so that the comparison is with a well-trained network.
    patience : int, optional
        Epochs without a better one after which training stops; by default a fifth of ``max_epochs``, at least 3.
    random_state : int, default=0
        Seed of weights and minibatches.
    validation_fraction : float, default=0.1
        Share of the rows held out.
    device : str, default="cpu"
        Torch device.

    Attributes
    ----------
    classes_ : ndarray of shape (k,)
        The labels.
    n_features_in_ : int
        Columns of the inputs.
    n_epochs_ : int
        Epochs trained last.
    module_ : Sequential
        The network.
    mean_, scale_ : ndarray of shape (d,)
        What inputs are standardised by.
    """

    def __init__(  # noqa: PLR0913
        self,
        hidden_layer_sizes: Sequence[int],
        batch_size: int | None = None,
        learning_rate: float = 2e-3,
        max_epochs: int | None = None,
        patience: int | None = None,
        random_state: int = 0,
        validation_fraction: float = 0.1,
        device: str = "cpu",
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.max_epochs = max_epochs
        self.patience = patience
        self.random_state = random_state
        self.validation_fraction = validation_fraction
        self.device = device

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train from scratch on ``X`` (n, d) and labels ``y`` (n,), n at least 2."""
        inputs, labels = self._checked(X, y, reset=True)
        self.classes_ = np.unique(labels)
        self.mean_, self.scale_ = standardisation(inputs)
        generator = torch.Generator().manual_seed(self.random_state)
        sizes = tuple(self.hidden_layer_sizes)
        self.module_ = relu_network(inputs.shape[1], sizes, len(self.classes_), generator)
        return self._train(inputs, labels, self.learning_rate)

    def fine_tune(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Continue on the new rows only, at a tenth of the rate; unseen labels get outputs of their own.

        Raises
        ------
        NotFittedError
            scikit-learn's, before ``fit``.
        """
        check_is_fitted(self)
        inputs, labels = self._checked(X, y, reset=False)
        classes = label_array(joined_classes(self.classes_.tolist(), np.unique(labels).tolist()))
        if len(classes) > len(self.classes_):
            generator = torch.Generator().manual_seed(self.random_state)
            known = torch.from_numpy(np.searchsorted(classes, self.classes_))
            self.module_ = _with_outputs(self.module_, known, len(classes), generator)
            self.classes_ = classes
        return self._train(inputs, labels, self.learning_rate * FINE_TUNING_RATE)

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Predict class probabilities (n, k) in the order of ``classes_``."""
        check_is_fitted(self)
        inputs = validate_data(self, X, reset=False)
        return torch.softmax(self._logits(self._standard(inputs)).double(), dim=1).numpy()

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Predict the most probable label of each row (n,)."""
        best: NDArray[Any] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return best

    def _train(self, inputs: NDArray[Any], labels: NDArray[Any], learning_rate: float) -> Self:
        codes = torch.from_numpy(np.searchsorted(self.classes_, labels))
        standard = self._standard(inputs)
        order = torch.from_numpy(np.random.default_rng(self.random_state).permutation(len(inputs)))
        held, kept = order.tensor_split([max(1, round(len(inputs) * self.validation_fraction))])
        default = default_schedule(len(inputs), self.batch_size, self.validation_fraction, self.max_epochs)
        patience = self.patience or default.patience
        options = TrainingOptions(
            hidden_layer_sizes=tuple(self.hidden_layer_sizes),
            batch_size=default.batch_size,
            learning_rate=learning_rate,
            label_smoothing=0.0,
            max_epochs=default.max_epochs,
            random_state=self.random_state,
            device=self.device,
        )
        outputs = len(self.classes_)
        states = train_epochs(standard[kept], codes[kept], options, n_outputs=outputs, module=self.module_)
        self._keep_best(states, standard[held], codes[held], patience)
        return self

    def _keep_best(self, states: Iterator[EpochState], inputs: Tensor, codes: Tensor, patience: int) -> None:
        best, best_epoch = (-1.0, 0.0), 0
        for state in states:
            self.n_epochs_ = state.epoch
            score = _score(self._logits(inputs), codes)
            if score > best:
                best, best_epoch = score, state.epoch
                weights = copy.deepcopy(state.module.state_dict())
            if state.epoch - best_epoch >= patience:
                break
        self.module_.load_state_dict(weights)
        self.module_.cpu().eval()

    def _checked(self, X: ArrayLike, y: ArrayLike, *, reset: bool) -> tuple[NDArray[Any], NDArray[Any]]:
        inputs, labels = validate_data(self, X, y, reset=reset, ensure_min_samples=2)
        check_classification_targets(labels)
        return inputs, labels

    def _standard(self, inputs: NDArray[Any]) -> Tensor:
        standard = (inputs.astype(np.float32) - self.mean_.astype(np.float32)) / self.scale_.astype(np.float32)
        return torch.from_numpy(standard).clamp_(-LIMIT, LIMIT)

    def _logits(self, standard: Tensor) -> Tensor:
        place = next(self.module_.parameters()).device
        with torch.inference_mode():
            starts = range(0, len(standard), BLOCK_ROWS)
            return torch.cat([self.module_(standard[i : i + BLOCK_ROWS].to(place)).cpu() for i in starts])


def _score(logits: Tensor, truth: Tensor) -> tuple[float, float]:
    correct = (logits.argmax(dim=1) == truth).double().mean().item()
    return correct, -nn.functional.cross_entropy(logits, truth).item()


def _with_outputs(
    module: nn.Sequential, known: Tensor, n_outputs: int, generator: torch.Generator
) -> nn.Sequential:
    """Give the network ``n_outputs`` outputs: the old ones at positions ``known``, the others fresh."""
    *hidden, last = module
    assert isinstance(last, nn.Linear)
    (head,) = relu_network(last.in_features, (), n_outputs, generator)
    assert isinstance(head, nn.Linear)
    with torch.no_grad():
        head.weight[known] = last.weight
        head.bias[known] = last.bias
    return nn.Sequential(*hidden, head)


def random_gates(X: ArrayLike, hidden_layer_sizes: Sequence[int], random_state: int = 0) -> Structure:
    """Make an untrained structure: what learnt gates must beat to be worth their training.

    Parameters
    ----------
    X : array-like of shape (n, d)
        Inputs, for standardisation and ranges.
    hidden_layer_sizes : sequence of int
        Units of each layer.
    random_state : int, default=0
        Seed of the weights.

    Returns
    -------
    Structure
        Gates with random weights.
    """
    inputs = np.asarray(X)
    generator = torch.Generator().manual_seed(random_state)
    network = relu_network(inputs.shape[1], hidden_layer_sizes, 1, generator)
    dense = [layer for layer in network if isinstance(layer, nn.Linear)][:-1]
    layers = [(layer.weight.detach().numpy(), layer.bias.detach().numpy()) for layer in dense]
    weights, biases = zip(*layers, strict=True)
    structure = Structure.from_arrays(*standardisation(inputs), weights, biases)
    return structure.in_int8(inputs[:RANGE_ROWS])
