"""Read a source file (CSV, Parquet, NPZ, IDX) as one table: numeric feature columns and a column ``label``.

Whatever is wrong with the file becomes one InputError that names the file, the cause and the remedy.
"""

import csv
import gzip
import math
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from greenlightning.data.datasets import read_idx
from greenlightning.errors import InputError

LABEL = "label"
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
FORMATS = "CSV (.csv, .csv.gz), Parquet (.parquet), NPZ (.npz with X and y) or IDX images (…idx3-ubyte, .gz)"


def read_table(path: Path, label_column: str = LABEL, labels: Path | None = None) -> pd.DataFrame:
    """Read ``path`` as numeric feature columns followed by ``label``; InputError for whatever cannot be used.

    ``label_column`` names the labels in CSV and Parquet; ``labels`` is the label file of IDX images, found
    beside them by its conventional name if not given.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} does not exist or is not a file", "Check the path")
    name = path.name.lower()
    if "idx" in name:
        frame = _read_idx_pair(path, labels)
    elif name.endswith((".csv", ".csv.gz")):
        frame = _read_csv(path, label_column)
    elif name.endswith((".parquet", ".pq")):
        frame = _read_parquet(path, label_column)
    elif name.endswith(".npz"):
        frame = _read_npz(path)
    else:
        raise InputError(f"{path.name} is of no known format", f"Give {FORMATS}")
    if frame.empty:
        raise InputError(f"{path.name} has no rows", "Give at least one sample")
    return frame


def tidy_labels(values: Iterable[Any]) -> NDArray[Any]:
    """Labels (n,) as bool, int64, float64 or str; an object array with None where one is missing.

    Text that spells numbers becomes numbers and whole ones integers: a label means the same in every format.
    """
    items = [None if pd.isna(value) or value == "" else value for value in values]
    known = [value for value in items if value is not None]
    if not all(isinstance(value, bool | np.bool_) for value in known):
        numbers = [_number(value) for value in known]
        known = [str(value) for value in known] if None in numbers else numbers
    tidy = np.array(known)
    if len(known) == len(items):
        return tidy
    holes = np.full(len(items), None, dtype=object)
    holes[[value is not None for value in items]] = tidy.tolist()
    return holes


def _number(value: Any) -> int | float | None:
    """The number that a label is or spells, whole ones as int; None for text such as 'A' or '007'."""
    if isinstance(value, str) and not NUMBER.fullmatch(value):
        return None
    if isinstance(value, int | np.integer) or (isinstance(value, str) and "." not in value):
        return int(value)
    number = float(value)
    return int(number) if number.is_integer() else number


def _check_header(path: Path, names: list[str], label_column: str) -> None:
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


def _read_csv(path: Path, label_column: str) -> pd.DataFrame:
    try:
        with _open_text(path) as stream:
            names = next(csv.reader(stream), [])
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise _not_readable(path, "CSV", error) from error
    if not names:
        raise InputError(f"{path.name} is empty", "Give a header line and at least one sample")
    _check_header(path, names, label_column)
    types = {name: pa.string() if name == label_column else pa.float64() for name in names}
    options = pyarrow.csv.ConvertOptions(column_types=types, strings_can_be_null=False)
    try:
        table = pyarrow.csv.read_csv(str(path), convert_options=options)
    except pa.ArrowInvalid as error:
        raise _csv_error(path, names, str(error)) from error
    except OSError as error:
        raise _not_readable(path, "CSV", error) from error
    return _split(table, label_column)


def _open_text(path: Path) -> TextIO:
    if path.name.lower().endswith(".gz"):
        return cast(TextIO, gzip.open(path, "rt", encoding="utf-8-sig", newline=""))
    return path.open(encoding="utf-8-sig", newline="")


def _csv_error(path: Path, names: list[str], message: str) -> InputError:
    """Arrow says "In CSV column #3: … invalid value 'x'", counting from 0; say the column's name instead."""
    marker, _, rest = message.removeprefix("In CSV column #").partition(":")
    if message.startswith("In CSV column #") and marker.isdigit() and "invalid value" in rest:
        value = rest.partition("invalid value ")[2].splitlines()[0]
        return InputError(
            f"Column {names[int(marker)]!r} of {path.name} is not numeric: it holds {value}",
            "Encode it as numbers, or leave it out",
        )
    return _not_readable(path, "CSV", message)


