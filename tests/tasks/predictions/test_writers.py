"""Predictions as a file: complete or not there."""

from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from greenlightning.errors import InputError
from tasks.predictions.targets import STDOUT
from tasks.predictions.writers import writing

PARTS = [pa.table({"row": [1, 2], "prediction": ["a", 'b "x"']}), pa.table({"row": [3], "prediction": ["c, d"]})]


@pytest.mark.parametrize("name", ["p.csv", "p.parquet"])
def test_blocks_become_one_file(tmp_path: Path, name: str) -> None:
    with writing(tmp_path / name) as write:
        for part in PARTS:
            write(part)
            assert not (tmp_path / name).exists()
    read = pyarrow.csv.read_csv if name.endswith("csv") else pyarrow.parquet.read_table
    assert read(tmp_path / name).to_pylist() == pa.concat_tables(PARTS).to_pylist()
    assert list(tmp_path.glob("*p.*")) == [tmp_path / name]


def test_a_failure_leaves_the_file_before(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("before")
    with pytest.raises(InputError), writing(tmp_path / "p.csv") as write:
        write(PARTS[0])
        raise InputError("broken", "mend it")
    assert (tmp_path / "p.csv").read_text() == "before"
    assert list(tmp_path.glob("*p.*")) == [tmp_path / "p.csv"]


def test_standard_output_takes_csv_and_stays_open(capfd: pytest.CaptureFixture[str]) -> None:
    with writing(STDOUT) as write:
        write(PARTS[0])
    print("then text")
    assert capfd.readouterr().out == '"row","prediction"\n1,"a"\n2,"b ""x"""\nthen text\n'
