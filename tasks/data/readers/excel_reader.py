"""Read the first sheet of an Excel workbook, where openpyxl is installed."""

import zipfile
from importlib.util import find_spec
from io import BytesIO

import pandas as pd

from greenlightning.errors import InputError
from tasks.data.readers.content import Content
from tasks.data.readers.header import checked_names, without_index
from tasks.data.readers.source import ReadOptions, SourceTable, unreadable


def read_excel(content: Content, options: ReadOptions) -> SourceTable:
    """The columns of the first sheet; InputError without openpyxl, and where the workbook is damaged."""
    path = content.path
    if find_spec("openpyxl") is None:
        raise InputError(f"{path.name} is an Excel workbook", "Save it as CSV, or install openpyxl")
    try:
        with pd.ExcelFile(BytesIO(content.data), engine="openpyxl") as workbook:
            sheets = [str(sheet) for sheet in workbook.sheet_names]
            frame = pd.read_excel(workbook)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise unreadable(path, "Excel", error) from error
    frame.columns = pd.Index(checked_names(path, [str(name) for name in frame.columns]))
    frame, notes = without_index(frame, options.wanted)
    only = [f"sheet {sheets[0]!r} of {len(sheets)}"] if len(sheets) > 1 else []
    return SourceTable(frame, tuple(only + notes))
