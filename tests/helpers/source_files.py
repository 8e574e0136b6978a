"""Three samples written in every format that is read, and files that are broken in one way each."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from greenlightning.errors import InputError
from tasks.data.readers.content import Content, content_of
from tasks.data.readers.source import ReadOptions, SourceTable

X = np.array([[0.0, 200.0, 3.0, 255.0], [1.0, 7.0, 30.0, 9.0], [2.0, 5.0, 6.0, 8.0]])
Y = [4, 1, 4]
NAMES = ["pixel_0_0", "pixel_0_1", "pixel_1_0", "pixel_1_1"]


def write_csv(folder: Path) -> Path:
    frame().to_csv(folder / "a.csv", index=False)
    return folder / "a.csv"


def write_gzipped_csv(folder: Path) -> Path:
    frame().to_csv(folder / "a.csv.gz", index=False)
    return folder / "a.csv.gz"


def write_parquet(folder: Path) -> Path:
    frame().set_index(np.array([5, 3, 2])).to_parquet(folder / "a.parquet")
    return folder / "a.parquet"


def write_npz(folder: Path) -> Path:
    np.savez(folder / "a.npz", X=X.reshape(3, 2, 2), y=np.array(Y, np.uint8), feature_names=NAMES)
    return folder / "a.npz"


def write_idx(folder: Path) -> Path:
    images, labels = folder / "train-images-idx3-ubyte.gz", folder / "train-labels-idx1-ubyte"
    images.write_bytes(gzip.compress(b"\0\0\x08\x03" + struct.pack(">III", 3, 2, 2) + X.astype("u1").tobytes()))
    labels.write_bytes(b"\0\0\x08\x01" + struct.pack(">I", 3) + bytes(Y))
    return images


def write_excel(folder: Path) -> Path:
    """A workbook; it takes openpyxl."""
    frame().to_excel(folder / "a.xlsx", index=False)
    return folder / "a.xlsx"


def frame() -> pd.DataFrame:
    return pd.DataFrame(X, columns=NAMES).assign(label=Y)


def text(name: str, content: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_text(content)
        return folder / name

    return write


def npz(**arrays: object) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        np.savez(folder / "a.npz", **arrays)
        return folder / "a.npz"

    return write


def truncated(write: Callable[[Path], Path]) -> Callable[[Path], Path]:
    def cut(folder: Path) -> Path:
        path = write(folder)
        path.write_bytes(path.read_bytes()[:-20])
        return path

    return cut


def texts_in_parquet(folder: Path) -> Path:
    pq.write_table(pa.table({"a": ["x"], "label": [1]}), folder / "a.parquet")
    return folder / "a.parquet"


def twins_in_parquet(folder: Path) -> Path:
    pq.write_table(pa.table([[1], [2], [3]], names=["a", "a", "label"]), folder / "a.parquet")
    return folder / "a.parquet"


def write_feather(folder: Path) -> Path:
    frame().to_feather(folder / "a.feather")
    return folder / "a.feather"


def write_json(folder: Path) -> Path:
    frame().to_json(folder / "a.jsonl", orient="records", lines=True)
    return folder / "a.jsonl"


def write_packed(suffix: str) -> Callable[[Path], Path]:
    """Write a CSV file that is packed as its suffix says."""

    def write(folder: Path) -> Path:
        frame().to_csv(folder / f"a.csv{suffix}", index=False)
        return folder / f"a.csv{suffix}"

    return write


FORMATS = (write_csv, write_gzipped_csv, write_parquet, write_npz, write_idx)


def by(reader: Callable[[Content, ReadOptions], SourceTable], **options: Any) -> Callable[[Path], SourceTable]:
    """A function that reads a path with one reader."""
    return lambda path: reader(content_of(path), ReadOptions(**options))


def refusal(read: Callable[..., object], *arguments: object) -> str:
    """The one line in which ``read`` refuses a file."""
    with pytest.raises(InputError) as caught:
        read(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)
