"""All paths of a deep structure, through the neural path kernel and landmarks (Nyström features).

``K(x, x') = (…((<x, x'> + b) g_1 + b') g_2 …) g_L + b'`` with ``g_l = <a_l(x), a_l(x')>`` is the inner product
of all path features (Lakshminarayanan & Singh 2020, neural path features); with ``m`` landmarks
``φ(x) = k_m(x) K_mm^(-1/2)``, the inverse root taken in the eigenbasis and cut at its numerical rank.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from greenlightning._integers import (
    DIGIT,
    digits,
    digits_needed,
    fixed_point,
    int8_product,
    largest_magnitude,
)
from greenlightning.errors import InputError
from greenlightning.paths.base import PathFeatures, checked_bits, frozen_step
from greenlightning.structure import Structure, checked_inputs

INPUT_BIAS = 0.05
LAYER_BIAS = 0.01
SMALLEST_EIGENVALUE = 1e-6
KERNEL_LIMIT = largest_magnitude(16)
REFERENCE_ROWS = 8_192
BLOCK_ROWS = 2_048
INPUT_QUANTILE = 0.999


@dataclass(frozen=True, eq=False)
class LandmarkPaths(PathFeatures):
    """Kernel features over ``m`` landmarks: at most ``m`` of them, whitened and cut at numerical rank.

    Inputs and gate overlaps are integer products; kernel values are rounded to 16 bits; whitening is an
    integer product of 16-bit numbers in int8 digits; features are rounded to ``feature_bits``.
    """

    kind: ClassVar[str] = "landmarks"

    @classmethod
    def build(
        cls,
        structure: Structure,
        X: ArrayLike,
        y: ArrayLike | None = None,
        *,
        n_landmarks: int = 2_048,
        feature_bits: int = 8,
        random_state: int = 0,
        seen: tuple[str, ...] = (),
    ) -> "LandmarkPaths":
        """Freeze a recipe on base inputs ``X`` (n, d), drawing landmarks evenly over the labels ``y`` (n,)."""
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
        chosen = draw_landmarks(len(inputs), y, n_landmarks, rng)
        landmarks = structure.encode(torch.from_numpy(inputs[chosen]))
        tables = _landmark_tables(structure, landmarks)
        tables |= _whitening_tables(_kernel(structure, landmarks, tables))
        reference = inputs[np.sort(rng.permutation(len(inputs))[:REFERENCE_ROWS])]
        encoded = structure.encode(torch.from_numpy(reference))
        tables |= _scale_tables(structure, encoded, tables, largest_magnitude(feature_bits))
        return cls(structure, feature_bits, {name: t.numpy() for name, t in tables.items()}, seen)

    @property
    def n_landmarks(self) -> int:
        """Number m of landmarks."""
        return len(self.tables["landmarks"])

    @property
    def n_features_out(self) -> int:
        """Numerical rank of the landmarks' kernel matrix, at most m."""
        return int(self.tables["whitening.0"].shape[1])

    @property
    def scales(self) -> NDArray[np.float64]:
        """Real size (D,) of one unit of each whitened feature."""
        return np.asarray(self.tables["scales"])

    def _features(self, encoded: Tensor, tables: dict[str, Tensor]) -> Tensor:
        whitened = _whitened(_kernel_digits(self.structure, encoded, tables), tables)
        features = whitened.mul_(tables["per_unit"]).round_().clamp_(-self.largest, self.largest)
        return features.to(torch.int8 if digits_needed(self.feature_bits) == 1 else torch.int16)

    def _bytes_per_row(self) -> int:
        return 24 * self.n_landmarks + 32 * self.structure.n_features_in


