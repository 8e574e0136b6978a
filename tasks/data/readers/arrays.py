"""Arrays of inputs and labels as a table."""

import math
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from greenlightning.errors import InputError
from tasks.data.readers.header import checked_names
from tasks.data.readers.source import SourceTable


def table_of_arrays(
    path: Path, X: NDArray[Any], y: NDArray[Any], names: list[str] | None, label: str
) -> SourceTable:
    """The table of inputs ``X`` (n, …) and labels ``y`` (n,); without ``names`` columns are x0, x1, …."""
    if y.dtype.kind not in "buifSU":
        raise InputError(f"The labels of {path.name} are of type {y.dtype}", "Give numbers or text")
    if y.ndim != 1 or len(X) != len(y):
        raise InputError(
            f"{path.name} has {len(X)} samples but labels of shape {y.shape}",
            "Give one label for each sample",
        )
    X = X.reshape(len(X), math.prod(X.shape[1:]))
    names = names or [f"x{column}" for column in range(X.shape[1])]
    if len(names) != X.shape[1]:
        raise InputError(
            f"{path.name} names {len(names)} features of {X.shape[1]}", "Give one name for each feature"
        )
    columns = checked_names(path, [*names, label])
    answers = [text.decode("latin-1") for text in y.tolist()] if y.dtype.kind == "S" else y
    labels = pd.Series(answers, name=columns[-1])
    return SourceTable(pd.concat([pd.DataFrame(X, columns=columns[:-1]), labels], axis=1))
