"""What is wrong with files is decided before a flow run starts."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tasks.data.preflight import check_files
from tasks.data.reading import DETECTED, ReadOptions, read_table
from tasks.data.schemas import DECLARED
from tests.helpers.source_files import refusal, text, write_csv


def check(*paths: Path, dataset: str = "d") -> None:
    check_files(paths, dataset, DECLARED, None, DETECTED)


def test_a_sound_file_passes_and_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_csv(tmp_path)
    check(path)
    monkeypatch.setattr("tasks.data.reading.content_of", None)
    assert len(read_table(path, ReadOptions()).frame) == 3


def test_a_file_that_changed_since_is_read_again(tmp_path: Path) -> None:
    path = write_csv(tmp_path)
    check(path)
    text("a.csv", "a,label\n1,2\n")(tmp_path)
    assert len(read_table(path, ReadOptions()).frame) == 1


@pytest.mark.parametrize(
    ("content", "cause"),
    [("a,b\n1,2\n", "a.csv has no label column 'label'"), ("a,label\n1\n", "Row 1 of a.csv has 1 cell")],
)
def test_a_file_that_cannot_be_used_is_refused(content: str, cause: str, tmp_path: Path) -> None:
    assert cause in refusal(check, text("a.csv", content)(tmp_path))


def test_labels_that_cannot_be_learnt_are_refused_with_the_file(tmp_path: Path) -> None:
    days = pd.date_range("2026-01-01", periods=2)
    pd.DataFrame({"a": [1, 2], "label": days}).to_parquet(tmp_path / "a.parquet")
    assert "a.parquet: Labels of type Timestamp cannot be learnt" in refusal(check, tmp_path / "a.parquet")


def test_one_of_several_may_be_bad_and_not_all(tmp_path: Path) -> None:
    bad, worse = text("bad.csv", "a,b\n1,2\n")(tmp_path), text("worse.csv", "")(tmp_path)
    check(bad, write_csv(tmp_path))
    assert "None of the 2 files can be used: bad.csv has no label column" in refusal(check, bad, worse)


def test_the_name_of_the_dataset_is_checked_too(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not allowed"):
        check(write_csv(tmp_path), dataset="../x")


def test_nothing_heavy_is_imported() -> None:
    heavy = "{'prefect', 'mlflow', 'torch', 'sklearn', 'great_expectations', 'dvc'}"
    command = f"import sys, tasks.data.preflight; sys.exit(' '.join({heavy} & {{*sys.modules}}))"
    found = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=False)
    assert found.stderr.strip() == ""
