"""How a structure is trained where nobody says: by the size of the table.

Why: ``docs/decisions/0032-defaults.md``, and ``0045-defaults-for-tables.md`` for intervals and small tables.

The command line's help reads this: nothing that loads NumPy is imported before it is needed.
"""

from dataclasses import dataclass
from typing import TypeVar

NARROW_INPUTS, MOST_CUT_INPUTS = 32, 60
FEW_ROWS = 4_000
T = TypeVar("T")
D = TypeVar("D")


@dataclass(frozen=True)
class StructureDefaults:
    """What "auto" stands for.

    Attributes
    ----------
    hidden_layer_sizes : tuple of int
        Units of each gated layer.
    learning_rate : float
        AdamW's largest learning rate.
    max_epochs : int
        Epochs, at most.
    reconstruction : float
        Weight of the loss for reconstructing the inputs.
    """

    hidden_layer_sizes: tuple[int, ...]
    learning_rate: float
    max_epochs: int
    reconstruction: float


NARROW = StructureDefaults((512, 512, 512, 512), learning_rate=4e-3, max_epochs=24, reconstruction=0.0)
WIDE = StructureDefaults((512, 512, 512), learning_rate=2e-3, max_epochs=12, reconstruction=1.0)
EPOCHS = f"{NARROW.max_epochs} up to {NARROW_INPUTS} columns, {WIDE.max_epochs} beyond"


def structure_defaults(n_features: int) -> StructureDefaults:
    """Return the defaults for that many input columns.

    Examples
    --------
    >>> structure_defaults(784).hidden_layer_sizes
    (512, 512, 512)
    """
    return NARROW if n_features <= NARROW_INPUTS else WIDE


def unless_auto(name: str, value: T | str, default: D) -> T | D:
    """Return ``value``, or ``default`` where it is "auto".

    Raises
    ------
    InputError
        Where the value is another word; the message has the parameter's ``name``.
    """
    if not isinstance(value, str):
        return value
    if value != "auto":
        from greenlightning.errors import InputError

        raise InputError(f"{name}={value!r} is not known", 'Give a value, or "auto"')
    return default
