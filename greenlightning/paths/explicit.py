"""Explicit paths of one gated layer: ``φ(x) = a(x) ⊗ [x, 1]`` (Duato et al. 2023, arXiv 2312.09971)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from greenlightning.compute.integers import digits_needed, fixed_point, largest_magnitude
from greenlightning.errors import InputError
from greenlightning.paths.base import PathFeatures, checked_bits
from greenlightning.structure.gates import Structure, checked_inputs
from greenlightning.structure.layers import INPUT_BITS

INPUT_RANGE = 4.0


@dataclass(frozen=True, eq=False)
class ExplicitPaths(PathFeatures):
    """One feature a gate and input, for structures of one layer [1]_.

    Of ``h (d + 1)`` features, feature ``j (d + 1) + i`` is ``a_j(x) [x, 1]_i``. Inputs are rounded to
    ``feature_bits`` over ±4 standard deviations and saturate beyond. With a projection, ``x`` above is the
    projection of the standardised inputs on ``p`` principal axes of the base. Attributes are those of
    PathFeatures.

    References
    ----------
    .. [1] Duato, Mestre, Dolz and Quintana-Ortí, "GreenLightningAI", 2023, arXiv:2312.09971.
    """

    kind: ClassVar[str] = "explicit"

    @classmethod
    def build(
        cls,
        structure: Structure,
        X: ArrayLike,
        *,
        feature_bits: int = 8,
        projection: int | None = None,
        seen: tuple[str, ...] = (),
    ) -> "ExplicitPaths":
        """Freeze a recipe for a structure of one layer.

        Parameters
        ----------
        structure : Structure
            Frozen gates of one layer.
        X : array-like of shape (n, d)
            Base inputs.
        feature_bits : {8, 12, 16}, default=8
            Bits of a path feature.
        projection : int, optional
            Principal axes of the base that are routed instead of the columns.
        seen : tuple of str, optional
            Batches that ``X`` comes from, kept with the recipe.

        Returns
        -------
        ExplicitPaths
            The frozen recipe.

        Raises
        ------
        InputError
            Where the structure has more layers, or the projection is wider than d.

        Examples
        --------
        >>> gates = Structure.from_arrays([0], [1], [[[1], [-1]]], [[0, 0]])
        >>> ExplicitPaths.build(gates, [[4.0], [-4.0]]).n_features_out
        4
        """
        if len(structure.hidden_layer_sizes) != 1:
            raise InputError(
                f"Explicit paths take one gated layer, the structure has {len(structure.hidden_layer_sizes)}",
                "Use LandmarkPaths, which reaches all paths of a deep structure",
            )
        largest = largest_magnitude(checked_bits(feature_bits))
        tables: dict[str, NDArray[np.float64]] = {}
        width = INPUT_RANGE * (1 << INPUT_BITS)
        if projection is not None:
            inputs = torch.from_numpy(checked_inputs(X, structure.n_features_in))
            tables["axes"] = principal_axes(structure.encode(inputs), projection)
            width *= float(np.sqrt(structure.n_encoded / projection))
        tables["step"] = np.array(width / largest)
        return cls(structure, feature_bits, tables, seen)

    @property
    def width(self) -> int:
        """Number of inputs of each gate, the constant included."""
        inner = self.tables["axes"].shape[1] if "axes" in self.tables else self.structure.n_encoded
        return int(inner) + 1

    @property
    def n_features_out(self) -> int:
        """``h (d + 1)``, or ``h (p + 1)`` with a projection."""
        return self.structure.hidden_layer_sizes[0] * self.width

    @property
    def scales(self) -> NDArray[np.float64]:
        """One real unit for all features, such that ``<φ, φ>`` is of order 1."""
        unit = float(self.tables["step"]) / (1 << INPUT_BITS)
        return np.full(self.n_features_out, unit / np.sqrt(self.n_features_out))

    def parts(self, X: ArrayLike, *, device: str = "cpu") -> tuple[Tensor, Tensor]:
        """Compute inputs [x, 1] (n, w) in whole steps and gates (n, h), whose outer product is a row of φ."""
        inputs = torch.from_numpy(checked_inputs(X, self.structure.n_features_in)).to(device)
        return self._parts(inputs, self._tables_on(device))

    def _parts(self, X: Tensor, tables: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        encoded = self.structure.encode(X)
        [gates] = self.structure.gates(encoded)
        inner = (encoded @ tables["axes"]).mul_(1.0 / AXIS_UNIT) if "axes" in tables else encoded
        one = torch.full((len(inner), 1), float(1 << INPUT_BITS), dtype=inner.dtype, device=inner.device)
        values = fixed_point(torch.cat([inner, one], dim=1), tables["step"], self.largest)
        return values.to(torch.int8 if digits_needed(self.feature_bits) == 1 else torch.int16), gates

    def _features(self, X: Tensor, tables: dict[str, Tensor]) -> Tensor:
        values, gates = self._parts(X, tables)
        return (gates[:, :, None] * values[:, None, :]).flatten(1)

    def _product(self, X: Tensor, tables: dict[str, Tensor], V: Tensor) -> Tensor:
        if V.shape[1] >= self.width:
            return super()._product(X, tables, V)
        return routed_product(*self._parts(X, tables), V)

    def _bytes_per_row(self) -> int:
        return 10 * self.n_features_out * digits_needed(self.feature_bits) + 32 * self.structure.n_encoded


def routed_product(values: Tensor, gates: Tensor, V: Tensor) -> Tensor:
    """Compute ``φ V`` without φ: ``Σ_j a_j(x) [x, 1] V_j`` is one product, then a gated sum.

    It writes h k numbers a row where φ has h w.

    Parameters
    ----------
    values : Tensor of shape (n, w)
        Inputs [x, 1] in whole steps.
    gates : Tensor of shape (n, h)
        Open gates as 1, the others as 0.
    V : Tensor of shape (h w, k)
        Factors of the features.

    Returns
    -------
    Tensor of shape (n, k)
        The product.
    """
    (w, h), k = (values.shape[1], gates.shape[1]), V.shape[1]
    per_gate = values.to(V.dtype) @ V.view(h, w, k).movedim(1, 0).reshape(w, h * k)
    return torch.bmm(gates.to(V.dtype)[:, None], per_gate.view(-1, h, k)).squeeze(1)


AXIS_UNIT = 1 << 14


def principal_axes(encoded: Tensor, n_axes: int) -> NDArray[np.float64]:
    """Compute the leading principal axes (d, n_axes) of encoded inputs (n, d), in units of 2^-14 kept as float64.

    Raises
    ------
    InputError
        Where there are fewer columns than axes.
    """
    d = encoded.shape[1]
    if not 1 <= n_axes <= d:
        raise InputError(f"projection={n_axes} is not between 1 and the {d} input columns", "Lower it")
    _, vectors = np.linalg.eigh((encoded.t() @ encoded).cpu().numpy())
    leading = vectors[:, ::-1][:, :n_axes]
    signs = np.sign(leading[np.abs(leading).argmax(axis=0), np.arange(n_axes)])
    return np.asarray(np.rint(leading * signs * AXIS_UNIT))
