"""A folder of Parquet files is one batch: summed part by part, it has the digest of one table in memory."""

import sys
from pathlib import Path
from subprocess import run

import pytest

from greenlightning.errors import InputError, IntegrityError
from greenlightning.linear.statistics import Statistics
from greenlightning.tables import conform
from tasks.federation import large_tables
from tasks.federation.large_tables import in_this_process, sum_table, table_of
from tests.helpers.federation.published_table import ROWS, TABLE, in_files, publication


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_tables, "PART_ROWS", 60)


def summed(folder: Path, place: Path) -> tuple[Statistics, Statistics]:
    """The sums of a folder, and those of the table in memory."""
    model = publication(place)
    assert model.encoder is not None
    table = conform(TABLE, model.encoder.schema)
    return (
        sum_table(model, place, table_of(folder), in_this_process),
        model.collect(model.encoder.transform(table.columns), table.y),
    )


def test_part_by_part_is_the_digest_of_the_whole_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_tables, "BLOCK_CELLS", 1)
    table = table_of(in_files(tmp_path / "table"))
    assert [part.first for part in table.parts] == [0, 75] * 6, "files of 100 rows in groups of 25"
    parts, whole = summed(tmp_path / "table", tmp_path / "publication")
    assert (parts.n, parts.digest) == (ROWS, whole.digest)


def test_folders_that_name_a_value_are_a_column(tmp_path: Path) -> None:
    for city, rows in TABLE.groupby("city"):
        place = tmp_path / "table" / f"city={city}"
        place.mkdir(parents=True)
        rows.drop(columns="city").to_parquet(place / "0.parquet", index=False)
    parts, whole = summed(tmp_path / "table", tmp_path / "publication")
    assert parts.digest == whole.digest


def test_a_batch_is_named_by_its_files_and_not_by_their_names(tmp_path: Path) -> None:
    one = table_of(in_files(tmp_path / "one"))
    other = in_files(tmp_path / "other")
    (other / "part-0.parquet").rename(other / "z.parquet")
    (other / "_SUCCESS").touch()
    assert table_of(other).id == one.id
    (other / "z.parquet").unlink()
    assert table_of(other).id != one.id


def test_a_folder_of_dvc_has_its_md5_and_is_refused_where_it_has_changed(tmp_path: Path) -> None:
    folder = in_files(tmp_path / "table")
    for command in (["init", "--no-scm", "-q"], ["add", "-q", "table"]):
        run([sys.executable, "-m", "dvc", *command], cwd=tmp_path, check=True)
    pointer = tmp_path / "table.dvc"
    assert table_of(pointer) == table_of(folder)
    assert table_of(folder).md5 in pointer.read_text()
    (folder / "part-0.parquet").unlink()
    with pytest.raises(IntegrityError, match=r"holds other files than DVC knows"):
        table_of(folder)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    with pytest.raises(InputError, match="Fetch it with: dvc pull"):
        table_of(pointer)


def test_a_cell_that_cannot_be_read_is_named_by_file_and_row(tmp_path: Path) -> None:
    folder = in_files(tmp_path / "table")
    place = folder / "part-5.parquet"
    rows = TABLE.iloc[500:].astype({"size": object})
    rows.iloc[80, 0] = "large"
    rows.astype({"size": "str"}).to_parquet(place, index=False, row_group_size=25)
    with pytest.raises(InputError, match=r"Row 81, column 'size' of part-5.parquet holds 'large', not a number"):
        summed(folder, tmp_path / "publication")
    rows = TABLE.iloc[500:].copy()
    rows.iloc[90, 3] = None
    rows.to_parquet(place, index=False, row_group_size=25)
    with pytest.raises(InputError, match=r"Row 91 of part-5.parquet has no label"):
        summed(folder, tmp_path / "second")


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no Parquet file"):
        table_of(tmp_path / "empty")
    with pytest.raises(InputError, match="is not a folder that is there"):
        table_of(tmp_path / "nowhere")
    (tmp_path / "empty" / "a.parquet").write_text("a,b")
    with pytest.raises(InputError, match=r"a.parquet cannot be read as Parquet"):
        table_of(tmp_path / "empty")
