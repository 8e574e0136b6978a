"""The same content lands once under one name, whatever file it came in; anything else is one clear line."""

import json
from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from greenlightning.data.batch import content_id
from greenlightning.errors import InputError
from tasks.data import batch_files, ingestion
from tasks.data.batch_files import feature_names, read_content, waiting
from tasks.data.ingestion import land
from tasks.data.schemas import Declared
from tests.helpers.source_files import FORMATS, NAMES, X, Y, text, write_csv, write_npz


@pytest.mark.parametrize("write", FORMATS)
def test_every_format_lands_as_the_same_batch(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    batch = land.fn(write(tmp_path), "d")
    assert batch.id == content_id(X, Y)
    assert batch.path.name == f"{batch.id}.parquet"
    assert feature_names(batch.path) == tuple(NAMES)
    content = read_content(batch.path)
    assert np.array_equal(content.numbers, X)
    assert content.y.tolist() == Y


def test_content_lands_once_with_its_first_provenance(tmp_path: Path) -> None:
    first = land.fn(write_csv(tmp_path), "d")
    written = first.path.stat().st_mtime_ns
    assert land.fn(write_npz(tmp_path), "d") == first
    assert first.path.stat().st_mtime_ns == written
    assert waiting("d") == [first]
    assert (first.source, first.rows) == ("a.csv", 3)
    metadata = json.loads(pq.read_schema(first.path).metadata[batch_files.PROVENANCE])
    assert metadata == {"source": "a.csv", "rows": 3, "landed_at": first.landed_at, "label": "label"}


def test_the_same_content_and_provenance_are_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Clock":
            return cls(2026, 1, 1, tzinfo=tz)

    monkeypatch.setattr(ingestion, "datetime", Clock)
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
    inputs = read_content(batch.path).numbers
    assert inputs.dtype == opened
    assert np.array_equal(inputs[:, 0], values, equal_nan=True)


def test_labels_keep_their_type(tmp_path: Path) -> None:
    batch = land.fn(text("a.csv", "x,species\n1,007\n2,\n")(tmp_path), "d", Declared(label="species"))
    assert read_content(batch.path).y.tolist() == ["007", None]


def test_a_file_that_is_refused_leaves_nothing_behind(tmp_path: Path, home: Path) -> None:
    with pytest.raises(InputError, match="has no rows"):
        land.fn(text("a.csv", "a,label\n")(tmp_path), "d")
    assert not (home / "data").exists()


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
        read_content(batch.path)
    assert land.fn(tmp_path / "a.csv", "d").rows == 3


def test_a_parquet_that_never_landed_is_no_batch(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1], "label": [1]}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match="of type int64"):
        read_content(tmp_path / "a.parquet")
    pq.write_table(pa.table({"a": [1.0]}), tmp_path / "b.parquet")
    with pytest.raises(InputError, match="no column 'label'"):
        read_content(tmp_path / "b.parquet")


@pytest.mark.parametrize(
    ("cells", "labels"),
    [
        ([[0, 255], [3, 7]], [0, 1]),
        ([[0.5, -1.0], [2.25, 7.0]], ["cat", "dog"]),
        ([[0.1, 1e300], [float("nan"), 7.0]], [1.5, 2.0]),
    ],
)
def test_the_content_that_landing_hands_on_is_that_of_its_file(
    tmp_path: Path, cells: list[list[float]], labels: list[object]
) -> None:
    np.savez(tmp_path / "made.npz", X=np.array(cells), y=np.array(labels))
    batch = land.fn(tmp_path / "made.npz", "d")
    handed_on, on_disk = batch.content, read_content(batch.path)
    assert np.array_equal(handed_on.numbers, on_disk.numbers, equal_nan=True)
    assert (handed_on.numbers.dtype, handed_on.y.dtype) == (on_disk.numbers.dtype, on_disk.y.dtype)
    assert handed_on.y.tolist() == on_disk.y.tolist()
    assert handed_on.features == on_disk.features == ("x0", "x1")
    assert handed_on.classes == labels


def test_a_landed_batch_is_not_read_again(tmp_path: Path) -> None:
    np.savez(tmp_path / "made.npz", X=np.arange(20.0).reshape(10, 2), y=[0, 1] * 5)
    batch = land.fn(tmp_path / "made.npz", "d")
    batch.path.unlink()
    assert batch.content.numbers.shape == (10, 2)
    assert batch.content.classes == [0, 1]


def test_a_feature_called_label_stands_beside_the_labels(tmp_path: Path) -> None:
    file = tmp_path / "parcels.csv"
    file.write_text("label,weight,arrival\n" + "blue,1.5,late\nred,2.5,on time\n" * 10)
    landed = land.fn(file, "parcels", Declared(label="arrival"))
    content = read_content(landed.path)
    assert content.features == feature_names(landed.path) == ("label", "weight")
    assert content.frame["label"].tolist()[:2] == ["blue", "red"]
    assert content.y.tolist()[:2] == ["late", "on time"]
    assert land.fn(file, "parcels").id == landed.id


def test_a_file_is_read_once_for_as_long_as_it_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch, read = land.fn(write_csv(tmp_path), "d"), list[Path]()
    content_of = batch_files._content_of

    def counted(path: Path) -> batch_files.BatchContent:
        read.append(path)
        return content_of(path)

    monkeypatch.setattr(batch_files, "_content_of", counted)
    first = read_content(batch.path)
    first.frame.loc[0, NAMES[0]] = 99.0
    first.y[:] = first.y[0]
    again = read_content(batch.path)
    assert len(read) == 1
    assert np.array_equal(again.numbers, X) and again.y.tolist() == Y
    other = land.fn(text("b.csv", "a,label\n1,x\n2,y\n3,x\n")(tmp_path), "other")
    batch.path.write_bytes(other.path.read_bytes())
    assert read_content(batch.path).features == ("a",)
    batch.path.write_bytes(b"torn")
    with pytest.raises(InputError, match="cannot be opened"):
        read_content(batch.path)


def test_a_large_file_is_not_kept_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_files, "LARGEST_KEPT", 0)
    batch = land.fn(write_csv(tmp_path), "d")
    kept = batch_files._kept.cache_info().currsize
    assert np.array_equal(read_content(batch.path).numbers, X)
    assert batch_files._kept.cache_info().currsize == kept
