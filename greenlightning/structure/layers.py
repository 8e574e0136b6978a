"""Dense layers in whole numbers: pre-activations that no order or block size can change.

Two kinds: wide ones hold a network as it was given, in float64; int8 ones are rounded to what integer units
multiply many times faster (``docs/decisions/0034-int8-gates.md``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from greenlightning.compute.integers import DIGIT, digits, int8_product, largest_magnitude, matmul, operand
from greenlightning.errors import CapacityError

INPUT_BITS = 12
WEIGHT_BITS = 14
INPUT_LIMIT = 8 << INPUT_BITS
HIDDEN_LIMIT = 256 << INPUT_BITS
INT8_LIMIT, ENCODED_LIMIT = largest_magnitude(8), largest_magnitude(16)
ACTIVATION_QUANTILE = 0.999


@dataclass(frozen=True)
class WideLayer:
    """Weights in units of 2^-14, inputs and outputs in units of 2^-12, all of it float64."""

    weight: Tensor
    bias: Tensor

    @classmethod
    def of(cls, weight: NDArray[Any], bias: NDArray[Any], device: torch.device) -> "WideLayer":
        """Bring the layer to ``device``."""
        return cls(*(torch.from_numpy(each).to(device).double() for each in (weight, bias)))

    def __call__(self, hidden: Tensor) -> Tensor:
        """Compute pre-activations (n, h)."""
        return matmul(hidden, self.weight.t()).add_(self.bias)

    def activations(self, z: Tensor) -> Tensor:
        """Compute what the next layer takes, (n, h); ``z`` is used up."""
        return z.mul_(2.0**-WEIGHT_BITS).round_().clamp_(0, HIDDEN_LIMIT)


@dataclass(frozen=True)
class Int8Layer:
    """int8 weights, a unit to each row; ``step`` (h,) takes pre-activations to int8 activations.

    ``weight`` is as ``operand`` makes it; the type of ``bias``, int32 or int64, holds every pre-activation.
    Encoded inputs, of 16 bits, are multiplied as two digits.
    """

    weight: Tensor
    bias: Tensor
    step: Tensor

    @classmethod
    def of(
        cls, weight: NDArray[Any], bias: NDArray[Any], step: NDArray[Any], limit: int, device: torch.device
    ) -> "Int8Layer":
        """Bring the layer to ``device``, for inputs up to ``limit``."""
        worst = np.abs(weight, dtype=np.float64).sum(axis=1).max() * limit + np.abs(bias).max()
        dtype = torch.int32 if worst < 2**31 else torch.int64
        return cls(
            operand(torch.from_numpy(weight).to(device)),
            torch.from_numpy(bias).to(device, dtype),
            torch.from_numpy(step).to(device, torch.float32),
        )

    def __call__(self, hidden: Tensor) -> Tensor:
        """Compute pre-activations (n, h)."""
        if hidden.dtype == torch.int8:
            return self._product(hidden).add_(self.bias)
        high, low = digits(hidden.clamp(-ENCODED_LIMIT, ENCODED_LIMIT), 2)
        return self._product(high).mul_(DIGIT).add_(self._product(low)).add_(self.bias)

    def _product(self, hidden: Tensor) -> Tensor:
        return int8_product(hidden, self.weight.t()).to(self.bias.dtype)

    def activations(self, z: Tensor) -> Tensor:
        """Compute what the next layer takes, (n, h)."""
        return z.float().mul_(self.step).round_().clamp_(0, INT8_LIMIT).to(torch.int8)


def int8_arrays(layers: Sequence[WideLayer], encoded: Tensor) -> dict[str, list[NDArray[Any]]]:
    """Compute ``weights`` (h, fan_in), ``biases`` (h,) and ``steps`` (h,) of int8 layers that stand for wide ones.

    A row's largest weight becomes 127; so does, in each layer, the activation that one in a thousand passes
    over ``encoded`` inputs (n, d).
    """
    hidden, unit = encoded, 1.0
    found: dict[str, list[NDArray[Any]]] = {"weights": [], "biases": [], "steps": []}
    for layer in layers:
        hidden = layer.activations(layer(hidden))
        peak = float(np.quantile(hidden.numpy(), ACTIVATION_QUANTILE)) or float(hidden.max()) or 1.0
        largest = layer.weight.abs().amax(dim=1).clamp_min(1).numpy()
        row, following = largest / INT8_LIMIT, peak / INT8_LIMIT
        found["weights"].append(np.rint(layer.weight.numpy() / row[:, None]).astype(np.int8))
        found["biases"].append(np.rint(layer.bias.numpy() / (row * unit)).astype(np.int64))
        found["steps"].append(2.0**-WEIGHT_BITS * row * unit / following)
        unit = following
    return found


def rounded(values: ArrayLike, bits: int) -> NDArray[np.int64]:
    """Round ``values`` to integers in units of ``2^-bits``.

    Raises
    ------
    CapacityError
        Where one is not finite or too large for exact arithmetic.
    """
    scaled = np.rint(np.asarray(values, dtype=np.float64) * (1 << bits))
    if not (np.abs(scaled) < 2**53).all():
        raise CapacityError(
            "The structure has weights too large for exact arithmetic, or not finite",
            "Train it with a lower learning rate or weight decay",
        )
    return scaled.astype(np.int64)


def numbered(arrays: dict[str, NDArray[Any]], name: str) -> tuple[NDArray[Any], ...]:
    """Return the layers' arrays of that name, in order."""
    return tuple(arrays[f"{name}.{i}"] for i in range(sum(key.startswith(f"{name}.") for key in arrays)))
