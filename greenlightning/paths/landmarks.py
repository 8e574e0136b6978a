"""All paths of a deep structure, through the neural path kernel and landmarks.

``K(x, x') = (…((<x, x'> + b) g_1 + b') g_2 …) g_L + b'`` with ``g_l = <a_l(x), a_l(x')>`` is the inner product
of all path features (Lakshminarayanan & Singh 2020, neural path features). With ``m`` landmarks
``φ_j(x) = (K(x, l_j) - μ_j) / s_j``: the kernel itself, centred and scaled, is what the linear model sees. It is
not whitened: see ``docs/decisions/0030-kernel-features.md``.
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.linalg.lapack import spstrf
from torch import Tensor

from greenlightning.compute.integers import int8_product, largest_magnitude
from greenlightning.errors import InputError
from greenlightning.paths.base import checked_bits
from greenlightning.paths.scaled import (
    CACHED_ROWS,
    ScaledFeatures,
    input_step,
    int8_inputs,
    reference_rows,
    scale_tables,
)
from greenlightning.structure.gates import Structure, checked_inputs

INPUT_BIAS = 0.05
LAYER_BIAS = 0.01
CANDIDATES = 3
PER_ROOT = 12


@dataclass(frozen=True, eq=False)
class LandmarkPaths(ScaledFeatures):
    """One kernel feature for each of ``m`` landmarks: all paths of a deep structure [1]_.

    Inputs and gate overlaps are integer products; the kernel's values, less their mean over the base and scaled
    by the largest one there, are rounded to ``feature_bits``. Attributes are those of PathFeatures.

    References
    ----------
    .. [1] Lakshminarayanan and Singh, "Neural Path Features and Neural Path Kernel", NeurIPS 2020.
    """

    kind: ClassVar[str] = "landmarks"
    frozen_part: ClassVar[str] = "landmarks"

    @classmethod
    def build(
        cls,
        structure: Structure,
        X: ArrayLike,
        y: ArrayLike | None = None,
        *,
        n_landmarks: int = 1_024,
        feature_bits: int = 8,
        random_state: int = 0,
        seen: tuple[str, ...] = (),
    ) -> "LandmarkPaths":
        """Freeze a recipe on base inputs.

        Candidates are rows drawn evenly over the labels and, one in four, rows with each column shuffled by
        itself; ``worst_explained`` chooses among those that differ.

        Parameters
        ----------
        structure : Structure
            Frozen gates of any depth.
        X : array-like of shape (n, d)
            Base inputs.
        y : array-like of shape (n,), optional
            Labels over which candidates are drawn evenly.
        n_landmarks : int, default=1024
            Landmarks, at most; n if that is less.
        feature_bits : {8, 12, 16}, default=8
            Bits of a path feature.
        random_state : int, default=0
            Seed of the draw.
        seen : tuple of str, optional
            Batches that ``X`` comes from, kept with the recipe.

        Returns
        -------
        LandmarkPaths
            The frozen recipe.

        Raises
        ------
        InputError
            Where no landmark is asked for, there are no rows, or another number of labels than rows.
        """
        checked_bits(feature_bits)
        inputs = checked_inputs(X, structure.n_features_in)
        if n_landmarks < 1 or len(inputs) == 0:
            raise InputError(
                f"{n_landmarks} landmarks cannot be drawn from {len(inputs)} rows",
                "Ask for at least one landmark and give at least one row",
            )
        if y is not None and len(np.asarray(y)) != len(inputs):
            raise InputError(
                f"{len(inputs)} rows of inputs and {len(np.asarray(y))} labels", "Give one label a row"
            )
        rng = np.random.default_rng(random_state)
        rows = cls._candidates(inputs, y, CANDIDATES * n_landmarks, rng)
        different = np.sort(np.unique(rows, axis=0, return_index=True)[1])
        candidates = structure.encode(torch.from_numpy(rows[different]))
        chosen = worst_explained(structure, candidates, min(n_landmarks, len(inputs)))
        tables = _landmark_tables(structure, candidates[chosen])
        encoded = structure.encode(torch.from_numpy(inputs[reference_rows(len(inputs), rng)]))
        tables |= scale_tables(_kernels(structure, encoded, tables), largest_magnitude(feature_bits))
        return cls(structure, feature_bits, {name: t.numpy() for name, t in tables.items()}, seen)

    @staticmethod
    def _candidates(
        inputs: NDArray[Any], y: ArrayLike | None, n_rows: int, rng: np.random.Generator
    ) -> NDArray[Any]:
        """Draw rows (at most ``n_rows``) among which landmarks are chosen."""
        drawn = inputs[draw_landmarks(len(inputs), y, n_rows * 3 // 4, rng)]
        shuffled = rng.permuted(drawn[rng.permutation(len(drawn))[: len(drawn) // 3]], axis=0)
        return np.concatenate([drawn, shuffled])

    @property
    def holds_rows(self) -> bool:
        """Whether landmarks are rows of the base."""
        return True

    def _values(self, encoded: Tensor, tables: dict[str, Tensor]) -> Tensor:
        return _kernel(self.structure, encoded, tables)


def draw_landmarks(
    n_rows: int, y: ArrayLike | None, n_landmarks: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Draw rows at random.

    Parameters
    ----------
    n_rows : int
        Number of rows to draw from.
    y : array-like of shape (n_rows,) or None
        Labels over which rows are drawn evenly.
    n_landmarks : int
        Rows to draw, at most.
    rng : Generator
        Source of the draw.

    Returns
    -------
    ndarray of shape (m,)
        Positions in ascending order.
    """
    order = rng.permutation(n_rows)
    if y is not None:
        _, label = np.unique(np.asarray(y)[order], return_inverse=True)
        by_label = np.argsort(label, kind="stable")
        starts = np.searchsorted(label[by_label], np.arange(label.max() + 1))
        turn = np.empty(n_rows, dtype=np.int64)
        turn[by_label] = np.arange(n_rows) - starts[label[by_label]]
        order = order[np.argsort(turn, kind="stable")]
    return np.sort(order[:n_landmarks])


