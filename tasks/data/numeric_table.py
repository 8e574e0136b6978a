"""The table of version 0.1: numeric feature columns, then ``label``; it goes when landing conforms to a schema."""

from pathlib import Path

import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from greenlightning.errors import InputError
from tasks.data.labels import LABEL, tidy_labels
from tasks.data.reading import ReadOptions, read_table


def read_numeric_table(path: Path, options: ReadOptions | None = None) -> pd.DataFrame:
    """Read numeric feature columns followed by ``label``; InputError for text, and without labels or features."""
    options = options or ReadOptions()
    return numeric_table(Path(path), read_table(path, options).frame, options.label)


def numeric_table(path: Path, frame: pd.DataFrame, label_column: str) -> pd.DataFrame:
    """The same of a table that is read already."""
    frame = frame.copy(deep=False)
    check_label(path, list(frame.columns), label_column)
    answers = tidy_labels(frame.pop(label_column).astype(object))
    for name, column in frame.items():
        if not is_numeric_dtype(column):
            shown = column[pd.to_numeric(column, errors="coerce").isna() & column.notna()].iloc[0]
            raise InputError(
                f"Column {name!r} of {path.name} is not numeric: it holds {shown!r}",
                "Encode it as numbers, or leave it out",
            )
    flags = {name: "float64" for name, column in frame.items() if is_bool_dtype(column)}
    kind = object if answers.dtype == object else None
    return frame.astype(flags).assign(**{LABEL: pd.Series(answers, dtype=kind, index=frame.index)})


def check_label(path: Path, names: list[str], label_column: str) -> None:
    """Raise InputError without a label column, and without any other."""
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
