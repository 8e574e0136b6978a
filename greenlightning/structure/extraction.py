"""Extract a structure: train a ReLU network until its gates have settled, and keep the gates."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from greenlightning.data.labels import positions, sorted_classes
from greenlightning.data.targets import as_columns
from greenlightning.errors import InputError
from greenlightning.structure import settling
from greenlightning.structure.bins import Bins
from greenlightning.structure.gates import Structure, checked_inputs
from greenlightning.structure.layers import INPUT_BITS
from greenlightning.structure.settling import EpochRecord, SettlingHistory
from greenlightning.structure.training import TrainingOptions, relu_network, train_epochs

PROBES = 512
RANGE_ROWS = 2_048
VARIANCE_FLOOR = 0.1
PLACE_SCALE = 2.0
DEFAULTS = TrainingOptions()


def extract_structure(
    X: ArrayLike,
    y: ArrayLike,
    *,
    task: str = "classification",
    validation: tuple[ArrayLike, ArrayLike] | None = None,
    options: TrainingOptions = DEFAULTS,
    seen: tuple[str, ...] = (),
    on_epoch: Callable[[EpochRecord], None] | None = None,
) -> Structure:
    """Train a ReLU network until its gates have settled, and return the gates, rounded to 8 bits.

    The same data and options give the same structure on one machine.

    Parameters
    ----------
    X : array-like of shape (n, d)
        Inputs.
    y : array-like of shape (n,) or (n, k)
        Labels or real targets.
    task : {"classification", "regression"}, default="classification"
        What ``y`` is.
    validation : tuple of array-like, optional
        Inputs and targets on which each epoch is measured; by default the training rows.
    options : TrainingOptions, optional
        Layers, epochs, the settling rule and the optimiser's parameters.
    seen : tuple of str, optional
        Names of the batches that the rows come from, kept with the structure.
    on_epoch : callable, optional
        Called with the EpochRecord of each epoch.

    Returns
    -------
    Structure
        The frozen gates, with the history of their settling.

    Raises
    ------
    InputError
        On fewer than two classes, no rows, another number of targets than rows, another task, or sizes below 1.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from greenlightning import extract_structure
    >>> from greenlightning.structure.training import TrainingOptions
    >>> X, y = load_iris(return_X_y=True)
    >>> extract_structure(X, y, options=TrainingOptions((16, 8), max_epochs=2)).hidden_layer_sizes
    (16, 8)
    """
    inputs = _checked(X, y, task, options)
    blank = blank_structure(inputs, options.bins)
    goal = _Goal.of(y, task)
    held_inputs, held_goal = inputs, goal
    if validation is not None:
        held_inputs, held_goal = np.asarray(validation[0]), _Goal.of(validation[1], task, goal)
    rng = np.random.default_rng(options.random_state)
    probes, shuffled = rng.permutation(len(held_inputs))[:PROBES], rng.permutation(len(inputs))
    watch = _Watch(
        blank.encode(torch.from_numpy(checked_inputs(held_inputs, inputs.shape[1]))),
        held_goal,
        np.sort(probes),
        settling.draw_pairs(len(probes), options.random_state),
        SettlingHistory(options.settling),
    )
    generator = torch.Generator().manual_seed(options.random_state)
    network = relu_network(
        blank.n_encoded,
        options.hidden_layer_sizes,
        goal.n_outputs,
        generator,
        reconstruction=options.reconstruction,
    )
    structure = frozen_gates(blank, network, watch.history, seen)
    watch.remember(structure, network)
    encoded = as_floats(blank.encode(torch.from_numpy(inputs)))
    range_rows, least = inputs[np.sort(shuffled[:RANGE_ROWS])], _Least()
    for state in train_epochs(encoded, goal.values, options, n_outputs=goal.n_outputs, module=network):
        structure = frozen_gates(blank, state.module, watch.history, seen)
        error = None
        if options.error_of and settling.is_looked_at(state.epoch):
            error = least.of(structure.in_int8(range_rows), options.error_of)
        record = watch.look(structure, state.module, state.train_loss, error)
        if on_epoch:
            on_epoch(record)
        if watch.history.stopped_early and least.structure:
            return least.structure
        if watch.history.settled:
            break
    return structure.in_int8(range_rows)


def _checked(X: ArrayLike, y: ArrayLike, task: str, options: TrainingOptions) -> NDArray[Any]:
    """Return inputs as floats; raise InputError where nothing can be trained."""
    inputs = np.asarray(X)
    inputs = checked_inputs(inputs, inputs.shape[1] if inputs.ndim == 2 else -1)
    sizes = tuple(options.hidden_layer_sizes)
    if len(inputs) == 0 or not sizes or min(*sizes, options.max_epochs) < 1:
        raise InputError(
            f"{len(inputs)} rows, hidden_layer_sizes={sizes} and max_epochs={options.max_epochs} train nothing",
            "Give at least one row, one positive width and one epoch",
        )
    if task not in ("classification", "regression") or len(np.asarray(y)) != len(inputs):
        raise InputError(
            f"task={task!r} with {len(inputs)} rows and {len(np.asarray(y))} targets cannot be trained",
            'Give "classification" or "regression" and one target a row',
        )
    return inputs


def standardisation(X: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute the mean and scale that the structure freezes.

    The scale is the column's standard deviation. Columns that share a unit, like pixels (three in four span at
    least half of the widest range), get a floor of a tenth of the mean variance, so that a pixel that is nearly
    always dark does not drown the others; a constant column gets 1 or that floor.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Inputs.

    Returns
    -------
    mean, scale : ndarray of shape (d,)
        What is subtracted from each column, and what it is then divided by.
    """
    mean = X.mean(axis=0, dtype=np.float64)
    variance = X.var(axis=0, dtype=np.float64)
    variance[variance <= (len(X) * np.finfo(np.float64).eps * mean) ** 2] = 0
    if _are_alike(_spans(X)[variance > 0]):
        variance = variance + VARIANCE_FLOOR * variance.mean()
    return mean, np.where(variance > 0, np.sqrt(variance), 1.0)


