"""A random layer: random ReLU features of the inputs and of every hidden layer's activations together.

An activation is a sum over the open paths that end in its unit, so these features know what the gates were taught,
and inputs beside it. What they are worth: ``docs/decisions/0091-random-layer.md``.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from greenlightning.compute.integers import fixed_point
from greenlightning.paths.random_features import RandomFeatures, int8_rows
from greenlightning.paths.scaled import input_step, int8_inputs
from greenlightning.structure.gates import Structure
from greenlightning.structure.layers import INT8_LIMIT


@dataclass(frozen=True, eq=False)
class RandomLayer(RandomFeatures):
    """One feature ``max(<w_j, z> - b_j, 0)`` for each of m random directions w_j [1]_.

    ``z`` are the encoded inputs and the activations of all hidden layers, d + Σh_l numbers of 8 bits. Directions
    are Gaussian over all of them, each source divided by its root mean square over the base. Otherwise like
    RandomFeatures.

    References
    ----------
    .. [1] McDonnell, Gong, Parvaneh, Abbasnejad and van den Hengel, "RanPAC: Random Projections and Pre-trained
       Models for Continual Learning", NeurIPS 2023.

    Examples
    --------
    >>> gates = Structure.from_arrays([0], [1], [[[1], [-1]]], [[0, 0]])
    >>> layer = RandomLayer.build(gates, [[4.0], [-4.0]], n_features=5)
    >>> layer.tables["directions"].shape
    (5, 3)
    """

    kind: ClassVar[str] = "random-layer"

    def _bytes_per_row(self) -> int:
        return super()._bytes_per_row() + 16 * sum(self.structure.hidden_layer_sizes)

    @classmethod
    def _directions(
        cls, n_features: int, structure: Structure, mixed: Tensor, rng: np.random.Generator
    ) -> dict[str, Tensor]:
        sizes = source_sizes(mixed, [structure.n_encoded, *structure.hidden_layer_sizes])
        return {"directions": int8_rows(rng.standard_normal((n_features, len(sizes))) / sizes)}

    @classmethod
    def _steps(cls, structure: Structure, encoded: Tensor) -> dict[str, Tensor]:
        steps = [input_step(hidden) for hidden in structure.activations(encoded)]
        return {"input_step": input_step(encoded), "activation_steps": torch.stack(steps)}

    @classmethod
    def _mixed(cls, structure: Structure, encoded: Tensor, tables: dict[str, Tensor]) -> Tensor:
        hidden = zip(structure.activations(encoded), tables["activation_steps"], strict=True)
        return torch.cat([int8_inputs(encoded, tables), *(_in_int8(*each) for each in hidden)], dim=1)


def source_sizes(mixed: Tensor, columns: list[int]) -> NDArray[np.float64]:
    """Compute the root mean square of the source of each column of ``mixed`` (n, Σ columns); 1 where it is 0."""
    squares = [source.double().square().mean() for source in torch.split(mixed, columns, dim=1)]
    return np.repeat([float(square.sqrt()) or 1.0 for square in squares], columns)


def _in_int8(activations: Tensor, step: Tensor) -> Tensor:
    """Round activations (n, h) to int8 in units of ``step``, unless they are int8."""
    if activations.dtype == torch.int8:
        return activations
    return fixed_point(activations, step, INT8_LIMIT).to(torch.int8)
