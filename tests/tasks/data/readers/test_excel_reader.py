"""A sheet of an Excel workbook is read as people leave it; without openpyxl it is refused in a line."""

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from greenlightning.errors import InputError
from tasks.data.readers import excel_reader
from tasks.data.readers.content import Content
from tasks.data.readers.excel_reader import read_excel
from tasks.data.reading import ReadOptions, SourceTable, read_table
from tests.helpers.source_files import by, refusal

openpyxl = pytest.importorskip("openpyxl")


def sheet(tmp_path: Path, *rows: list[object], merged: str = "") -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if merged:
        book.active.merge_cells(merged)
    book.save(tmp_path / "a.xlsx")
    return tmp_path / "a.xlsx"


def read(path: Path, **options: str) -> SourceTable:
    return read_table(path, ReadOptions(**options))  # type: ignore[arg-type]


def test_without_openpyxl_it_is_to_be_saved_as_csv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel_reader, "find_spec", lambda name: None)
    content = Content(Path("a.xlsx"), b"PK")
    assert "a.xlsx is an Excel workbook. Save it as CSV" in refusal(read_excel, content, None)


@pytest.fixture
def two_sheets(tmp_path: Path) -> Path:
    with pd.ExcelWriter(tmp_path / "a.xlsx") as workbook:
        pd.DataFrame({"a": [1.5, None], "label": ["x", "y"]}).to_excel(workbook, sheet_name="days")
        pd.DataFrame({"a": [7, 8], "label": ["u", "v"]}).to_excel(workbook, sheet_name="other", index=False)
    return tmp_path / "a.xlsx"


def test_the_first_sheet_is_read_and_a_note_says_that_there_are_others(two_sheets: Path) -> None:
    table = by(read_excel)(two_sheets)
    assert table.frame["label"].tolist() == ["x", "y"]
    assert (table.frame["a"][0], table.frame["a"].isna().tolist()) == (1.5, [False, True])
    assert list(table.frame.columns) == ["a", "label"]
    assert table.notes[0] == "sheet 'days' of 2; choose another with --sheet"


@pytest.mark.parametrize("named", ["other", "2"])
def test_another_sheet_is_chosen_by_name_or_number(two_sheets: Path, named: str) -> None:
    table = read(two_sheets, sheet=named)
    assert (table.frame["a"].tolist(), table.notes) == ([7, 8], ())


def test_a_sheet_that_does_not_exist_is_named_with_those_that_do(two_sheets: Path) -> None:
    with pytest.raises(InputError, match=r"a.xlsx has no sheet 'third'. Its sheets are days, other"):
        read(two_sheets, sheet="third")


def test_an_empty_sheet_is_refused_and_the_others_are_named(tmp_path: Path) -> None:
    path = sheet(tmp_path, ["Cover"], [], ["made by", "Jo"])
    with pytest.raises(InputError, match=r"Sheet 'Sheet' of a.xlsx has no rows. Give at least one sample"):
        read(path)
    book = openpyxl.load_workbook(path)
    book.create_sheet("orders").append(["unit", "label"])
    book.save(path)
    with pytest.raises(InputError, match=r"has no rows. Name another with --sheet: orders"):
        read(path)


def test_lines_above_the_header_are_left_out(tmp_path: Path) -> None:
    path = sheet(tmp_path, ["Sales 2026"], [], ["unit", "price", "label"], ["a", 1.5, "x"], ["b", 2, "y"])
    table = read(path)
    assert table.frame.to_dict("list") == {"unit": ["a", "b"], "price": [1.5, 2.0], "label": ["x", "y"]}
    assert "1 line above the header left out" in table.notes


def test_the_cells_of_a_merged_range_all_have_its_value(tmp_path: Path) -> None:
    rows = [["shop", "price", "label"], ["north", 1, "x"], [None, 2, "y"], ["south", 3, "x"]]
    table = read(sheet(tmp_path, *rows, merged="A2:A3"))
    assert table.frame["shop"].tolist() == ["north", "north", "south"]
    assert table.notes == ("the cells of 1 merged range all have its value",)


def test_text_is_read_as_in_a_csv_file_and_types_are_kept(tmp_path: Path) -> None:
    day = datetime(2026, 11, 29)
    rows = [["share", "price", "day", "late", "n", "label"]]
    rows += [["12,5 %", "€ 1.234,50", day, True, 3, "x"], ["3,0 %", "€ 2,00", day, False, "?", "y"]]  # type: ignore[list-item]
    table = read(sheet(tmp_path, *rows))  # type: ignore[arg-type]
    assert table.frame["share"].tolist() == [12.5, 3.0]
    assert table.frame["price"].tolist() == [1234.5, 2.0]
    assert table.frame["day"].tolist() == [pd.Timestamp(day)] * 2
    assert table.frame["late"].tolist() == [True, False]
    assert table.frame["n"].isna().tolist() == [False, True]


def test_a_column_without_name_or_value_is_no_column(tmp_path: Path) -> None:
    table = read(sheet(tmp_path, ["a", None, "label", " "], [1, None, "x", None], [2, None, "y", "  "]))
    assert list(table.frame.columns) == ["a", "label"]
    with pytest.raises(InputError, match=r"Column 2 of a.xlsx has no name"):
        read(sheet(tmp_path, ["a", None, "label"], [1, 5, "x"], [2, 6, "y"]))


def test_a_sheet_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Sheet 'Sheet' of a.xlsx has no rows"):
        read(sheet(tmp_path, ["a", "label"]))


def test_rows_without_a_value_are_left_out_with_a_note_or_kept_where_each_row_is_answered(tmp_path: Path) -> None:
    path = sheet(tmp_path, ["Week 7"], [], ["a", "label"], [1, "x"], [None, None], [2, "y"])
    table = read_table(path, ReadOptions())
    assert table.frame["a"].tolist() == [1, 2]
    assert table.notes == ("1 line above the header left out", "row 2 has no value and is left out")
    assert read_table(path, ReadOptions(empty_rows=True)).frame["label"].fillna("?").tolist() == ["x", "?", "y"]
