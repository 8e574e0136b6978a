"""Statistics: the additive integers ``G = Σ φφᵀ``, ``B = Σ φyᵀ``, counts and ``Σ y²`` that a model is solved from.

Being integers, sums and differences are associative: any order, partition or site gives the same digest as
learning everything jointly, and subtracting a batch gives the digest of never having learnt it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from greenlightning.compute.devices import available
from greenlightning.compute.integers import (
    add_gram,
    checked_capacity,
    digits,
    digits_needed,
    gram_of_digits,
    largest_magnitude,
    mirrored,
)
from greenlightning.data.files import sha256_of
from greenlightning.data.labels import Label, joined_classes, plain
from greenlightning.data.targets import Targets
from greenlightning.errors import CapacityError, InputError, MismatchError
from greenlightning.linear.statistics_storage import FORMAT, load_statistics, save_statistics
from greenlightning.linear.units import in_units_of, on_columns, reduced, triangle
from greenlightning.paths import PathFeatures

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Statistics:
    """Integer statistics of ``n`` samples under one structure, one recipe and one kind of target.

    ``+`` and ``-`` add and remove samples, and ``==`` compares digests.

    Attributes
    ----------
    structure, recipe, targets : str
        Digests of what the statistics belong to.
    bits : int
        Bits of a path feature.
    columns : tuple of k labels
        The classes in ascending order, or the numbers of the outputs.
    n : int
        Samples.
    G : ndarray of shape (D, D), int64
        ``Σ φφᵀ`` of the integer path features.
    B : ndarray of shape (D, k), int64
        ``Σ φyᵀ`` with the integer targets.
    feature_sums : ndarray of shape (D,), int64
        ``Σ φ``.
    target_sums : ndarray of shape (k,), int64
        ``Σ y``: for classes, their counts.
    target_squares : ndarray of shape (k,), int64
        ``Σ y²``.
    weight_bits : int
        n and all sums are in units of ``2^-weight_bits``; 0 unless samples have weights with a fraction.
    class_grams : ndarray of shape (k, D, D), int64, or None
        G of each class alone, where the targets keep classes apart.
    """

    structure: str
    recipe: str
    targets: str
    bits: int
    columns: tuple[Label, ...]
    n: int
    G: Integers
    B: Integers
    feature_sums: Integers
    target_sums: Integers
    target_squares: Integers
    weight_bits: int = 0
    class_grams: Integers | None = None

    @classmethod
    def empty(cls, paths: PathFeatures, targets: Targets) -> "Statistics":
        """Make statistics of no samples: the zero of the algebra."""
        columns = targets.columns([])
        D, k = paths.n_features_out, len(columns)
        zeros = [np.zeros(shape, dtype=np.int64) for shape in ((D, D), (D, k), (D,), (k,), (k,))]
        about = (paths.structure.digest, paths.digest, targets.digest, paths.feature_bits, columns)
        grams = np.zeros((0, D, D), dtype=np.int64) if targets.apart else None
        return cls(*about, 0, *zeros, class_grams=grams)  # type: ignore[arg-type, misc]

    @classmethod
    def collect(
        cls,
        paths: PathFeatures,
        targets: Targets,
        X: ArrayLike,
        y: ArrayLike,
        *,
        device: str = "cpu",
        block_rows: int | None = None,
        on_block: Callable[[Tensor], None] | None = None,
    ) -> "Statistics":
        """Sum samples into statistics, block by block.

        Parameters
        ----------
        paths : PathFeatures
            The recipe.
        targets : ClassTargets or RealTargets
            How targets become integers.
        X : array-like of shape (n, d)
            Inputs.
        y : array-like of shape (n,) or (n, k)
            Labels or real targets.
        device : str, default="cpu"
            Torch device that computes the sums; no device changes them.
        block_rows : int, optional
            Rows of a block; by default as many as half of the free memory allows.
        on_block : callable, optional
            Called with each block's integer features (rows, D), on ``device``.

        Returns
        -------
        Statistics
            The same, to the bit, for any order and any size of the blocks.

        Raises
        ------
        InputError
            Where inputs or targets cannot be used.
        CapacityError
            Where a sum could overflow, or the features do not fit into memory.
        """
        columns, n = targets.columns(y), len(np.asarray(y))
        if len(np.asarray(X)) != n:
            raise InputError(f"{len(np.asarray(X))} rows of inputs and {n} targets", "Give one target a row")
        if n == 0:
            return cls.empty(paths, targets)
        checked_capacity(n, paths.largest)
        device = available(device)
        answers = [digit.to(device) for digit in targets.encode(y)]
        D, k, slices = paths.n_features_out, len(columns), digits_needed(paths.feature_bits)
        width = D * slices + 1 + k * targets.n_digits
        total = torch.from_numpy(np.zeros((width, width), dtype=np.int64)).to(device)
        for rows, features in paths.blocks(X, device=device, block_rows=block_rows):
            one = torch.ones(len(features), 1, dtype=torch.int8, device=device)
            pieces = [*digits(features, slices), one, *(digit[rows] for digit in answers)]
            add_gram(total, torch.cat(pieces, dim=1))
            if on_block:
                on_block(features)
        return cls._from_gram(paths, targets, columns, mirrored(total).cpu().numpy())

    @classmethod
    def _from_gram(
        cls, paths: PathFeatures, targets: Targets, columns: tuple[Label, ...], gram: Integers
    ) -> "Statistics":
        """Put the digits' Gram matrix (features, 1, targets) together again into G, B and the sums."""
        D, k = paths.n_features_out, len(columns)
        slices = digits_needed(paths.feature_bits)
        phi = [slice(i * D, (i + 1) * D) for i in range(slices)]
        one = D * slices
        answer = [slice(one + 1 + i * k, one + 1 + (i + 1) * k) for i in range(targets.n_digits)]
        squares = gram_of_digits(gram, answer, answer)
        return cls(
            paths.structure.digest,
            paths.digest,
            targets.digest,
            paths.feature_bits,
            columns,
            int(gram[one, one]),
            gram_of_digits(gram, phi, phi),
            gram_of_digits(gram, phi, answer),
            gram_of_digits(gram, phi, [slice(one, one + 1)])[:, 0],
            gram_of_digits(gram, [slice(one, one + 1)], answer)[0],
            np.diagonal(squares).copy(),
        )

    @property
    def n_features(self) -> int:
        """Number D of path features."""
        return len(self.feature_sums)

    @property
    def counts(self) -> dict[Label, int]:
        """Samples of each class (for real targets: the integer sum of each output)."""
        return dict(zip(self.columns, self.target_sums.tolist(), strict=True))

    @cached_property
    def digest(self) -> str:
        """sha256 over what the statistics belong to and every integer in them."""
        return sha256_of(self._header(), self._arrays())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Statistics) and self.digest == other.digest

    __hash__ = None  # type: ignore[assignment]

    def __add__(self, other: "Statistics") -> "Statistics":
        """Return the statistics of both sets of samples.

        Raises
        ------
        MismatchError
            Where they do not belong together.
        CapacityError
            Where a sum could overflow.
        """
        return self._changed(other, +1)

    def __sub__(self, other: "Statistics") -> "Statistics":
        """Return the statistics without the other's samples; a class that loses its last sample goes too.

        Raises
        ------
        MismatchError
            Where they do not belong together, or ``other`` was never part of these.
        """
        return self._changed(other, -1)

    def _changed(self, other: "Statistics", sign: int, *, reuse: bool = False) -> "Statistics":
        """Compute ``self + other`` (``sign`` +1) or ``self − other`` (−1), with ``reuse`` in the other's memory.

        ``other`` is then used up, also where this raises: fresh memory costs more than the sum.
        """
        found = self._combined(other, sign, reuse)
        if sign > 0:
            return found
        negative = found.n < 0 or (np.diagonal(found.G) < 0).any() or (found.target_squares < 0).any()
        of_nothing = found.B[:, found.target_squares == 0].any() or (found.n == 0 and found.G.any())
        if negative or of_nothing or not set(other.columns) <= set(self.columns):
            raise MismatchError(
                "The statistics to take away were never part of these", "Subtract only what was learnt"
            )
        return found if not self.targets.startswith("classes") else found._on(found._seen_classes())

    def _combined(self, other: "Statistics", sign: int, reuse: bool) -> "Statistics":
        for what in ("structure", "recipe", "targets", "bits"):
            ours, theirs = getattr(self, what), getattr(other, what)
            if ours != theirs:
                raise MismatchError(
                    f"The statistics differ in {what}: {str(ours)[:12]} and {str(theirs)[:12]}",
                    f"Only statistics of the same {what} add; collect them again under one",
                )
        if sign > 0:
            checked_capacity(self.n + other.n, largest_magnitude(self.bits))
            squares = int(self.target_squares.max(initial=0)) + int(other.target_squares.max(initial=0))
            if squares >= 2**63:
                raise CapacityError("The sum of squared targets could overflow int64", "Keep the statistics apart")
        union, bits = joined_classes(self.columns, other.columns), max(self.weight_bits, other.weight_bits)
        a, b = (in_units_of(one._on(union), bits) for one in (self, other))
        combine = np.add if sign > 0 else np.subtract
        terms = {name: (getattr(a, name), getattr(b, name)) for name in self._summed()}
        compact = b.G.strides[0] * len(b.G) < 2 * b.G.nbytes
        sums = {name: combine(x, y, out=y if reuse and compact else None) for name, (x, y) in terms.items()}
        return reduced(replace(a, n=a.n + sign * b.n, **sums))

    def _sums(self) -> dict[str, Integers]:
        return {name: getattr(self, name) for name in self._summed()}

    def _seen_classes(self) -> tuple[Label, ...]:
        return tuple(label for label, count in self.counts.items() if count)

    def _on(self, columns: tuple[Label, ...]) -> "Statistics":
        """Return the same statistics with these columns: zeros for new ones, the others left out."""
        return self if columns == self.columns else on_columns(self, columns)

    def _summed(self) -> tuple[str, ...]:
        apart = () if self.class_grams is None else ("class_grams",)
        return ("G", "B", "feature_sums", "target_sums", "target_squares", *apart)

    def _header(self) -> str:
        columns = tuple(map(plain, self.columns))
        weights = f"/weights/{self.weight_bits}" if self.weight_bits else ""
        return f"{FORMAT}/{self.structure}/{self.recipe}/{self.targets}/{self.bits}/{self.n}/{columns!r}{weights}"

    def _arrays(self) -> dict[str, NDArray[Any]]:
        packed = {"G": triangle(self.G)}
        if self.class_grams is not None:
            packed["class_grams"] = np.array([triangle(gram) for gram in self.class_grams], dtype=np.int64)
        return self._sums() | packed

    def save(self, folder: Path) -> None:
        """Write ``statistics.safetensors`` (G as a packed triangle) and ``statistics.json`` into ``folder``."""
        save_statistics(self, folder)

    @classmethod
    def load(cls, folder: Path) -> "Statistics":
        """Read what ``save`` wrote.

        Raises
        ------
        IntegrityError
            Where a file is missing or corrupt, or the digest does not match.
        """
        return load_statistics(cls, folder)