def share_unit(X: NDArray[Any]) -> bool:
    """Tell whether three columns in four of ``X`` (n, d) span at least half of the widest range, as pixels do."""
    return _are_alike(_spans(X))


def _spans(X: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(X.max(axis=0).astype(np.float64) - X.min(axis=0))


def _are_alike(spans: NDArray[np.float64]) -> bool:
    return bool(len(spans) and np.mean(spans >= 0.5 * spans.max()) >= 0.75)


@dataclass(frozen=True)
class _Goal:
    """Training targets as a tensor: class positions (n,) int64, or standardised outputs (n, k) float32."""

    values: Tensor
    n_outputs: int
    classes: tuple[int | str | float | bool, ...] = ()
    centre: float | NDArray[np.float64] = 0.0
    spread: float | NDArray[np.float64] = 1.0

    @classmethod
    def of(cls, y: ArrayLike, task: str, like: "_Goal | None" = None) -> "_Goal":
        if task == "classification":
            classes = like.classes if like else sorted_classes(y)
            if len(classes) < 2:
                raise InputError(f"All samples have the one label {classes}", "Give at least two classes")
            return cls(torch.from_numpy(positions(y, classes)), len(classes), classes)
        values = as_columns(y)
        spread = values.std(axis=0)
        centre, spread = (like.centre, like.spread) if like else (values.mean(axis=0), spread + (spread == 0))
        standard = torch.from_numpy((values - centre) / spread).float()
        return cls(standard, values.shape[1], (), centre, spread)

    def score(self, outputs: Tensor) -> float:
        """Accuracy of classes, or R² of outputs."""
        if self.classes:
            return float((outputs.argmax(dim=1) == self.values).float().mean())
        residual = (outputs - self.values).square().sum()
        total = (self.values - self.values.mean(dim=0)).square().sum().clamp_min(1e-12)
        return float(1 - residual / total)


@dataclass
class _Least:
    """The structure of the least error so far."""

    structure: Structure | None = None
    error: float = np.inf

    def of(self, structure: Structure, error_of: Callable[[Structure], float]) -> float:
        """Return the error of a structure, which is kept where it is the least."""
        error = error_of(structure)
        if error < self.error:
            self.structure, self.error = structure, error
        return error


@dataclass
class _Watch:
    """Looks at the gates after each epoch and writes the history."""

    encoded: Tensor
    goal: _Goal
    probes: NDArray[np.intp]
    pairs: NDArray[np.int64]
    history: SettlingHistory
    _patterns: list[NDArray[np.bool_]] = field(default_factory=list)
    _weights: list[NDArray[np.float32]] = field(default_factory=list)

    def remember(self, structure: Structure, module: nn.Module) -> None:
        """Keep gates and weights, as what the next epoch is compared with."""
        gates = structure.gates(self.encoded[torch.from_numpy(self.probes)])
        self._patterns = [g.numpy().astype(bool) for g in gates]
        self._weights = [p.detach().cpu().numpy().copy() for p in module.parameters()]

    def look(
        self, structure: Structure, module: nn.Module, train_loss: float, solved_error: float | None
    ) -> EpochRecord:
        patterns, weights = self._patterns, self._weights
        self.remember(structure, module)
        with torch.no_grad():
            device = next(module.parameters()).device
            outputs = module(as_floats(self.encoded).to(device)).cpu()
            score = self.goal.score(outputs[:, : self.goal.n_outputs])
        record = EpochRecord(
            epoch=self.history.epochs + 1,
            flip_rate=settling.flip_rate(np.hstack(patterns), np.hstack(self._patterns)),
            weight_change=settling.weight_change(weights, self._weights),
            oui=settling.oui(self._patterns, self.pairs),
            oui_batch=settling.oui_batch(self._patterns),
            firing_rate=settling.firing_rate(self._patterns),
            validation_accuracy=score,
            train_loss=train_loss,
            solved_error=solved_error,
        )
        self.history.records.append(record)
        return record


def as_floats(encoded: Tensor) -> Tensor:
    """Return encoded inputs as the float32 numbers that a network is trained on."""
    return encoded.mul(2.0**-INPUT_BITS).float()


def blank_structure(inputs: NDArray[Any], n_bins: int) -> Structure:
    """Freeze what standardises ``inputs`` (n, d), each column beside ``n_bins`` intervals of it; no gate yet.

    Intervals are many a column, so their standard deviation is a half.
    """
    bins = Bins.of(inputs, n_bins)
    mean, scale = standardisation(inputs)
    if len(bins):
        places = bins.expand(torch.from_numpy(inputs)).numpy()[:, inputs.shape[1] :]
        centre, spread = standardisation(places)
        mean, scale = np.concatenate([mean, centre]), np.concatenate([scale, PLACE_SCALE * spread])
    return Structure(mean, scale, (), (), bins=bins)


def frozen_gates(
    blank: Structure,
    module: nn.Module,
    history: SettlingHistory | None = None,
    seen: tuple[str, ...] = (),
) -> Structure:
    """Freeze the gates that the network ``module`` has now, behind what ``blank`` standardises inputs by."""
    dense = [m for m in module.modules() if isinstance(m, nn.Linear)][:-1]
    weights = [m.weight.detach().cpu().double().numpy() for m in dense]
    biases = [m.bias.detach().cpu().double().numpy() for m in dense]
    about = {"history": history, "seen": seen, "bins": blank.bins}
    return Structure.from_arrays(blank.mean, blank.scale, weights, biases, **about)