def _read_parquet(path: Path, label_column: str) -> pd.DataFrame:
    try:
        table = pyarrow.parquet.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        raise _not_readable(path, "Parquet", error) from error
    names = [name for name in table.column_names if not name.startswith("__index_level_")]
    _check_header(path, names, label_column)
    table = table.select(names)
    if pa.types.is_nested(table.schema.field(label_column).type):
        raise InputError(f"The labels in {path.name} are lists or records", "Give one value a row")
    for field in table.schema:
        if field.name != label_column and not _is_numeric(field.type):
            raise InputError(
                f"Column {field.name!r} of {path.name} is not numeric: it holds {field.type}",
                "Encode it as numbers, or leave it out",
            )
    return _split(table, label_column)


def _is_numeric(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind) or types.is_decimal(kind)
    )


def _split(table: pa.Table, label_column: str) -> pd.DataFrame:
    labels = tidy_labels(table[label_column].to_pylist())
    features = table.drop_columns([label_column])
    return _frame(pd.DataFrame({name: _values(features[name]) for name in features.column_names}), labels)


def _values(column: pa.ChunkedArray) -> NDArray[Any]:
    """A numeric column as numpy; missing values become NaN."""
    plain = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    if column.null_count or not plain:
        column = column.cast(pa.float64(), safe=False)
    return cast(NDArray[Any], column.to_numpy())


def _read_npz(path: Path) -> pd.DataFrame:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            missing = {"X", "y"} - set(arrays.files)
            if missing:
                raise InputError(
                    f"{path.name} has no array {sorted(missing)[0]!r} (it has: {', '.join(arrays.files)})",
                    "Save it with numpy.savez(path, X=…, y=…)",
                )
            X, y = arrays["X"], arrays["y"]
            names = arrays["feature_names"].tolist() if "feature_names" in arrays.files else None
    except InputError:
        raise
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise _not_readable(path, "NPZ", error) from error
    if X.ndim < 2 or X.dtype.kind not in "buif":
        raise InputError(
            f"X in {path.name} is of shape {X.shape} and type {X.dtype}", "Give numbers, one row a sample"
        )
    return _from_arrays(path, X, y, names)


def _read_idx_pair(path: Path, labels: Path | None) -> pd.DataFrame:
    images = read_idx(path)
    if images.ndim < 2:
        raise InputError(f"{path.name} holds labels, not images", "Give the image file; its labels are found")
    names = None
    if images.ndim == 3:
        names = [f"pixel_{row}_{column}" for row in range(images.shape[1]) for column in range(images.shape[2])]
    return _from_arrays(path, images, read_idx(labels or _sibling(path)), names)


def _sibling(images: Path) -> Path:
    """The label file beside an image file: train-images-idx3-ubyte(.gz) has train-labels-idx1-ubyte(.gz)."""
    name = images.name.replace("images", "labels").replace("idx3", "idx1")
    plain = name.removesuffix(".gz")
    for candidate in (name, plain, f"{plain}.gz"):
        if candidate != images.name and images.with_name(candidate).is_file():
            return images.with_name(candidate)
    raise InputError(f"No label file {name} lies beside {images.name}", "Put it there, or name the label file")


def _from_arrays(path: Path, X: NDArray[Any], y: NDArray[Any], names: list[str] | None) -> pd.DataFrame:
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
    _check_header(path, [*names, LABEL], LABEL)
    return _frame(
        pd.DataFrame(X, columns=names), tidy_labels((y.astype(str) if y.dtype.kind == "S" else y).tolist())
    )


def _frame(features: pd.DataFrame, labels: NDArray[Any]) -> pd.DataFrame:
    return pd.concat([features, pd.Series(labels, name=LABEL, index=features.index)], axis=1)


def _not_readable(path: Path, kind: str, error: object) -> InputError:
    cause = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
    return InputError(f"{path.name} cannot be read as {kind} ({cause})", "Give a complete file of that format")
