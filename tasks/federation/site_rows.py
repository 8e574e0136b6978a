"""What a site's own rows lack, and what is odd about them: nobody else will ever see these rows."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from greenlightning.errors import InputError
from tasks.data.batch_files import rows_without_label

if TYPE_CHECKING:
    import pandas as pd

    from greenlightning.data.labels import Label
    from greenlightning.model import GreenLightningModel

FAR = 3.0
"""Standard deviations between the middle of a column and the mean of the rows that the recipe was made of."""
SHOWN = 5


def check_complete(frame: "pd.DataFrame", y: NDArray[Any], source: str, before: int = 0) -> None:
    """Check that each row has a label, and that no number is infinite.

    Raises InputError naming the first row that does not do, counted from 1, with ``before`` rows before these.
    """
    if unlabelled := rows_without_label(y):
        more = f", nor have {len(unlabelled) - 1} more" if len(unlabelled) > 1 else ""
        raise InputError(
            f"Row {before + unlabelled[0]} of {source} has no label{more}", "Fill it in, or leave the row out"
        )
    numbers = frame.select_dtypes("number")
    infinite = np.isinf(numbers.to_numpy(np.float64, na_value=np.nan))
    if infinite.any():
        row, column = np.argwhere(infinite)[0]
        raise InputError(
            f"Row {before + row + 1}, column {numbers.columns[column]!r} of {source} is infinite",
            "Leave the cell empty, or the row out",
        )


def oddities(
    frame: "pd.DataFrame",
    X: NDArray[Any],
    y: NDArray[Any],
    published: "GreenLightningModel",
    known: "Sequence[Label]",
) -> Iterator[str]:
    """Notes on what is often a mistake: columns without a value, numbers in another unit, labels that are new.

    ``X`` are the encoded rows, ``known`` the labels that the coordinator has learnt, or none where it did not say.
    """
    assert published.encoder is not None
    yield from (f"column {name!r} has no value in any row" for name in frame.columns[frame.isna().all()])
    if frame.assign(**{published.encoder.schema.label: y}).duplicated(keep=False).all():
        yield "each row is there twice or more: was a file appended to itself?"
    names, gates = published.encoder.numbers.names, published.structure
    middle = np.median(X[:, : len(names)], axis=0) - gates.mean[: len(names)]
    away = np.flatnonzero(np.abs(middle) > FAR * gates.scale[: len(names)])
    for place in away[:SHOWN]:
        yield (
            f"half of the values of column {names[place]!r} are far from those that the recipe was made of: is it "
            "in the same unit?"
        )
    if known and (new := sorted(set(y.tolist()) - set(known))):
        yield (
            f"labels {_few(new)} are unknown to the coordinator, who knows {_few(known)}: are they spelt alike?"
        )


def _few(labels: "Sequence[Label]") -> str:
    shown = ", ".join(map(repr, labels[:SHOWN]))
    return f"{shown} and {len(labels) - SHOWN} more" if len(labels) > SHOWN else shown
