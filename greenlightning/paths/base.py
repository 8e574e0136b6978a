"""What every path-feature recipe shares: quantised inputs, blocks that fit a budget, a digest."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import psutil
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from greenlightning.compute.devices import available, blocks_on
from greenlightning.compute.integers import digits_needed, largest_magnitude, matmul, operand
from greenlightning.data.files import read_json, read_tensors, reading, sha256_of, write_json, write_tensors
from greenlightning.errors import CapacityError, InputError, IntegrityError
from greenlightning.structure.gates import Structure, checked_inputs
from greenlightning.tables import TableEncoder

FEATURE_BITS = (8, 12, 16)
MAX_BLOCK_ROWS = 8_192
PRODUCT_ROWS = 1_024


@dataclass(frozen=True, eq=False)
class PathFeatures(ABC):
    """A recipe that turns a sample and its open gates into integer path features φ.

    A recipe of another kind is a subclass with ``n_features_out``, ``scales``, ``_features`` and
    ``_bytes_per_row``.

    Attributes
    ----------
    structure : Structure
        The frozen gates.
    feature_bits : {8, 12, 16}
        Bits of a path feature.
    tables : dict of ndarray
        Every frozen number of the recipe, by name.
    seen : tuple of str
        Batches that the tables were made from.
    encoder : TableEncoder or None
        What makes the inputs of a table; None where inputs come as numbers.
    digest : str
        sha256 of kind, bits, structure, encoder and tables.
    kind : str
        Name of the kind of recipe.
    frozen_part : str
        Name of what is frozen on the base: "landmarks", "projection" or "random features".
    """

    structure: Structure
    feature_bits: int
    tables: dict[str, NDArray[Any]]
    seen: tuple[str, ...] = ()
    encoder: TableEncoder | None = None
    digest: str = field(init=False)

    kind: ClassVar[str]
    frozen_part: ClassVar[str] = "projection"

    def __post_init__(self) -> None:
        header = f"{self.kind}/{self.feature_bits}/{self.structure.digest}"
        header += f"/{self.encoder.digest}" if self.encoder else ""
        object.__setattr__(self, "digest", sha256_of(header, self.tables))

    @property
    def structures(self) -> tuple[Structure, ...]:
        """The frozen gates, and those that were added later."""
        return (self.structure,)

    @property
    @abstractmethod
    def n_features_out(self) -> int:
        """Number D of path features."""

    @property
    def holds_rows(self) -> bool:
        """Whether the tables hold rows of the base as they were."""
        return False

    @property
    @abstractmethod
    def scales(self) -> NDArray[np.float64]:
        """Real size (D,) of one unit of each integer feature."""

    @abstractmethod
    def _features(self, X: Tensor, tables: dict[str, Tensor]) -> Tensor:
        """Integer features (n, D) of inputs ``X`` (n, d) on the tables' device."""

    @abstractmethod
    def _bytes_per_row(self) -> int:
        """Peak memory that one row takes while its features are built."""

    def _tables_on(self, device: str) -> dict[str, Tensor]:
        """Return the tables as ``_features`` reads them, brought to ``device`` once."""
        if device not in self._ready:
            tables = {name: torch.from_numpy(table).to(device) for name, table in self.tables.items()}
            products = {name: operand(table) for name, table in tables.items() if table.dtype == torch.int8}
            self._ready[device] = tables | products
        return self._ready[device]

    @cached_property
    def _ready(self) -> dict[str, dict[str, Tensor]]:
        return {}

    @property
    def largest(self) -> int:
        """Largest magnitude of an integer feature."""
        return largest_magnitude(self.feature_bits)

    def block_rows(self, memory_budget: int | None = None) -> int:
        """Count the rows a block may have, at most 8,192, for features and statistics to fit into memory.

        Parameters
        ----------
        memory_budget : int, optional
            Bytes; by default half of the free memory.

        Returns
        -------
        int
            Rows of a block, at least 64.

        Raises
        ------
        CapacityError
            Where not even 64 rows fit; the message names the sizes.
        """
        budget = available_memory() if memory_budget is None else memory_budget
        spare = budget - statistics_bytes(self.n_features_out, self.feature_bits)
        rows = spare // self._bytes_per_row()
        if rows < 64:
            raise CapacityError(
                f"{self.n_features_out:,} path features need "
                f"{statistics_bytes(self.n_features_out, self.feature_bits) / 1e9:.1f} GB of statistics, the "
                f"memory budget is {budget / 1e9:.1f} GB",
                "Take fewer landmarks or gates, project the inputs, or raise memory_budget",
            )
        return int(min(rows, MAX_BLOCK_ROWS))

    def blocks(
        self,
        X: ArrayLike,
        *,
        device: str = "cpu",
        memory_budget: int | None = None,
        block_rows: int | None = None,
    ) -> Iterator[tuple[slice, Tensor]]:
        """Compute integer features block by block.

        Parameters
        ----------
        X : array-like of shape (n, d)
            Inputs.
        device : str, default="cpu"
            Torch device; no device changes the features.
        memory_budget : int, optional
            Bytes that a block and the statistics may take; by default half of the free memory.
        block_rows : int, optional
            Rows of a block, instead of what the budget allows.

        Yields
        ------
        rows : slice
            Rows of the block.
        features : Tensor of shape (rows, D), int8 or int16
            Their path features, on ``device``.
        """
        inputs, device = checked_inputs(X, self.structure.n_features_in), available(device)
        size = block_rows or self.block_rows(memory_budget)
        tables = self._tables_on(device)
        for rows, block in blocks_on(device, inputs, size):
            yield rows, self._features(block, tables)

    def product(self, X: ArrayLike, V: ArrayLike, *, device: str = "cpu") -> NDArray[np.float64]:
        """Compute ``φ V`` without all of φ: at most a block of it exists.

        Parameters
        ----------
        X : array-like of shape (n, d)
            Inputs.
        V : array-like of shape (D, k)
            Factors of the integer features.
        device : str, default="cpu"
            Torch device.

        Returns
        -------
        ndarray of shape (n, k)
            The product, in float64.
        """
        inputs, device = checked_inputs(X, self.structure.n_features_in), available(device)
        factors = torch.from_numpy(np.ascontiguousarray(V, dtype=np.float64)).to(device)
        tables, found = self._tables_on(device), [np.empty((0, factors.shape[1]))]
        for _, block in blocks_on(device, inputs, PRODUCT_ROWS):
            found.append(self._product(block, tables, factors).cpu().numpy())
        return np.concatenate(found)

    def _product(self, X: Tensor, tables: dict[str, Tensor], V: Tensor) -> Tensor:
        """Compute ``φ V`` (n, k) of inputs ``X`` (n, d), in float64."""
        return matmul(self._features(X, tables).double(), V)

    def transform(self, X: ArrayLike, *, block_rows: int | None = None) -> NDArray[np.float64]:
        """Compute real-valued path features φ (n, D) of ``X`` (n, d); for inspection, as it holds all of φ."""
        found = [features.numpy() for _, features in self.blocks(X, block_rows=block_rows)]
        return np.concatenate([np.empty((0, self.n_features_out)), *found]) * self.scales

    def saturation(self, X: ArrayLike) -> float:
        """Compute the share of feature values of ``X`` (n, d) that lie at the frozen limit."""
        at_limit = sum(int((f.abs() == self.largest).sum()) for _, f in self.blocks(X))
        return at_limit / max(len(np.asarray(X)) * self.n_features_out, 1)

    def frozen_parts(self) -> dict[str, tuple[str, ...]]:
        """Return the batches that shaped each frozen part, by the part's name."""
        return {"structure": self.structure.seen, self.frozen_part: self.seen}

    def save(self, folder: Path) -> None:
        """Write ``paths.safetensors``, ``paths.json`` and the encoder into ``folder``, without the structure."""
        write_tensors(folder / "paths.safetensors", self.tables)
        if self.encoder:
            self.encoder.save(folder)
        write_json(folder / "paths.json", self._about() | {"format": f"greenlightning-paths-{self.kind}/1"})

    def _about(self) -> dict[str, Any]:
        about = {"feature_bits": self.feature_bits, "digest": self.digest, "seen": list(self.seen)}
        return about | ({"encoder": self.encoder.digest} if self.encoder else {})

    @classmethod
    def load(cls, folder: Path, structure: Structure) -> Self:
        """Read what ``save`` wrote.

        Raises
        ------
        IntegrityError
            Where a file is missing or corrupt, or digest or structure does not match.
        """
        about = read_json(folder / "paths.json", f"greenlightning-paths-{cls.kind}/1")
        tables = read_tensors(folder / "paths.safetensors")
        with reading(folder):
            encoder = TableEncoder.load(folder) if "encoder" in about else None
            found = cls._restored(structure, tables, about, encoder)
        if found.digest != about.get("digest"):
            raise IntegrityError(
                f"{folder} holds recipe {found.digest[:12]}, another than it says", "Restore it from the registry"
            )
        return found

    @classmethod
    def _restored(
        cls,
        structure: Structure,
        tables: dict[str, NDArray[Any]],
        about: dict[str, Any],
        encoder: TableEncoder | None,
    ) -> Self:
        return cls(structure, about["feature_bits"], tables, tuple(about["seen"]), encoder)


def statistics_bytes(n_features: int, feature_bits: int) -> int:
    """Compute the peak memory of statistics of D features: three (D, D) arrays of 8 bytes."""
    return 24 * (n_features * digits_needed(feature_bits)) ** 2


def available_memory() -> int:
    """Return half of the machine's free memory, in bytes: the default memory budget."""
    return int(psutil.virtual_memory().available // 2)


def checked_bits(feature_bits: int) -> int:
    """Return ``feature_bits`` if it is 8, 12 or 16; raise InputError otherwise."""
    if feature_bits not in FEATURE_BITS:
        raise InputError(f"feature_bits={feature_bits} is not supported", f"Choose one of {FEATURE_BITS}")
    return feature_bits


def frozen_step(values: Tensor, largest: int) -> NDArray[np.float64]:
    """Compute the step (c,) that maps the largest magnitude of each column of ``values`` (n, c) to ``largest``."""
    peak = values.abs().amax(dim=0).double()
    return (torch.where(peak > 0, peak, 1.0) / largest).numpy()
