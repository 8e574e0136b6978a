"""IDX images give a column for each pixel; their labels come from the file beside them, or from the one given."""

import gzip
import math
import struct
from pathlib import Path

import pytest

from tasks.data.readers.idx_reader import read_idx_images
from tests.helpers.source_files import X, Y, by, refusal, truncated, write_idx

read = by(read_idx_images)
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def idx(path: Path, *shape: int) -> Path:
    """An IDX file of the bytes 0, 1, 2, … in that shape, gzipped if its name says so."""
    header = bytes((0, 0, 8, len(shape))) + struct.pack(f">{len(shape)}I", *shape)
    content = header + bytes(range(math.prod(shape)))
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def test_columns_are_named_by_row_and_column_of_the_pixel(tmp_path: Path) -> None:
    images = idx(tmp_path / IMAGES, 2, 2, 3)
    table = by(read_idx_images, labels=idx(tmp_path / LABELS, 2))(images).frame
    names = ["pixel_0_0", "pixel_0_1", "pixel_0_2", "pixel_1_0", "pixel_1_1", "pixel_1_2"]
    assert list(table.columns) == [*names, "label"]
    assert table.to_numpy().tolist() == [[0, 1, 2, 3, 4, 5, 0], [6, 7, 8, 9, 10, 11, 1]]


def test_vectors_are_numbered(tmp_path: Path) -> None:
    table = by(read_idx_images, labels=idx(tmp_path / LABELS, 2))(idx(tmp_path / "vectors", 2, 3)).frame
    assert list(table.columns) == ["x0", "x1", "x2", "label"]


@pytest.mark.parametrize("images", [IMAGES, f"{IMAGES}.gz"])
@pytest.mark.parametrize("labels", [LABELS, f"{LABELS}.gz"])
def test_the_label_file_is_found_beside_the_images_gzipped_or_not(
    tmp_path: Path, images: str, labels: str
) -> None:
    idx(tmp_path / labels, 3)
    assert read(idx(tmp_path / images, 3, 1, 1)).frame["label"].tolist() == [0, 1, 2]


def test_the_label_file_may_lie_elsewhere(tmp_path: Path) -> None:
    images = write_idx(tmp_path)
    elsewhere = (tmp_path / LABELS).rename(tmp_path / "answers")
    assert f"No label file {LABELS}.gz is beside {images.name}" in refusal(read, images)
    table = by(read_idx_images, labels=elsewhere)(images).frame
    assert table.drop(columns="label").to_numpy().tolist() == X.tolist()
    assert table["label"].tolist() == Y


def test_a_label_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    absent = by(read_idx_images, labels=tmp_path / "answers")
    assert "answers does not exist" in refusal(absent, idx(tmp_path / IMAGES, 2, 2, 3))


def test_a_label_file_is_no_image_file(tmp_path: Path) -> None:
    cause = refusal(read, idx(tmp_path / LABELS, 3))
    assert f"{LABELS} holds labels, not images" in cause


def test_every_image_has_one_label(tmp_path: Path) -> None:
    images = idx(tmp_path / IMAGES, 3, 2, 2)
    assert "3 samples but labels of shape (2,)" in refusal(
        by(read_idx_images, labels=idx(tmp_path / LABELS, 2)), images
    )


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    assert f"{IMAGES}.gz cannot be read" in refusal(read, truncated(write_idx)(tmp_path))
