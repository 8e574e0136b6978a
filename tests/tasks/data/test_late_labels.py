"""Labels that come later are joined by an identifier; nothing is guessed and nothing is lost."""

from pathlib import Path

import pandas as pd
import pytest

from greenlightning.errors import InputError
from tasks.data.late_labels import hold, join_labels, settle, unlabelled
from tasks.data.reading import ReadOptions


def csv(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


@pytest.fixture
def monday(tmp_path: Path) -> Path:
    return csv(tmp_path, "monday.csv", "order,price\n1,10.5\n2,11.5\n3,12.5\n")


def test_a_file_waits_until_every_row_has_a_label(monday: Path, tmp_path: Path) -> None:
    held = hold(monday, "orders", ReadOptions())
    assert hold(monday, "orders", ReadOptions()) == held
    assert [str(one) for one in unlabelled("orders")] == ["monday.csv: 0 of 3 rows have labels"]
    some = csv(tmp_path, "labels.csv", "order,label\n3,late\n1,good\n9,good\n")
    joined = join_labels(some, "orders", "order", tmp_path / "scratch")
    assert joined.ready == () and joined.waiting[0].labelled == 2
    assert joined.notes == ("no waiting row has the order 9 of labels.csv",)
    rest = csv(tmp_path, "rest.csv", "order,label\n2,good\n")
    [(one, path)] = join_labels(rest, "orders", "order", tmp_path / "scratch").ready
    frame = pd.read_parquet(path)
    assert (path.name, frame["label"].tolist()) == ("monday.parquet", ["good", "good", "late"])
    assert frame["price"].tolist() == [10.5, 11.5, 12.5]
    settle(one)
    assert unlabelled("orders") == []


def test_the_rows_with_labels_may_go_first(monday: Path, tmp_path: Path) -> None:
    hold(monday, "orders", ReadOptions())
    labels = csv(tmp_path, "labels.csv", "order,label\n3,late\n")
    [(one, path)] = join_labels(labels, "orders", "order", tmp_path / "scratch", partial=True).ready
    assert pd.read_parquet(path)["order"].tolist() == [3]
    settle(one)
    assert [(left.rows, left.labelled) for left in unlabelled("orders")] == [(2, 0)]


def test_numbers_and_text_name_the_same_row(monday: Path, tmp_path: Path) -> None:
    hold(monday, "orders", ReadOptions())
    labels = tmp_path / "labels.parquet"
    pd.DataFrame({"order": [1.0, 2.0, 3.0], "label": [0, 1, 0]}).to_parquet(labels, index=False)
    [(_, path)] = join_labels(labels, "orders", "order", tmp_path / "scratch").ready
    assert pd.read_parquet(path)["label"].tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("labels", "fault"),
    [
        (
            "order,label\n1,good\n1,late\n",
            "The order 1 is twice: in row 1 of labels.csv and in row 2",
        ),
        ("order,verdict\n1,good\n", "labels.csv has no column 'label'"),
        ("order,label\n,good\n", "labels.csv has no order in row 1"),
    ],
)
def test_labels_that_name_no_single_row_are_refused(monday: Path, tmp_path: Path, labels: str, fault: str) -> None:
    hold(monday, "orders", ReadOptions())
    with pytest.raises(InputError, match=fault):
        join_labels(csv(tmp_path, "labels.csv", labels), "orders", "order", tmp_path / "scratch")


def test_another_label_for_the_same_row_is_refused(monday: Path, tmp_path: Path) -> None:
    hold(monday, "orders", ReadOptions())
    join_labels(csv(tmp_path, "first.csv", "order,label\n1,good\n"), "orders", "order", tmp_path / "scratch")
    other = csv(tmp_path, "other.csv", "order,label\n1,late\n")
    with pytest.raises(InputError, match=r"other.csv labels 1 as late, and it was good before"):
        join_labels(other, "orders", "order", tmp_path / "scratch")


def test_without_a_waiting_file_there_is_nothing_to_label(tmp_path: Path) -> None:
    labels = csv(tmp_path, "labels.csv", "order,label\n1,good\n")
    with pytest.raises(InputError, match="No file of 'orders' waits for labels"):
        join_labels(labels, "orders", "order", tmp_path / "scratch")


def test_a_file_with_labels_does_not_wait_for_them(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has labels already"):
        hold(csv(tmp_path, "full.csv", "order,label\n1,good\n"), "orders", ReadOptions())


def test_labels_that_no_waiting_row_has_are_refused_and_nothing_changes(monday: Path, tmp_path: Path) -> None:
    hold(monday, "orders", ReadOptions())
    others = csv(tmp_path, "others.csv", "order,label\n98,good\n99,late\n")
    with pytest.raises(
        InputError, match=r"No waiting row has the order 98, 99 of others.csv. The waiting rows have"
    ):
        join_labels(others, "orders", "order", tmp_path / "scratch")
    with pytest.raises(InputError, match=r"No waiting file has a column 'trip' \(columns of monday.csv: order"):
        join_labels(others, "orders", "trip", tmp_path / "scratch")
    assert [one.labelled for one in unlabelled("orders")] == [0]
