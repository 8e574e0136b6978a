"""A file in blocks: all of its rows, in order."""

from pathlib import Path

import pandas as pd
import pytest

from greenlightning.errors import InputError
from tasks.data.reading import ReadOptions, read_table
from tasks.predictions import blocks as module
from tasks.predictions.blocks import blocks


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_blocks_of_a_file_are_its_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    monkeypatch.setattr(module, "BLOCK_ROWS", 4)
    frame = pd.DataFrame({"a": range(10), "b": list("abcdefghij")})
    path = tmp_path / f"rows.{suffix}"
    frame.to_csv(path, index=False) if suffix == "csv" else frame.to_parquet(path)
    found = [block.frame for block in blocks(path, ReadOptions())]
    assert [len(part) for part in found] == [4, 4, 2]
    whole = pd.concat(found, ignore_index=True)
    assert whole["a"].tolist() == list(range(10)) and whole["b"].tolist() == list("abcdefghij")


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text is cut after some hundred bytes."""
    monkeypatch.setattr(module, "TEXT_BYTES", 300)


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_text_in_pieces_is_the_text_read_whole(tmp_path: Path, separator: str) -> None:
    """Quoted cells hold separators and line ends: no cell is torn."""
    names = [f'a{separator}"b"\nc{number}' if number % 3 else f"plain {number}" for number in range(60)]
    frame = pd.DataFrame({"name": names, "x": [number / 8 for number in range(60)], "gap": [1.0, None] * 30})
    path = tmp_path / "rows.csv"
    frame.to_csv(path, index=False, sep=separator)
    found = [block.frame for block in blocks(path, ReadOptions())]
    assert len(found) >= 4
    pd.testing.assert_frame_equal(pd.concat(found, ignore_index=True), read_table(path).frame, check_dtype=False)


@pytest.mark.usefixtures("small_pieces")
def test_the_decimal_sign_of_the_first_piece_holds_for_all(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    pd.DataFrame({"a": 1, "x": [1.5] * 80 + [1234.0] * 80}).to_csv(path, index=False, decimal=",", sep=";")
    found = pd.concat([block.frame for block in blocks(path, ReadOptions())], ignore_index=True)
    assert found["x"].tolist() == [1.5] * 80 + [1234.0] * 80


@pytest.mark.usefixtures("small_pieces")
def test_a_torn_row_in_a_later_piece_is_named_by_its_row_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n" + "1,2\n" * 200 + "1,2,3\n")
    with pytest.raises(InputError, match=r"Row 201 of rows\.csv has 3 cells"):
        list(blocks(path, ReadOptions()))


def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").write_bytes(b"no parquet")
    with pytest.raises(InputError, match=r"rows\.parquet cannot be read as Parquet"):
        next(blocks(tmp_path / "rows.parquet", ReadOptions()))


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv cannot be read \(No such file"):
        next(blocks(tmp_path / "none.csv", "label"))
