"""Features that are centred and scaled by numbers frozen on the base, built in pieces that stay in the cache."""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from greenlightning.compute.integers import digits_needed, fixed_point
from greenlightning.paths.base import PathFeatures, frozen_step
from greenlightning.structure.layers import INT8_LIMIT

REFERENCE_ROWS = 8_192
CACHED_ROWS = 256
INPUT_QUANTILE = 0.999


@dataclass(frozen=True, eq=False)
class ScaledFeatures(PathFeatures):
    """Recipes whose float32 values come from exact integer products, element by element.

    Values less their mean over the base, over the largest such difference there, are rounded to ``feature_bits``;
    the tables "centre" and "per_unit" hold both. Attributes are those of PathFeatures.
    """

    @abstractmethod
    def _values(self, encoded: Tensor, tables: dict[str, Tensor]) -> Tensor:
        """Compute the values (n, D), float32, of inputs that ``structure.encode`` made."""

    @property
    def n_features_out(self) -> int:
        """Number of features."""
        return len(self.tables["centre"])

    @property
    def scales(self) -> NDArray[np.float64]:
        """Real size (D,) of one unit of each feature, such that ``<φ, φ>`` is of order 1."""
        return np.full(self.n_features_out, 1.0 / (self.largest * np.sqrt(self.n_features_out)))

    def _features(self, X: Tensor, tables: dict[str, Tensor]) -> Tensor:
        dtype = torch.int8 if digits_needed(self.feature_bits) == 1 else torch.int16
        features = torch.empty(len(X), self.n_features_out, dtype=dtype, device=X.device)
        size = max(len(X), 1) if X.is_cuda else CACHED_ROWS
        for rows, out in zip(torch.split(X, size), torch.split(features, size), strict=True):
            values = self._values(self.structure.encode(rows), tables)
            values.sub_(tables["centre"]).mul_(tables["per_unit"])
            out.copy_(values.round_().clamp_(-self.largest, self.largest))
        return features

    def _bytes_per_row(self) -> int:
        return 16 * self.n_features_out + 32 * self.structure.n_encoded


def input_step(encoded: Tensor) -> Tensor:
    """Compute the unit in which encoded inputs (n, d) are int8: one value in a thousand saturates."""
    step = float(np.quantile(encoded.abs().numpy(), INPUT_QUANTILE))
    return torch.tensor(max(step, 1.0) / INT8_LIMIT, dtype=torch.float64)


def int8_inputs(encoded: Tensor, tables: dict[str, Tensor]) -> Tensor:
    """Round encoded inputs (n, d) to int8, in units of the table "input_step"."""
    return fixed_point(encoded, tables["input_step"], INT8_LIMIT).to(torch.int8)


def scale_tables(values: Tensor, largest: int) -> dict[str, Tensor]:
    """Compute the tables "centre" and "per_unit" from values (n, D) of the base; ``values`` is used up."""
    centre = values.double().mean(dim=0).float()
    step = frozen_step(values.sub_(centre), largest)
    return {"centre": centre, "per_unit": torch.from_numpy(1.0 / step).float()}


def reference_rows(n_rows: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Draw the rows of the base, 8,192 at most, that centre and scale are frozen on; in ascending order."""
    return np.sort(rng.permutation(n_rows)[:REFERENCE_ROWS])
