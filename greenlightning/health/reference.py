"""What structure health is measured against: the base as a frozen structure saw it, without its rows."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from greenlightning.compute.integers import int8_product
from greenlightning.data.files import read_json, read_tensors, reading, sha256_of, write_json, write_tensors
from greenlightning.data.labels import Label, label_array, positions, sorted_classes
from greenlightning.data.targets import ClassTargets
from greenlightning.errors import InputError, IntegrityError
from greenlightning.health.drift import QuantileBins
from greenlightning.health.observation import Observation, gates_digest, patterns_of
from greenlightning.structure.gates import checked_inputs

if TYPE_CHECKING:
    from greenlightning.model import GreenLightningModel

ROWS = 2_048
FORMAT = "greenlightning-health/1"


@dataclass(frozen=True, eq=False)
class HealthReference:
    """Gate patterns of the base, and of held-out rows what a healthy batch looks like; no input row.

    Attributes
    ----------
    structure : str
        Digest of the gates; of a structure that has grown, of all of them: see ``gates_digest``.
    sizes : tuple of int
        Units of each layer of each structure.
    labels : tuple
        Labels of the base; empty for real targets.
    known, held : ndarray of shape (rows, ⌈units / 8⌉), uint8
        Patterns of base rows and of held-out rows, eight gates a byte.
    positions : ndarray of shape (m,)
        Positions of the held-out rows' labels in ``labels``.
    novelty, residual, saturation : ndarray of shape (m,)
        What the held-out rows show.
    bins : QuantileBins
        Deciles of the base's inputs.
    origin : ndarray of shape (m,), int64
        Of a structure that has grown, which held-out rows are like the base (0) and which like the batches that it
        grew for (1); empty otherwise.
    digest : str
        sha256 of all of it.
    """

    structure: str
    sizes: tuple[int, ...]
    labels: tuple[Label, ...]
    known: NDArray[np.uint8]
    held: NDArray[np.uint8]
    positions: NDArray[np.int64]
    novelty: NDArray[np.float64]
    residual: NDArray[np.float64]
    saturation: NDArray[np.float64]
    bins: QuantileBins
    origin: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", sha256_of(self._header(), self._arrays()))

    @classmethod
    def of(
        cls,
        model: "GreenLightningModel",
        X: ArrayLike,
        y: ArrayLike,
        X_held: ArrayLike,
        y_held: ArrayLike,
        origin: ArrayLike = (),
        random_state: int = 0,
    ) -> "HealthReference":
        """Describe the base of ``model`` by held-out rows that nothing in it ever saw.

        At most 2,048 rows of each are drawn. Held-out rows with a label that the base lacks are left out.

        Parameters
        ----------
        model : GreenLightningModel
            The model of the base.
        X, y : array-like
            Inputs (n, d) and targets of the base.
        X_held, y_held : array-like
            Inputs (m, d) and targets of the held-out rows.
        origin : array-like of shape (m,), optional
            Where the structure has grown, 1 for held-out rows like the batches that it grew for, else 0.
        random_state : int, default=0
            Seed of the draw.

        Returns
        -------
        HealthReference
            The reference.

        Raises
        ------
        InputError
            Where no row is left.
        """
        rng = np.random.default_rng(random_state)
        labels = sorted_classes(y) if isinstance(model.targets, ClassTargets) else ()
        base, held, truth = np.asarray(X), np.asarray(X_held), np.asarray(y_held)
        source = np.asarray(origin, dtype=np.int64)
        if labels:
            familiar = np.isin(truth, label_array(labels))
            held, truth, source = held[familiar], truth[familiar], source[familiar] if len(source) else source
        if not len(base) or not len(held):
            raise InputError(
                f"{len(base)} base rows and {len(held)} held-out rows make no reference",
                "Give at least one of each, with labels that the base has",
            )
        sample, rows = (np.sort(rng.permutation(len(part))[:ROWS]) for part in (base, held))
        seen = Observation.of(model, held[rows], truth[rows])
        structures = model.paths.structures
        sizes = tuple(size for one in structures for size in one.hidden_layer_sizes)
        known = patterns_of(model, base[sample])
        return cls(
            gates_digest([one.digest for one in structures]),
            sizes,
            labels,
            np.packbits(known, axis=1),
            np.packbits(seen.gates, axis=1),
            positions(truth[rows], labels).astype(np.int64) if labels else np.zeros(len(rows), dtype=np.int64),
            novelty(seen.gates, known, sizes),
            seen.residual,
            seen.saturation,
            QuantileBins.of(checked_inputs(base, model.structure.n_features_in)[sample]),
            source[rows] if len(source) else source,
        )

    @property
    def views(self) -> tuple[Self, ...]:
        """The reference itself; where the structure has grown, also by the rows of each origin alone.

        A batch is healthy that looks like one of them.
        """
        alone = [self.origin == number for number in np.unique(self.origin)]
        return (self, *(self._only(rows) for rows in alone if len(alone) > 1 and rows.any()))

    def _only(self, rows: NDArray[np.bool_]) -> Self:
        names = ("held", "positions", "novelty", "residual", "saturation", "origin")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    @property
    def known_gates(self) -> NDArray[np.bool_]:
        """Patterns (rows, units) of the base."""
        return self._unpacked(self.known)

    @property
    def held_gates(self) -> NDArray[np.bool_]:
        """Patterns (m, units) of the held-out rows."""
        return self._unpacked(self.held)

    def weights(self, y: ArrayLike) -> NDArray[np.float64]:
        """Compute weights (m,), of sum 1, that give the held-out rows the proportions of the labels ``y``.

        So a batch of one class is compared with that class. Labels that the reference lacks do not count; where
        none is known, or for real targets, all rows weigh the same.
        """
        m = len(self.positions)
        if self.labels:
            asked = np.array([np.count_nonzero(np.asarray(y) == label) for label in self.labels], dtype=float)
            there = np.bincount(self.positions, minlength=len(self.labels))
            by_row = (asked / np.maximum(there, 1))[self.positions]
            if by_row.any():
                return np.asarray(by_row / by_row.sum())
        return np.full(m, 1 / m)

    def save(self, folder: Path) -> None:
        """Write ``health.safetensors`` and ``health.json`` into ``folder``."""
        write_tensors(folder / "health.safetensors", self._arrays())
        about = {"structure": self.structure, "sizes": list(self.sizes), "labels": list(self.labels)}
        write_json(folder / "health.json", about | {"format": FORMAT, "digest": self.digest})

    @classmethod
    def load(cls, folder: Path) -> "HealthReference":
        """Read what ``save`` wrote.

        Raises
        ------
        IntegrityError
            Where a file is missing or corrupt, or the digest does not match.
        """
        about, arrays = read_json(folder / "health.json", FORMAT), read_tensors(folder / "health.safetensors")
        with reading(folder):
            bins = QuantileBins(arrays.pop("edges"), arrays.pop("counts"))
            found = cls(about["structure"], tuple(about["sizes"]), tuple(about["labels"]), bins=bins, **arrays)
        if found.digest != about.get("digest"):
            raise IntegrityError(
                f"{folder} holds health reference {found.digest[:12]}, another than it says",
                "Restore it from the registry",
            )
        return found

    def _unpacked(self, packed: NDArray[np.uint8]) -> NDArray[np.bool_]:
        return np.unpackbits(packed, axis=1, count=sum(self.sizes)).astype(bool)

    def _header(self) -> str:
        return f"{FORMAT}/{self.structure}/{json.dumps([self.sizes, self.labels])}"

    def _arrays(self) -> dict[str, NDArray[Any]]:
        names = ("known", "held", "positions", "novelty", "residual", "saturation")
        arrays = {name: getattr(self, name) for name in names}
        arrays |= {"origin": self.origin} if len(self.origin) else {}
        return arrays | {"edges": self.bins.edges, "counts": self.bins.counts}


def novelty(gates: NDArray[np.bool_], known: NDArray[np.bool_], sizes: Sequence[int]) -> NDArray[np.float64]:
    """Compute the share of gates by which each pattern differs from the nearest ``known`` one.

    Every layer weighs the same. Why the nearest: ``docs/decisions/0016-structure-health.md``.

    Parameters
    ----------
    gates : ndarray of shape (n, units), bool
        Patterns.
    known : ndarray of shape (rows, units), bool
        Patterns of the base.
    sizes : sequence of int
        Units of each layer.

    Returns
    -------
    ndarray of shape (n,)
        From 0 to 1.
    """
    agreement: Tensor | float = 0.0
    for a, b in zip(_layers(gates, sizes), _layers(known, sizes), strict=True):
        agreement = int8_product(a, b.t()).float().div_(a.shape[1]) + agreement
    assert isinstance(agreement, Tensor)
    return np.asarray((1 - agreement.amax(dim=1).double().numpy() / len(sizes)) / 2)


def _layers(gates: NDArray[np.bool_], sizes: Sequence[int]) -> list[Tensor]:
    """Split gates into ±1, one int8 (n, h_l) a layer."""
    signs = torch.from_numpy(gates).to(torch.int8).mul_(2).sub_(1)
    return [part.contiguous() for part in torch.split(signs, list(sizes), dim=1)]
