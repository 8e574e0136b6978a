"""Several recipes as one: their features side by side, in one sum with all cross terms."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from greenlightning.errors import MismatchError
from greenlightning.paths.base import PathFeatures
from greenlightning.paths.explicit import ExplicitPaths
from greenlightning.paths.landmarks import LandmarkPaths
from greenlightning.paths.random_features import RandomFeatures
from greenlightning.paths.random_fields import RandomFields
from greenlightning.paths.random_layer import RandomLayer
from greenlightning.paths.synthetic import SyntheticLandmarks
from greenlightning.structure.gates import Structure
from greenlightning.structure.storage import about_structure, structure_of
from greenlightning.tables import TableEncoder

GATES = "structure/"
SIMPLE: dict[str, type[PathFeatures]] = {
    one.kind: one
    for one in (ExplicitPaths, LandmarkPaths, SyntheticLandmarks, RandomFeatures, RandomLayer, RandomFields)
}


@dataclass(frozen=True, eq=False)
class JoinedPaths(PathFeatures):
    """The features of several recipes, one after another.

    Parts may have structures of their own, with the same input columns: so a structure grows. Other attributes
    are those of PathFeatures; ``structure`` is that of the first part.

    Attributes
    ----------
    parts : tuple of PathFeatures
        The recipes, none of them joined itself.
    """

    parts: tuple[PathFeatures, ...] = field(default=(), repr=False)

    kind: ClassVar[str] = "joined"

    @classmethod
    def of(cls, *recipes: PathFeatures, encoder: TableEncoder | None = None) -> Self:
        """Join recipes; one that is joined already brings its parts.

        Parameters
        ----------
        *recipes : PathFeatures
            At least one.
        encoder : TableEncoder, optional
            What makes the inputs of a table.

        Returns
        -------
        JoinedPaths
            Their features side by side.

        Raises
        ------
        MismatchError
            Where they differ in input columns or in bits.

        Examples
        --------
        >>> gates = Structure.from_arrays([0], [1], [[[1], [-1]]], [[0, 0]])
        >>> X = [[4.0], [-4.0]]
        >>> paths, random = ExplicitPaths.build(gates, X), RandomFeatures.build(gates, X, n_features=3)
        >>> JoinedPaths.of(paths, random).n_features_out
        7
        """
        parts = tuple(part for one in recipes for part in (one.parts if isinstance(one, JoinedPaths) else (one,)))
        first = parts[0]
        for part in parts[1:]:
            ours, theirs = ((each.structure.n_features_in, each.feature_bits) for each in (first, part))
            if ours != theirs:
                raise MismatchError(
                    f"Features of {ours[0]} columns and {ours[1]} bits do not join those of {theirs[0]} and "
                    f"{theirs[1]}",
                    "Build them for the same inputs, with the same feature_bits",
                )
        plain = tuple(replace(part, encoder=None) for part in parts)
        seen = tuple(dict.fromkeys(batch for part in parts for batch in part.seen))
        return cls(first.structure, first.feature_bits, _tables(plain), seen, encoder, parts=plain)

    @property
    def holds_rows(self) -> bool:
        """Whether a part holds rows of the base."""
        return any(part.holds_rows for part in self.parts)

    @property
    def structures(self) -> tuple[Structure, ...]:
        """The structures of all parts, each once, in the order in which they were joined."""
        return tuple({part.structure.digest: part.structure for part in self.parts}.values())

    @property
    def n_features_out(self) -> int:
        """Number D of path features of all parts."""
        return sum(part.n_features_out for part in self.parts)

    @property
    def scales(self) -> NDArray[np.float64]:
        """Real size (D,) of one unit of each integer feature."""
        return np.concatenate([part.scales for part in self.parts])

    def frozen_parts(self) -> dict[str, tuple[str, ...]]:
        """Return the batches that shaped each part: gates that were added later are "structure 2" and so on."""
        structures = [structure.digest for structure in self.structures]
        found: dict[str, tuple[str, ...]] = {}
        for part in self.parts:
            number = structures.index(part.structure.digest)
            found |= {
                f"{name} {number + 1}" if number else name: seen for name, seen in part.frozen_parts().items()
            }
        return found

    def _tables_on(self, device: str) -> dict[str, Tensor]:
        return {}

    def _features(self, X: Tensor, tables: dict[str, Tensor]) -> Tensor:
        return torch.cat([part._features(X, part._tables_on(str(X.device))) for part in self.parts], dim=1)

    def _bytes_per_row(self) -> int:
        return sum(part._bytes_per_row() for part in self.parts) + 2 * self.n_features_out

    def _product(self, X: Tensor, tables: dict[str, Tensor], V: Tensor) -> Tensor:
        factors = torch.split(V, [part.n_features_out for part in self.parts])
        products = [
            part._product(X, part._tables_on(str(X.device)), each)
            for part, each in zip(self.parts, factors, strict=True)
        ]
        return torch.stack(products).sum(dim=0)

    def _about(self) -> dict[str, Any]:
        described = []
        for part in self.parts:
            own = part.structure.digest != self.structure.digest
            gates = about_structure(part.structure) if own else None
            described.append({"kind": part.kind, "seen": list(part.seen), "structure": gates})
        return super()._about() | {"parts": described}

    @classmethod
    def _restored(
        cls,
        structure: Structure,
        tables: dict[str, NDArray[Any]],
        about: dict[str, Any],
        encoder: TableEncoder | None,
    ) -> Self:
        parts = []
        for number, part in enumerate(about["parts"]):
            own = _under(f"{number}/", tables)
            about_gates = part["structure"]
            gates = structure_of(Structure, _under(GATES, own), about_gates) if about_gates else structure
            inner = {name: table for name, table in own.items() if not name.startswith(GATES)}
            parts.append(SIMPLE[part["kind"]](gates, about["feature_bits"], inner, tuple(part["seen"])))
        return cls.of(*parts, encoder=encoder)


def _tables(parts: Sequence[PathFeatures]) -> dict[str, NDArray[Any]]:
    """Name every number of the parts, with the gates of those whose structure is not the first one's."""
    found: dict[str, NDArray[Any]] = {}
    for number, part in enumerate(parts):
        found |= {f"{number}/{name}": table for name, table in part.tables.items()}
        if part.structure.digest != parts[0].structure.digest:
            found |= {f"{number}/{GATES}{name}": array for name, array in part.structure.arrays().items()}
    return found


def _under(prefix: str, tables: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(prefix): table for name, table in tables.items() if name.startswith(prefix)}
