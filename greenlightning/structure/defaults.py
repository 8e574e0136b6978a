"""How a structure is trained where nobody says: by the size of the table.

Why: ``docs/decisions/0032-defaults.md``, ``0045-defaults-for-tables.md`` for intervals and small tables, and
``0091-random-layer.md`` for many rows of one unit.

The command line's help reads this: nothing that loads NumPy is imported before it is needed.
"""

from dataclasses import dataclass, replace
from typing import TypeVar

FEW_ROWS, FEWEST_STEPS, MOST_EPOCHS = 4_000, 400, 100
NARROW_INPUTS, MOST_CUT_INPUTS = 32, 60
STEPS_PER_EPOCH, SMALLEST_BATCH, LARGEST_BATCH = 60, 32, 128
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
    bins : int
        Intervals into which each column is cut, beside the column itself.
    """

    hidden_layer_sizes: tuple[int, ...]
    learning_rate: float
    max_epochs: int
    reconstruction: float
    bins: int = 0


TABLE = StructureDefaults((256, 256), learning_rate=4e-3, max_epochs=24, reconstruction=0.0, bins=8)
NARROW = StructureDefaults((512, 512, 512), learning_rate=4e-3, max_epochs=24, reconstruction=0.0)
WIDE = StructureDefaults((256, 256, 256), learning_rate=2e-3, max_epochs=12, reconstruction=1.0)
EPOCHS = f"{TABLE.max_epochs}, more on very few rows, {WIDE.max_epochs} for pictures"


def structure_defaults(n_features: int, n_rows: int, *, one_unit: bool = False) -> StructureDefaults:
    """Return the defaults for that many input columns and rows of the base.

    Parameters
    ----------
    n_features, n_rows : int
        Columns and rows that the structure is trained on.
    one_unit : bool, default=False
        Whether the columns share a unit, like pixels: many rows of those are left uncut.

    Returns
    -------
    StructureDefaults
        What "auto" stands for.

    Examples
    --------
    >>> structure_defaults(784, 60_000, one_unit=True).hidden_layer_sizes
    (256, 256, 256)
    >>> structure_defaults(10, 500).hidden_layer_sizes
    (256, 256)
    """
    if one_unit and n_rows >= FEW_ROWS:
        return NARROW if n_features <= NARROW_INPUTS else WIDE
    steps = -(-n_rows // minibatch(n_rows))
    epochs = min(max(TABLE.max_epochs, -(-FEWEST_STEPS // max(steps, 1))), MOST_EPOCHS)
    return replace(TABLE, max_epochs=epochs, bins=TABLE.bins if n_features <= MOST_CUT_INPUTS else 0)


def minibatch(n_rows: int) -> int:
    """Return the rows of a minibatch: a sixtieth of the base's, within 32 to 128."""
    return min(max(n_rows // STEPS_PER_EPOCH, SMALLEST_BATCH), LARGEST_BATCH)


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