def draw_landmarks(
    n_rows: int, y: ArrayLike | None, n_landmarks: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Rows (m,) drawn at random, evenly over the labels where ``y`` is given, in ascending order."""
    order = rng.permutation(n_rows)
    if y is not None:
        _, label = np.unique(np.asarray(y)[order], return_inverse=True)
        by_label = np.argsort(label, kind="stable")
        starts = np.searchsorted(label[by_label], np.arange(label.max() + 1))
        turn = np.empty(n_rows, dtype=np.int64)
        turn[by_label] = np.arange(n_rows) - starts[label[by_label]]
        order = order[np.argsort(turn, kind="stable")]
    return np.sort(order[:n_landmarks])


def _landmark_tables(structure: Structure, encoded: Tensor) -> dict[str, Tensor]:
    """Encoded landmarks (m, d) as int8 inputs and gates, and the constants that bring their kernel to order 1."""
    step = float(np.quantile(encoded.abs().numpy(), INPUT_QUANTILE))
    tables = {"input_step": torch.tensor(max(step, 1.0) / 127, dtype=torch.float64)}
    inputs = fixed_point(encoded, tables["input_step"], 127).to(torch.int8)
    norm = float(inputs.float().square().sum(dim=1).mean())
    tables |= {"landmarks": inputs, "input_unit": torch.tensor(1.0 / max(norm, 1.0), dtype=torch.float32)}
    for layer, gates in enumerate(structure.gates(encoded)):
        tables[f"gates.{layer}"] = gates
    diagonal = _kernel(structure, encoded, tables).diagonal().max()
    tables["kernel_unit"] = (KERNEL_LIMIT / (1.5 * diagonal)).float()
    return tables


def _kernel(structure: Structure, encoded: Tensor, tables: dict[str, Tensor]) -> Tensor:
    """Path kernel (n, m) between encoded inputs and the landmarks, float32, from exact integer products."""
    inputs = fixed_point(encoded, tables["input_step"], 127).to(torch.int8)
    kernel = int8_product(inputs, tables["landmarks"].t()).float()
    kernel.mul_(tables["input_unit"]).add_(INPUT_BIAS)
    for layer, gates in enumerate(structure.gates(encoded)):
        overlap = int8_product(gates, tables[f"gates.{layer}"].t())
        kernel.mul_(overlap).mul_(1.0 / gates.shape[1]).add_(LAYER_BIAS)
    return kernel


def _kernel_digits(structure: Structure, encoded: Tensor, tables: dict[str, Tensor]) -> list[Tensor]:
    kernel = _kernel(structure, encoded, tables)
    return digits(kernel.mul_(tables["kernel_unit"]).round_().clamp_(-KERNEL_LIMIT, KERNEL_LIMIT), 2)


def _whitened(kernel: list[Tensor], tables: dict[str, Tensor]) -> Tensor:
    """``k W`` in units of 256, float32, from int8 digits of both; low times low is left out."""
    (k_high, k_low), (w_high, w_low) = kernel, (tables["whitening.0"], tables["whitening.1"])
    high = int8_product(k_high, w_high).float().mul_(float(DIGIT))
    return high.add_(int8_product(k_high, w_low)).add_(int8_product(k_low, w_high))


def _whitening_tables(kernel: Tensor) -> dict[str, Tensor]:
    """Eigenbasis of the landmarks' kernel (m, m) over the roots of its eigenvalues, in 16-bit digits."""
    double = kernel.double()
    values, vectors = torch.linalg.eigh((double + double.t()) / 2)
    kept = values > SMALLEST_EIGENVALUE * values[-1]
    whitening = (vectors[:, kept] / values[kept].sqrt()).flip(1)
    step = torch.from_numpy(frozen_step(whitening, KERNEL_LIMIT))
    high, low = digits(fixed_point(whitening, step, KERNEL_LIMIT), 2)
    return {"whitening.0": high, "whitening.1": low, "whitening_step": step}


def _scale_tables(
    structure: Structure, encoded: Tensor, tables: dict[str, Tensor], largest: int
) -> dict[str, Tensor]:
    """The frozen scale of each feature: the largest value over reference inputs maps to ``largest``."""
    blocks = torch.split(encoded, BLOCK_ROWS)
    whitened = [_whitened(_kernel_digits(structure, block, tables), tables) for block in blocks]
    per_unit = torch.from_numpy(1.0 / frozen_step(torch.cat(whitened), largest)).float()
    unit = tables["whitening_step"] * DIGIT / tables["kernel_unit"].double()
    return {"per_unit": per_unit, "scales": unit / per_unit.double()}
