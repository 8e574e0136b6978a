"""How a structure is trained where nobody says: by the number of inputs (``docs/decisions/0032-defaults.md``)."""

from dataclasses import dataclass
from typing import Literal, TypeVar

NARROW_INPUTS = 32
T = TypeVar("T")


@dataclass(frozen=True)
class StructureDefaults:
    """What "auto" stands for."""

    hidden_layer_sizes: tuple[int, ...]
    learning_rate: float
    max_epochs: int
    reconstruction: float


NARROW = StructureDefaults((512, 512, 512, 512), learning_rate=4e-3, max_epochs=24, reconstruction=0.0)
WIDE = StructureDefaults((512, 512, 512), learning_rate=2e-3, max_epochs=12, reconstruction=1.0)


def structure_defaults(n_features: int) -> StructureDefaults:
    """The defaults for that many input columns."""
    return NARROW if n_features <= NARROW_INPUTS else WIDE


def unless_auto(value: T | Literal["auto"], default: T) -> T:
    """``value``, or ``default`` where it is "auto"."""
    return default if isinstance(value, str) else value
