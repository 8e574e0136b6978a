"""An Excel workbook is read where openpyxl is installed, and refused in a line where it is not."""

from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from tasks.data.readers import excel_reader
from tasks.data.readers.content import Content
from tasks.data.readers.excel_reader import read_excel
from tests.helpers.source_files import by, refusal


def test_without_openpyxl_it_is_to_be_saved_as_csv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel_reader, "find_spec", lambda name: None)
    content = Content(Path("a.xlsx"), b"PK")
    assert "a.xlsx is an Excel workbook. Save it as CSV" in refusal(read_excel, content, None)


@pytest.mark.skipif(find_spec("openpyxl") is None, reason="openpyxl is not installed")
def test_the_first_sheet_is_read(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1.5, None], "label": ["x", "y"]})
    with pd.ExcelWriter(tmp_path / "a.xlsx") as workbook:
        frame.to_excel(workbook, sheet_name="days")
        frame.to_excel(workbook, sheet_name="other")
    table = by(read_excel)(tmp_path / "a.xlsx")
    pd.testing.assert_frame_equal(table.frame, frame)
    assert table.notes[0] == "sheet 'days' of 2"
    assert "'Unnamed: 0' is left out" in table.notes[1]
