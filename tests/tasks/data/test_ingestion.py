"""The same content lands once under one name, whatever file it came in; anything else is one clear line."""

import gzip
import json
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from greenlightning.data.batch import content_id
from greenlightning.errors import InputError
from tasks.data import ingestion
from tasks.data.ingestion import feature_names, land, load_batch, read_table, waiting

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
    frame().set_index(np.array([5, 3, 1])).to_parquet(folder / "a.parquet")
    return folder / "a.parquet"


def write_npz(folder: Path) -> Path:
    np.savez(folder / "a.npz", X=X.reshape(3, 2, 2), y=np.array(Y, np.uint8), feature_names=NAMES)
    return folder / "a.npz"


def write_idx(folder: Path) -> Path:
    images, labels = folder / "train-images-idx3-ubyte.gz", folder / "train-labels-idx1-ubyte"
    images.write_bytes(gzip.compress(b"\0\0\x08\x03" + struct.pack(">III", 3, 2, 2) + X.astype("u1").tobytes()))
    labels.write_bytes(b"\0\0\x08\x01" + struct.pack(">I", 3) + bytes(Y))
    return images


def frame() -> pd.DataFrame:
    return pd.DataFrame(X, columns=NAMES).assign(label=Y)


def text(name: str, content: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_text(content)
        return folder / name

    return write


@pytest.mark.parametrize("write", [write_csv, write_gzipped_csv, write_parquet, write_npz, write_idx])
def test_every_format_lands_as_the_same_batch(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    batch = land.fn(write(tmp_path), "d")
    assert batch.id == content_id(X, Y)
    assert batch.path.name == f"{batch.id}.parquet"
    assert feature_names(batch.path) == tuple(NAMES)
    inputs, labels = load_batch(batch.path)
    assert np.array_equal(inputs, X)
    assert labels.tolist() == Y


def test_content_lands_once_with_its_first_provenance(tmp_path: Path) -> None:
    first = land.fn(write_csv(tmp_path), "d")
    written = first.path.stat().st_mtime_ns
    assert land.fn(write_npz(tmp_path), "d") == first
    assert first.path.stat().st_mtime_ns == written
    assert waiting("d") == [first]
    assert (first.source, first.rows) == ("a.csv", 3)
    metadata = json.loads(pq.read_schema(first.path).metadata[ingestion.PROVENANCE])
    assert metadata == {"source": "a.csv", "rows": 3, "landed_at": first.landed_at}


def test_the_same_content_and_provenance_are_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingestion, "_iso", lambda moment: "2026-01-01T00:00:00.000000+00:00")
    one, other = (land.fn(write_csv(tmp_path), dataset).path for dataset in ("one", "other"))
    assert one.read_bytes() == other.read_bytes()


def test_corrected_column_names_replace_the_waiting_file(tmp_path: Path) -> None:
    land.fn(text("a.csv", "a,b,label\n1,2,0\n")(tmp_path), "d")
    batch = land.fn(text("a.csv", "a,c,label\n1,2,0\n")(tmp_path), "d")
    assert feature_names(batch.path) == ("a", "c")
    assert len(waiting("d")) == 1


@pytest.mark.parametrize(
    ("values", "stored", "opened"),
    [
        ([0, 255], "uint8", np.float32),
        ([0.5, -1], "float", np.float32),
        ([0.5, float("nan")], "float", np.float32),
        ([256, 3], "float", np.float32),
        ([0.1, 3], "double", np.float64),
        ([2.0**24 + 1, 3], "double", np.float64),
        ([1e300, 3], "double", np.float64),
    ],
)
def test_features_are_stored_in_the_smallest_type_that_loses_nothing(
    tmp_path: Path, values: list[float], stored: str, opened: type
) -> None:
    np.savez(tmp_path / "a.npz", X=np.array(values).reshape(2, 1), y=[0, 1])
    batch = land.fn(tmp_path / "a.npz", "d")
    assert str(pq.read_schema(batch.path).field("x0").type) == stored
    inputs, _ = load_batch(batch.path)
    assert inputs.dtype == opened
    assert np.array_equal(inputs[:, 0], values, equal_nan=True)


@pytest.mark.parametrize(
    ("column", "labels"),
    [
        ("1,2", [1, 2]),
        ("1.0,2.0", [1, 2]),
        ("1.5,2", [1.5, 2.0]),
        ("NA,None", ["NA", "None"]),
        ("007,1", ["007", "1"]),
        ("no,yes", ["no", "yes"]),
        (",1", [None, 1]),
    ],
)
def test_labels_mean_what_they_say(tmp_path: Path, column: str, labels: list[object]) -> None:
    first, second = column.split(",")
    batch = land.fn(text("a.csv", f"x,species\n1,{first}\n2,{second}\n")(tmp_path), "d", "species")
    assert load_batch(batch.path)[1].tolist() == labels


def test_the_label_file_of_images_may_be_named(tmp_path: Path) -> None:
    images = write_idx(tmp_path)
    elsewhere = tmp_path / "answers"
    (tmp_path / "train-labels-idx1-ubyte").rename(elsewhere)
    with pytest.raises(InputError, match="No label file train-labels-idx1-ubyte"):
        read_table(images)
    assert read_table(images, labels=elsewhere)["label"].tolist() == Y


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


@pytest.mark.parametrize(
    ("write", "cause"),
    [
        (lambda folder: folder / "absent.csv", "does not exist"),
        (lambda folder: folder, "not a file"),
        (text("a.txt", "1 2 3"), "no known format"),
        (text("a.csv", ""), "is empty"),
        (text("a.csv", "a,label\n"), "has no rows"),
        (text("a.csv", "label\n1\n"), "no feature columns"),
        (text("a.csv", "a,b\n1,2\n"), r"no label column 'label' \(its columns: a, b\)"),
        (npz(X=X[:, :0], y=Y), "no feature columns"),
        (text("a.csv", "a,a,label\n1,2,3\n"), "several columns called 'a'"),
        (text("a.csv", ",a,label\n0,1,2\n"), "Column 1 of a.csv has no name"),
        (
            text("a.csv", "a,colour,label\n1,red,2\n"),
            "Column 'colour' of a.csv is not numeric: it holds 'red'",
        ),
        (text("a.csv", "a,b,label\n1,2\n"), "cannot be read as CSV"),
        (text("a.parquet", "a,label\n1,2\n"), "cannot be read as Parquet"),
        (truncated(write_parquet), "cannot be read as Parquet"),
        (texts_in_parquet, "Column 'a' of a.parquet is not numeric: it holds string"),
        (twins_in_parquet, "several columns called 'a'"),
        (text("a.npz", "PK"), "cannot be read as NPZ"),
        (truncated(write_npz), "cannot be read as NPZ"),
        (npz(X=X), "no array 'y'"),
        (npz(X=X, y=[1, 2]), "3 samples but labels of shape"),
        (npz(X=X.astype(str), y=Y), "X in a.npz is of shape"),
        (npz(X=X[:0], y=Y[:0]), "has no rows"),
        (npz(X=X, y=np.array([1, "a", None], dtype=object)), "cannot be read as NPZ"),
        (truncated(write_idx), "cannot be read"),
    ],
)
def test_bad_input_is_one_clear_line(
    tmp_path: Path, home: Path, write: Callable[[Path], Path], cause: str
) -> None:
    path = write(tmp_path)
    with pytest.raises(InputError, match=cause) as caught:
        land.fn(path, "d")
    assert "\n" not in str(caught.value)
    assert not (home / "data").exists()


def test_binary_garbage_is_no_csv(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(bytes(range(256)) * 10)
    with pytest.raises(InputError, match=r"a\.csv"):
        read_table(tmp_path / "a.csv")


def test_a_feature_called_label_is_not_mixed_up_with_the_labels(tmp_path: Path) -> None:
    path = text("a.csv", "label,kind\n1,2\n")(tmp_path)
    with pytest.raises(InputError, match="a feature column called 'label' beside the labels in 'kind'"):
        read_table(path, "kind")


def test_a_dataset_name_cannot_leave_the_workspace(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not allowed"):
        land.fn(write_csv(tmp_path), "../outside")


def test_a_landing_killed_while_writing_leaves_no_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(table: object, path: Path, **options: object) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    path = write_csv(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("pyarrow.parquet.write_table", die)
        with pytest.raises(KeyboardInterrupt):
            land.fn(path, "d")
    assert waiting("d") == []
    assert land.fn(path, "d").rows == 3


def test_a_damaged_waiting_batch_is_listed_without_rows_and_refused_by_name(tmp_path: Path) -> None:
    batch = land.fn(write_csv(tmp_path), "d")
    batch.path.write_bytes(batch.path.read_bytes()[:-9])
    assert [(found.id, found.rows) for found in waiting("d")] == [(batch.id, 0)]
    with pytest.raises(InputError, match=f"{batch.id}.parquet cannot be opened"):
        load_batch(batch.path)
    assert land.fn(tmp_path / "a.csv", "d").rows == 3


def test_a_parquet_that_never_landed_is_no_batch(tmp_path: Path) -> None:
    texts_in_parquet(tmp_path)
    with pytest.raises(InputError, match="of type string"):
        load_batch(tmp_path / "a.parquet")
    pq.write_table(pa.table({"a": [1.0]}), tmp_path / "b.parquet")
    with pytest.raises(InputError, match="no column 'label'"):
        load_batch(tmp_path / "b.parquet")