def landmarks_for(n_rows: int) -> int:
    """Count the landmarks that ``n_rows`` rows can carry: 12 times their root (``docs/decisions/0045``)."""
    return round(PER_ROOT * math.sqrt(n_rows))


def worst_explained(structure: Structure, encoded: Tensor, n_landmarks: int) -> NDArray[np.intp]:
    """Choose rows one by one: each the one whose kernel the rows before explain worst.

    This is a Cholesky factorisation with complete pivoting [1]_ of the centred kernel; see
    ``docs/decisions/0031-landmarks.md``.

    Parameters
    ----------
    structure : Structure
        The frozen gates.
    encoded : Tensor of shape (n, d)
        Inputs that ``structure.encode`` made.
    n_landmarks : int
        Rows to choose.

    Returns
    -------
    ndarray of shape (m,)
        Positions in ascending order; all rows where there are no more than asked for.

    References
    ----------
    .. [1] Harbrecht, Peters and Schneider, "On the low-rank approximation by the pivoted Cholesky decomposition",
       Applied Numerical Mathematics, 2012.
    """
    if len(encoded) <= n_landmarks:
        return np.arange(len(encoded))
    tables = _landmark_tables(structure, encoded)
    kernel = _kernels(structure, encoded, tables).numpy()
    mean = kernel.mean(axis=0)
    kernel -= mean
    kernel -= mean[:, None] - mean.mean()
    _, pivots, _, _ = spstrf(kernel.T, lower=1, overwrite_a=1)
    return np.sort(pivots[:n_landmarks] - 1)


def _landmark_tables(structure: Structure, encoded: Tensor) -> dict[str, Tensor]:
    """Compute landmarks (m, d) as int8 inputs and gates, and the units in which their kernel is of order 1."""
    tables = {"input_step": input_step(encoded)}
    inputs = int8_inputs(encoded, tables)
    norm = float(inputs.float().square().sum(dim=1).mean())
    tables |= {"landmarks": inputs, "input_unit": torch.tensor(1.0 / max(norm, 1.0), dtype=torch.float32)}
    return tables | {f"gates.{layer}": gates for layer, gates in enumerate(structure.gates(encoded))}


def _kernel(structure: Structure, encoded: Tensor, tables: dict[str, Tensor]) -> Tensor:
    """Compute the path kernel (n, m) of encoded inputs and landmarks, float32, from exact integer products."""
    kernel = int8_product(int8_inputs(encoded, tables), tables["landmarks"].t()).float()
    kernel.mul_(tables["input_unit"]).add_(INPUT_BIAS)
    for layer, gates in enumerate(structure.gates(encoded)):
        overlap = int8_product(gates, tables[f"gates.{layer}"].t()).float()
        kernel.mul_(overlap).mul_(1.0 / gates.shape[1]).add_(LAYER_BIAS)
    return kernel


def _kernels(structure: Structure, encoded: Tensor, tables: dict[str, Tensor]) -> Tensor:
    """Compute the kernel of many rows, in pieces that stay in the cache."""
    return torch.cat([_kernel(structure, rows, tables) for rows in torch.split(encoded, CACHED_ROWS)])
