"""A file in blocks: all of its rows, in order."""

from pathlib import Path

import pandas as pd
import pytest

from greenlightning.errors import InputError
from tasks.predictions import blocks as module
from tasks.predictions.blocks import blocks


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_blocks_of_a_file_are_its_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    monkeypatch.setattr(module, "BLOCK_ROWS", 4)
    frame = pd.DataFrame({"a": range(10), "b": list("abcdefghij")})
    path = tmp_path / f"rows.{suffix}"
    frame.to_csv(path, index=False) if suffix == "csv" else frame.to_parquet(path)
    found = [block.frame for block in blocks(path, "label")]
    assert [len(part) for part in found] == [4, 4, 2]
    whole = pd.concat(found, ignore_index=True)
    assert whole["a"].tolist() == list(range(10)) and whole["b"].tolist() == list("abcdefghij")


def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").write_bytes(b"no parquet")
    with pytest.raises(InputError, match=r"rows\.parquet cannot be read as Parquet"):
        next(blocks(tmp_path / "rows.parquet", "label"))
