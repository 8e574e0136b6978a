"""The frame that every reader returns, numeric features followed by ``label``, and the checks of its columns."""

import math
from collections import Counter
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from greenlightning.errors import InputError
from tasks.data.labels import LABEL, tidy_labels


def check_header(path: Path, names: list[str], label_column: str) -> None:
    """Raise InputError unless every column has a name of its own, and the labels have a column."""
    if "" in names:
        position = names.index("") + 1
        raise InputError(f"Column {position} of {path.name} has no name", "Name it, or leave it out")
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise InputError(f"{path.name} has several columns called {repeated[0]!r}", "Give each its own name")
    if label_column not in names:
        shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        raise InputError(
            f"{path.name} has no label column {label_column!r} (its columns: {shown})",
            "Name the column that holds the labels",
        )
    if len(names) < 2:
        raise InputError(f"{path.name} has no feature columns beside the labels", "Give at least one")
    if label_column != LABEL and LABEL in names:
        raise InputError(
            f"{path.name} has a feature column called {LABEL!r} beside the labels in {label_column!r}",
            "Rename that feature",
        )


def frame_of_table(table: pa.Table, label_column: str) -> pd.DataFrame:
    """The frame of an Arrow table."""
    labels = tidy_labels(table[label_column].to_pylist())
    features = table.drop_columns([label_column])
    return _with_labels(pd.DataFrame({name: _values(features[name]) for name in features.column_names}), labels)


def _values(column: pa.ChunkedArray) -> NDArray[Any]:
    """A numeric column as numpy; missing values become NaN."""
    plain = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    if column.null_count or not plain:
        column = column.cast(pa.float64(), safe=False)
    return cast(NDArray[Any], column.to_numpy())


def frame_of_arrays(path: Path, X: NDArray[Any], y: NDArray[Any], names: list[str] | None) -> pd.DataFrame:
    """The frame of inputs ``X`` (n, …) and labels ``y`` (n,); without ``names`` columns are x0, x1, …."""
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
    check_header(path, [*names, LABEL], LABEL)
    return _with_labels(
        pd.DataFrame(X, columns=names), tidy_labels((y.astype(str) if y.dtype.kind == "S" else y).tolist())
    )


def _with_labels(features: pd.DataFrame, labels: NDArray[Any]) -> pd.DataFrame:
    kind = object if labels.dtype == object else None  # pandas would make NaN of a missing text label
    return pd.concat([features, pd.Series(labels, name=LABEL, index=features.index, dtype=kind)], axis=1)


def unreadable(path: Path, kind: str, error: object) -> InputError:
    """The error for a file that is damaged, or not of its format."""
    cause = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
    return InputError(f"{path.name} cannot be read as {kind} ({cause})", "Give a complete file of that format")
