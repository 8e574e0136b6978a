"""Random ReLU features of wide tables: of inputs that vary together and of activations, in turn.

Why inputs and activations stand apart: ``docs/decisions/0093-inputs-and-activations-apart.md``.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from greenlightning.compute.integers import int8_product
from greenlightning.paths.random_features import int8_rows
from greenlightning.paths.random_layer import RandomLayer, source_sizes
from greenlightning.paths.receptive_fields import receptive_fields
from greenlightning.structure.gates import Structure


@dataclass(frozen=True, eq=False)
class RandomFields(RandomLayer):
    """Random ReLU features of inputs and of activations, in turn.

    Every other direction is Gaussian over 32 inputs that vary together (``receptive_fields``), and the rest
    over the activations of all hidden layers. Otherwise like RandomLayer, with half of its products.

    Examples
    --------
    >>> gates = Structure.from_arrays(np.zeros(40), np.ones(40), [np.eye(40)[:3]], [np.zeros(3)])
    >>> layer = RandomFields.build(gates, np.eye(40), n_features=5)
    >>> layer.tables["input_directions"].shape, layer.tables["directions"].shape
    ((3, 40), (2, 3))
    """

    kind: ClassVar[str] = "random-fields"

    @classmethod
    def _lengths(cls, n_features: int) -> dict[str, int]:
        halves = {"input_directions": (n_features + 1) // 2, "directions": n_features // 2}
        return super()._lengths(n_features) | halves

    @classmethod
    def _directions(
        cls, n_features: int, structure: Structure, mixed: Tensor, rng: np.random.Generator
    ) -> dict[str, Tensor]:
        inputs, hidden = torch.split(mixed, [structure.n_encoded, sum(structure.hidden_layer_sizes)], dim=1)
        lengths = cls._lengths(n_features)
        fields = receptive_fields(inputs, lengths["input_directions"], rng)
        sizes = source_sizes(hidden, list(structure.hidden_layer_sizes))
        return {
            "input_directions": int8_rows(rng.standard_normal(fields.shape) * fields),
            "directions": int8_rows(rng.standard_normal((lengths["directions"], len(sizes))) / sizes),
        }

    @classmethod
    def _projected(cls, mixed: Tensor, tables: dict[str, Tensor]) -> Tensor:
        pairs = tables["input_directions"], tables["directions"]
        sources = torch.split(mixed, [directions.shape[1] for directions in pairs], dim=1)
        found = torch.empty(len(mixed), sum(map(len, pairs)), dtype=torch.int32, device=mixed.device)
        for turn, (source, directions) in enumerate(zip(sources, pairs, strict=True)):
            found[:, turn::2] = int8_product(source, directions.t())
        return found
