"""Structure: the frozen gates of a ReLU network, in fixed point, named by their digest."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from greenlightning.data.files import sha256_of
from greenlightning.errors import CapacityError, InputError
from greenlightning.structure.bins import NO_BINS, Bins
from greenlightning.structure.layers import (
    HIDDEN_LIMIT,
    INPUT_BITS,
    INPUT_LIMIT,
    INT8_LIMIT,
    WEIGHT_BITS,
    Int8Layer,
    WideLayer,
    int8_arrays,
    rounded,
)
from greenlightning.structure.settling import SettlingHistory
from greenlightning.structure.storage import FORMAT, load_structure, save_structure

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, eq=False)
class Structure:
    """Frozen gates ``a_l(x) = 1[z_l > 0]`` of a ReLU network of any depth [1]_.

    Inputs are standardised, rounded to 2^-12 and saturate at ±8; weights are rounded to 2^-14; each layer's
    output is rounded to 2^-12 again and saturates at 256. Every pre-activation is then an integer below 2^53,
    exact in float64 whatever the block size, thread count or device. ``in_int8`` rounds further, to weights
    and outputs of 8 bits: few gates change, and they are found many times faster.

    Attributes
    ----------
    mean, scale : ndarray of shape (d + b,), float64
        What inputs and their places in the b intervals of ``bins`` are standardised by.
    weights : tuple of ndarray of shape (h_l, fan_in), int64
        One a layer, in units of 2^-14; in int8, in units of their own rows.
    biases : tuple of ndarray of shape (h_l,), int64
        One a layer, in units of 2^-26; in int8, in units of their own rows.
    history : SettlingHistory or None
        How the gates settled.
    seen : tuple of str
        Batches that trained the structure.
    steps : tuple of ndarray of shape (h_l,), float64
        In int8, one a layer: factors from pre-activations to outputs. Otherwise empty.
    bins : Bins
        Piecewise-linear columns beside the inputs, or none.
    digest : str
        sha256 of the arrays.

    References
    ----------
    .. [1] Duato, Mestre, Dolz and Quintana-Ortí, "GreenLightningAI", 2023, arXiv:2312.09971.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    weights: tuple[NDArray[Any], ...]
    biases: tuple[NDArray[np.int64], ...]
    history: SettlingHistory | None = None
    seen: tuple[str, ...] = ()
    steps: tuple[NDArray[np.float64], ...] = ()
    bins: Bins = NO_BINS
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", sha256_of(FORMAT, self.arrays()))
        if self.steps:
            return
        limit = INPUT_LIMIT
        for number, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True), start=1):
            worst = np.abs(weight).sum(axis=1, dtype=np.float64).max() * limit + np.abs(bias).max()
            if worst >= 2**53:
                raise CapacityError(
                    f"Layer {number} of the structure has weights too large for exact arithmetic",
                    "Train it with weight decay, or rescale the layer: the gates do not change",
                )
            limit = HIDDEN_LIMIT

    @classmethod
    def from_arrays(
        cls,
        mean: ArrayLike,
        scale: ArrayLike,
        weights: Sequence[ArrayLike],
        biases: Sequence[ArrayLike],
        **about: Any,
    ) -> "Structure":
        """Round real-valued layers to the fixed-point grid.

        Parameters
        ----------
        mean, scale : array-like of shape (d,)
            What inputs are standardised by.
        weights : sequence of array-like of shape (h_l, fan_in)
            Real-valued weights, one array a layer.
        biases : sequence of array-like of shape (h_l,)
            Real-valued biases, one array a layer.
        **about
            ``history``, ``seen`` and ``bins``.

        Returns
        -------
        Structure
            The gates of these layers.

        Raises
        ------
        CapacityError
            Where a weight is too large for exact arithmetic.

        Examples
        --------
        >>> gates = Structure.from_arrays([0], [1], [[[1], [-1]]], [[0, 0]])
        >>> gates.patterns([[4.0], [-4.0]]).tolist()
        [[True, False], [False, True]]
        """
        return cls(
            np.asarray(mean, dtype=np.float64),
            np.asarray(scale, dtype=np.float64),
            tuple(rounded(w, WEIGHT_BITS) for w in weights),
            tuple(rounded(b, WEIGHT_BITS + INPUT_BITS) for b in biases),
            **about,
        )

    @classmethod
    def from_module(cls, module: "nn.Module", example: ArrayLike | None = None, **about: Any) -> "Structure":
        """Take the dense ReLU layers that end a torch network.

        The whole network is rescaled to the range of its inputs, which changes no gate. Where other layers come
        first, the structure's inputs are what enters the first dense layer: ``dense_tail.tail_inputs(module, X)``.

        Parameters
        ----------
        module : Module
            A network whose ReLUs are ``nn.ReLU``.
        example : array-like of shape (n, …), optional
            One input batch, from which the range of inputs comes; ±8 without it. Needed unless the module is a
            Sequential that starts with a dense layer.
        **about
            ``history`` and ``seen``.

        Returns
        -------
        Structure
            The gates of those layers.

        Raises
        ------
        InputError
            Where the last ReLU layers of the module are not dense.
        """
        from greenlightning.structure.dense_tail import rescaled_tail

        unit, weights, biases = rescaled_tail(module, example)
        d = weights[0].shape[1]
        return cls.from_arrays(np.zeros(d), np.full(d, unit), weights, biases, **about)

    def in_int8(self, X: ArrayLike) -> "Structure":
        """Round weights and outputs to 8 bits, outputs in the range that inputs ``X`` (n, d) make."""
        if self.steps:
            return self
        encoded = self.encode(torch.from_numpy(checked_inputs(X, self.n_features_in)))
        wide = [WideLayer.of(*each, encoded.device) for each in zip(self.weights, self.biases, strict=True)]
        arrays: dict[str, Any] = {name: tuple(each) for name, each in int8_arrays(wide, encoded).items()}
        return replace(self, **arrays)

    @property
    def n_features_in(self) -> int:
        """Number of input columns."""
        return len(self.mean) - len(self.bins)

    @property
    def n_encoded(self) -> int:
        """Number of columns that ``encode`` returns."""
        return len(self.mean)

    @property
    def hidden_layer_sizes(self) -> tuple[int, ...]:
        """Units in each gated layer."""
        return tuple(len(b) for b in self.biases)

    def patterns(self, X: ArrayLike) -> NDArray[np.bool_]:
        """Compute the on/off bits (n, Σ h_l) of every unit, layer after layer, for inputs ``X`` (n, d)."""
        gates = self.gates(self.encode(torch.from_numpy(checked_inputs(X, self.n_features_in))))
        return torch.cat(gates, dim=1).numpy().astype(bool)

    def encode(self, X: Tensor) -> Tensor:
        """Standardise inputs (n, d) and places in ``bins``, in units of 2^-12: whole numbers within ±2^15."""
        mean, unit = (torch.from_numpy(v).to(X.device) for v in (self.mean, self.scale / (1 << INPUT_BITS)))
        return torch.sub(self.bins.expand(X), mean).div_(unit).round_().clamp_(-INPUT_LIMIT, INPUT_LIMIT)

    def gates(self, encoded: Tensor) -> list[Tensor]:
        """Compute the gates of each layer, int8 (n, h_l) of 0 and 1, for inputs that ``encode`` made."""
        layers = self._layers_on(encoded.device)
        z = layers[0](encoded)
        gates = [(z > 0).view(torch.int8)]
        for before, layer in pairwise(layers):
            z = layer(before.activations(z))
            gates.append((z > 0).view(torch.int8))
        return gates

    def activations(self, encoded: Tensor) -> list[Tensor]:
        """Compute what each layer hands on, (n, h_l), for inputs that ``encode`` made; int8 if the layers are."""
        found, hidden = [], encoded
        for layer in self._layers_on(encoded.device):
            hidden = layer.activations(layer(hidden))
            found.append(hidden)
        return found

    def _layers_on(self, device: torch.device) -> list[WideLayer | Int8Layer]:
        """Return the layers on ``device``, brought there once."""
        if device not in self._layers:
            limits = [INPUT_LIMIT] + [INT8_LIMIT] * (len(self.weights) - 1)
            arrays = self.weights, self.biases, self.steps, limits
            self._layers[device] = (
                [Int8Layer.of(*each, device=device) for each in zip(*arrays, strict=True)]
                if self.steps
                else [WideLayer.of(*each, device) for each in zip(self.weights, self.biases, strict=True)]
            )
        return self._layers[device]

    @cached_property
    def _layers(self) -> dict[torch.device, list[WideLayer | Int8Layer]]:
        return {}

    def save(self, folder: Path) -> None:
        """Write ``structure.safetensors`` and ``structure.json`` into ``folder``."""
        save_structure(self, folder)

    @classmethod
    def load(cls, folder: Path) -> "Structure":
        """Read what ``save`` wrote.

        Raises
        ------
        IntegrityError
            Where a file is missing or corrupt, or the digest does not match.
        """
        return load_structure(cls, folder)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return every array that makes up the gates, by name."""
        arrays: dict[str, NDArray[Any]] = {"mean": self.mean, "scale": self.scale, **self.bins.arrays()}
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            arrays |= {f"weight.{i}": weight, f"bias.{i}": bias}
        return arrays | {f"step.{i}": step for i, step in enumerate(self.steps)}


def checked_inputs(X: ArrayLike, n_features: int) -> NDArray[Any]:
    """Return ``X`` as a finite float array (n, ``n_features``).

    Raises
    ------
    InputError
        Where a value is no finite number, or the shape is another.
    """
    inputs = np.asarray(X)
    if inputs.dtype not in (np.float32, np.float64, np.uint8):
        try:
            inputs = inputs.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(f"The inputs are not numbers: {error}", "Encode text columns as numbers") from error
    if inputs.ndim != 2 or inputs.shape[1] != n_features:
        raise InputError(
            f"The inputs have shape {inputs.shape}, the structure takes (n, {n_features})",
            "Give the columns that the structure was trained on",
        )
    with np.errstate(all="ignore"):
        suspect = inputs.dtype != np.uint8 and not np.isfinite(inputs.sum(dtype=np.float64))
    if suspect and not np.isfinite(inputs).all():
        raise InputError("The inputs hold NaN or infinity", "Drop or fill those rows before learning")
    return np.require(inputs, requirements=["C", "W"])
