"""Random ReLU features: directions that no label has shaped, beside the paths that labels have.

Gates separate what they were taught; classes that come later, or inputs that move, need features that were chosen
from inputs alone. Why so many, and so drawn: ``docs/decisions/0049-random-features.md``.
"""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from greenlightning.compute.integers import int8_product, largest_magnitude
from greenlightning.errors import InputError
from greenlightning.paths.base import checked_bits
from greenlightning.paths.scaled import ScaledFeatures, input_step, int8_inputs, reference_rows, scale_tables
from greenlightning.structure.gates import Structure, checked_inputs
from greenlightning.structure.layers import INT8_LIMIT

MIXED_INPUTS = 8
KINKS = 0.05, 0.95
PER_FEATURE = "directions", "kinks", "centre", "per_unit"


@dataclass(frozen=True, eq=False)
class RandomFeatures(ScaledFeatures):
    """One feature ``max(<w_j, x> - b_j, 0)`` for each of m random directions w_j [1]_.

    ``x`` are the inputs as the structure encodes them. A direction mixes eight of them, with Gaussian weights that
    are rounded to int8; b_j is the value
    of ``<w_j, x>`` that a share of the base, drawn between 5 and 95 %, stays below. The centred and scaled values
    are rounded to ``feature_bits``. Labels have no part in it. Attributes are those of PathFeatures.

    References
    ----------
    .. [1] McDonnell, Gong, Parvaneh, Abbasnejad and van den Hengel, "RanPAC: Random Projections and Pre-trained
       Models for Continual Learning", NeurIPS 2023.
    """

    kind: ClassVar[str] = "random"
    frozen_part: ClassVar[str] = "random features"

    @classmethod
    def build(
        cls,
        structure: Structure,
        X: ArrayLike,
        *,
        n_features: int,
        feature_bits: int = 8,
        random_state: int = 0,
        seen: tuple[str, ...] = (),
    ) -> Self:
        """Freeze a recipe on base inputs.

        Parameters
        ----------
        structure : Structure
            What encodes the inputs; its gates play no part.
        X : array-like of shape (n, d)
            Base inputs.
        n_features : int
            Random features.
        feature_bits : {8, 12, 16}, default=8
            Bits of a feature.
        random_state : int, default=0
            Seed of directions and kinks.
        seen : tuple of str, optional
            Batches that ``X`` comes from, kept with the recipe.

        Returns
        -------
        RandomFeatures
            The frozen recipe.

        Raises
        ------
        InputError
            Where no feature is asked for, or there are no rows.

        Examples
        --------
        >>> gates = Structure.from_arrays([0], [1], [[[1], [-1]]], [[0, 0]])
        >>> RandomFeatures.build(gates, [[4.0], [-4.0]], n_features=3).n_features_out
        3
        """
        checked_bits(feature_bits)
        inputs = checked_inputs(X, structure.n_features_in)
        if n_features < 1 or len(inputs) == 0:
            raise InputError(
                f"{n_features} random features cannot be frozen on {len(inputs)} rows",
                "Ask for at least one and give at least one row",
            )
        rng = np.random.default_rng(random_state)
        encoded = structure.encode(torch.from_numpy(inputs[reference_rows(len(inputs), rng)]))
        tables = cls._steps(structure, encoded)
        mixed = cls._mixed(structure, encoded, tables)
        tables |= cls._directions(n_features, structure, mixed, rng)
        projected = cls._projected(mixed, tables)
        tables["kinks"] = torch.from_numpy(_quantiles(projected.numpy(), rng.uniform(*KINKS, n_features)))
        values = projected.sub_(tables["kinks"]).clamp_min_(0).float()
        tables |= scale_tables(values, largest_magnitude(feature_bits))
        return cls(structure, feature_bits, {name: t.numpy() for name, t in tables.items()}, seen)

    def first(self, n_features: int) -> Self:
        """Return the recipe of the first ``n_features`` alone."""
        fewer = {name: self.tables[name][:count].copy() for name, count in self._lengths(n_features).items()}
        return replace(self, tables=self.tables | fewer)

    def _values(self, encoded: Tensor, tables: dict[str, Tensor]) -> Tensor:
        projected = self._projected(self._mixed(self.structure, encoded, tables), tables)
        return projected.sub_(tables["kinks"]).clamp_min_(0).float()

    @classmethod
    def _lengths(cls, n_features: int) -> dict[str, int]:
        """Count the rows that ``n_features`` take of each table that has some for a feature."""
        return dict.fromkeys(PER_FEATURE, n_features)

    @classmethod
    def _directions(
        cls, n_features: int, structure: Structure, mixed: Tensor, rng: np.random.Generator
    ) -> dict[str, Tensor]:
        """Draw the tables of weights of what is ``mixed`` (n, k): Gaussian ones of a few inputs."""
        weights = rng.standard_normal((n_features, mixed.shape[1]))
        ranks = rng.random(weights.shape).argsort(axis=1).argsort(axis=1)
        weights[ranks >= MIXED_INPUTS] = 0.0
        return {"directions": int8_rows(weights)}

    @classmethod
    def _projected(cls, mixed: Tensor, tables: dict[str, Tensor]) -> Tensor:
        """Compute ``<w_j, x>`` (n, m), int32, of what is ``mixed`` (n, k)."""
        return int8_product(mixed, tables["directions"].t()).to(torch.int32)

    @classmethod
    def _steps(cls, structure: Structure, encoded: Tensor) -> dict[str, Tensor]:
        """Compute the units in which what is mixed is int8."""
        return {"input_step": input_step(encoded)}

    @classmethod
    def _mixed(cls, structure: Structure, encoded: Tensor, tables: dict[str, Tensor]) -> Tensor:
        """Compute what directions mix, int8 (n, k)."""
        return int8_inputs(encoded, tables)


def int8_rows(weights: NDArray[np.float64]) -> Tensor:
    """Round each row of ``weights`` (n, k) to int8; its largest becomes 127."""
    whole = np.rint(weights * INT8_LIMIT / np.abs(weights).max(axis=1, keepdims=True))
    return torch.from_numpy(whole.astype(np.int8))


def _quantiles(values: NDArray[np.int32], shares: NDArray[np.float64]) -> NDArray[np.int32]:
    """Take from each column of ``values`` (n, c) the one that its share (c,) of the rows does not pass."""
    places = np.minimum(np.floor(shares * len(values)).astype(np.intp), len(values) - 1)
    columns = np.ascontiguousarray(values.T)
    return np.array([np.partition(column, place)[place] for column, place in zip(columns, places, strict=True)])
