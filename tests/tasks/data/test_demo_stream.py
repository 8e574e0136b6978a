"""The demonstration's files: the training set in pieces, one slanted, one with missing cells, and the holdout."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from greenlightning.data.datasets import load
from tasks.data.demo_stream import Part, slanted, write_stream

DATA = load("digits")
COLUMNS = list(DATA.feature_names)


@pytest.fixture
def stream(tmp_path: Path) -> tuple[Part, list[Part]]:
    return write_stream.fn("digits", tmp_path / "sources", 3)


def test_half_of_the_rows_are_the_base_and_the_batches_share_the_rest(stream: tuple[Part, list[Part]]) -> None:
    _, parts = stream
    assert [part.name for part in parts] == ["base", "batch 1", "batch 2", "slanted", "corrupt"]
    assert [part.path.name for part in parts[:3]] == ["base.parquet", "batch-1.parquet", "batch-2.parquet"]
    assert [len(pd.read_parquet(part.path)) for part in parts] == [674, 225, 224, 224, 225]


def test_no_row_of_the_training_set_comes_twice_or_is_lost(stream: tuple[Part, list[Part]]) -> None:
    frames = [pd.read_parquet(part.path) for part in stream[1][:4]]
    assert sorted(np.concatenate([frame["label"] for frame in frames])) == sorted(DATA.y_train)
    plain = np.concatenate([frame[COLUMNS] for frame in frames[:3]])
    known = {row.tobytes() for row in DATA.X_train}
    assert len({row.tobytes() for row in plain}) == len(plain) and known.issuperset(row.tobytes() for row in plain)


def test_the_holdout_is_the_test_set(stream: tuple[Part, list[Part]]) -> None:
    holdout = pd.read_parquet(stream[0].path)
    assert list(holdout.columns) == [*COLUMNS, "label"]
    assert np.array_equal(holdout[COLUMNS], DATA.X_test)
    assert np.array_equal(holdout["label"], DATA.y_test)


def test_the_last_file_is_the_first_batch_with_its_pixels_divided_by_255(stream: tuple[Part, list[Part]]) -> None:
    sound, corrupt = (pd.read_parquet(stream[1][index].path) for index in (1, 4))
    assert np.allclose(255 * corrupt.drop(columns="label"), sound.drop(columns="label"), rtol=1e-12)
    assert corrupt["label"].equals(sound["label"])


def test_the_same_stream_is_written_again(stream: tuple[Part, list[Part]], tmp_path: Path) -> None:
    again = write_stream.fn("digits", tmp_path / "again", 3)
    for one, other in zip([stream[0], *stream[1]], [again[0], *again[1]], strict=True):
        assert one.path.read_bytes() == other.path.read_bytes()


def test_a_slanted_stroke_turns_about_its_centre_in_whole_grey_levels() -> None:
    """Turn and shear displace a pixel three rows from the centre by 3 * (tan 12 degrees + 0.15) = 1.1 columns."""
    stroke = np.zeros((9, 9))
    stroke[:, 4] = 200
    (turned,) = slanted(stroke.reshape(1, 81)).reshape(1, 9, 9)
    columns = turned @ np.arange(9) / turned.sum(axis=1)
    assert turned[4, 4] == 200
    assert columns[1] - columns[7] == pytest.approx(2.18, abs=0.1)
    assert np.array_equal(turned, np.rint(turned))
