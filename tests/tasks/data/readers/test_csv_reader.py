"""Tables of text give numbers and labels as they are written; a file that cannot be used is refused in a line."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tasks.data.readers.csv_reader import read_csv
from tasks.data.readers.source import SourceTable
from tests.helpers.source_files import by, refusal, text

INDEX = "it is the index that pandas or R writes; index=False does not write it"


def read(path: Path, **options: str) -> SourceTable:
    return by(read_csv, **options)(path)


def test_columns_are_numbers_or_text_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = text("a.csv", 'kind,"width, in cm",height\ncat,1,-2.5\ndog,1e3,0\n')(tmp_path)
    table = read(path, label="kind").frame
    assert list(table.columns) == ["kind", "width, in cm", "height"]
    assert table["width, in cm"].tolist() == [1.0, 1000.0]
    assert table["height"].tolist() == [-2.5, 0.0]
    assert table["kind"].tolist() == ["cat", "dog"]


def test_an_empty_cell_is_missing_and_a_label_that_reads_like_none_is_kept(tmp_path: Path) -> None:
    table = read(text("a.csv", "a,label\n,NA\n2,\n")(tmp_path)).frame
    assert np.array_equal(table["a"], [np.nan, 2.0], equal_nan=True)
    assert table["label"].iloc[0] == "NA"
    assert table["label"].isna().tolist() == [False, True]


ZOO: dict[str, tuple[str | bytes, list[list[object]], tuple[str, ...]]] = {
    "pandas": (",a,label\n0,1.5,x\n1,2.5,y\n", [[1.5, "x"], [2.5, "y"]], ("the first column, which has no name",)),
    "pandas, saved twice": (
        "Unnamed: 0,a,label\n5,1.5,x\n6,2.5,y\n",
        [[1.5, "x"], [2.5, "y"]],
        ("column 'Unnamed: 0' is left out",),
    ),
    "pandas, reset index": (
        "index,a,label\n5,1.5,x\n6,2.5,y\n",
        [[1.5, "x"], [2.5, "y"]],
        ("column 'index' is left out",),
    ),
    "Excel in Germany": (
        "Größe;Preis;label\r\n1,5;1.234,50;ja\r\n2,25;2.000,00;nein\r\n".encode("cp1252"),
        [[1.5, 1234.5, "ja"], [2.25, 2000.0, "nein"]],
        (
            "the text is read as cp1252",
            "cells are separated by ';'",
            "numbers have a decimal comma in 'Größe', 'Preis'",
        ),
    ),
    "Excel, UTF-8": (
        b"\xef\xbb\xbfa;label\r\n1,5;ja\r\n2,0;nein\r\n",
        [[1.5, "ja"], [2.0, "nein"]],
        ("cells are separated by ';'", "numbers have a decimal comma in 'a'"),
    ),
    "Excel, Unicode text": (
        "a\tlabel\r\n1\tx\r\n".encode("utf-16"),
        [[1, "x"]],
        ("the text is read as utf-16", "cells are separated by tabs"),
    ),
    "UTF-16 without mark": ("a,label\n1,x\n".encode("utf-16-le"), [[1, "x"]], ("the text is read as utf-16-le",)),
    "Excel, declared separator": ("sep=;\r\na;label\r\n1;x\r\n", [[1, "x"]], ("cells are separated by ';'",)),
    "Excel, rows of separators": ("a;label\n1;x\n;\n;\n", [[1, "x"]], ("cells are separated by ';'",)),
    "Excel, errors": (
        "a,label\n#DIV/0!,x\n2,y\n",
        [[None, "x"], [2.0, "y"]],
        ("'#DIV/0!' is read as missing in",),
    ),
    "database, all quoted": ('"a","label"\n"NULL","x"\n"3.5","y"\n', [[None, "x"], [3.5, "y"]], ()),
    "MySQL": ("a\tlabel\n\\N\tx\n3\ty\n", [[None, "x"], [3.0, "y"]], ("cells are separated by tabs",)),
    "MySQL, backslashes": ('"a","label"\n"say \\"hi\\" now","x"\n', [['say "hi" now', "x"]], ()),
    "PostgreSQL": ("a|label\n1|x\n2|y\n", [[1, "x"], [2, "y"]], ("cells are separated by '|'",)),
    "blanks before quotes": ('a, "b, c"\n1, "x, y"\n2, "z"\n', [[1, "x, y"], [2, "z"]], ()),
    "single quotes": ("'a','label'\n'it s','x'\n", [["it s", "x"]], ()),
    "R, write.csv": ('"","a","label"\n"1",1,"x"\n"2",NA,"y"\n', [[1.0, "x"], [None, "y"]], ("the first column",)),
    "R, write.table": (
        '"a" "label"\n"1" 1 "x"\n"2" NA "y z"\n',
        [[1.0, "x"], [None, "y z"]],
        ("cells are separated by blanks", "the first column"),
    ),
    "aligned by blanks": ("a   label\n1   x\n20  y\n", [[1, "x"], [20, "y"]], ("cells are separated by blanks",)),
    "UCI": ("a,label\n?,x\n2,y\n", [[None, "x"], [2.0, "y"]], ("'?' is read as missing in 'a'",)),
    "thousands": (
        'a,label\n"1,234",x\n"12,345,678",y\n',
        [[1234, "x"], [12345678, "y"]],
        ("',' groups thousands",),
    ),
    "semicolons and points": (
        "a;label\n1.5;x\n2.25;y\n",
        [[1.5, "x"], [2.25, "y"]],
        ("cells are separated by ';'",),
    ),
    "points in doubt": (
        "a;label\n1.234;x\n2.225;y\n",
        [[1.234, "x"], [2.225, "y"]],
        ("cells are separated by ';'", "'.' is the decimal sign, not that of thousands"),
    ),
    "commas within text": ("a;label\n1;x, y\n2;z\n", [[1, "x, y"], [2, "z"]], ("cells are separated by ';'",)),
    "separator at the end of rows": ("a,label\n1,x,\n2,y,\n", [[1, "x"], [2, "y"]], ()),
    "separator at the end of lines": ("a,label,\n1,x,\n2,y,\n", [[1, "x"], [2, "y"]], ()),
    "labels all missing": ("a,label\n1,\n2,\n", [[1, None], [2, None]], ()),
    "blanks": (" a , label\n 1 , x \n 2 , y\n", [[1, "x"], [2, "y"]], ()),
    "empty lines": ("\n\na,label\n1,x\n\n2,y\n\n", [[1, "x"], [2, "y"]], ()),
    "lines of an old Mac": ("a,label\r1,x\r2,y\r", [[1, "x"], [2, "y"]], ()),
    "lines within cells": ('"a\nb",label\n"x\ny",1\n', [["x\ny", 1]], ()),
    "codes with leading zeros": ("a,label\n01234,x\n99999,y\n", [["01234", "x"], ["99999", "y"]], ()),
    "beyond 64 bits": (
        "a,label\n18446744073709551616,x\n1,y\n",
        [["18446744073709551616", "x"], ["1", "y"]],
        ("whole numbers beyond 64 bits are kept as text in 'a'",),
    ),
    "columns called by numbers": ("0,1,2\n5,3,x\n", [[5, 3, "x"]], ()),
    "words of truth and dates": ("a,label\nTrue,2026-01-02\n", [["True", "2026-01-02"]], ()),
}


@pytest.mark.parametrize("kind", ZOO)
def test_files_as_programs_write_them(kind: str, tmp_path: Path) -> None:
    content, rows, notes = ZOO[kind]
    (tmp_path / "a.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    table = read(tmp_path / "a.csv")
    found = table.frame.astype(object).where(table.frame.notna(), None)
    assert found.to_numpy().tolist() == rows
    assert len(table.notes) == len(notes)
    assert all(told.startswith(note) for told, note in zip(table.notes, notes, strict=True)), table.notes
    assert all(INDEX in told for told in table.notes if "left out" in told)


def test_options_decide_where_they_are_given(tmp_path: Path) -> None:
    path = text("a.csv", "a;label,b\n1.234;x,y\n2.225;z,y\n")(tmp_path)
    assert read(path, separator=";", decimal=",").frame["a"].tolist() == [1234, 2225]
    assert list(read(path, separator=",").frame.columns) == ["a;label", "b"]
    (tmp_path / "b.csv").write_bytes("имя,label\nИван,1\n".encode("cp1251"))
    assert read(tmp_path / "b.csv", encoding="cp1251").frame["имя"].tolist() == ["Иван"]


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        ({"separator": "::"}, "'::' cannot separate cells"),
        ({"decimal": "'"}, '"\'" is no decimal sign'),
        ({"encoding": "klingon"}, "There is no encoding 'klingon'"),
        ({"encoding": "utf-32"}, "a.csv is not text in utf-32"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused(options: dict[str, str], cause: str, tmp_path: Path) -> None:
    path = text("a.csv", "a,label\n1,x\n2,y\n")(tmp_path)
    assert cause in refusal(lambda: read(path, **options))


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (" \n \n", "a.csv is empty"),
        ("a,label\n", "a.csv has no rows"),
        ("a,a,label\n1,2,3\n", "several columns called 'a'"),
        ("a,,label\n1,2,3\n", "Column 2 of a.csv has no name"),
        ("a,label,\n" + 300 * "1,x,\n" + "1,x,y\n", "Column 3 of a.csv has no name"),
        ("a,b,label\n1,2\n", "Row 1 of a.csv has 2 cells, its header 3"),
        ("a,b,label\n1,2,3\n1,2,3,4\n", "Row 2 of a.csv has 4 cells, its header 3"),
        (
            'a,b,label\n1,2,3\n1,"2,3\n4,5,6\n',
            "Row 2 of a.csv has 2 cells, its header 3; a quote may be open there",
        ),
        ("a b label\n" + 200 * "1 2 3\n" + "4 5\n", "Row 201 of a.csv has 2 cells, its header 3"),
        ("5.1,3.5,x\n4.9,3.0,y\n", "The first line of a.csv holds numbers, not names of columns"),
        ("a,label\n1,\0\n", "line 2 has a NUL byte at column 3"),
        (f"a,label\n1,x\n{'9' * 5000},y\n", "Row 2, column 'a' of a.csv: a number of 5,000 characters"),
        ("a,label\n1.5,x\n1e400,y\n", "Row 2, column 'a' of a.csv: a number of 5 characters"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_place(content: str, cause: str, tmp_path: Path) -> None:
    assert cause in refusal(read, text("a.csv", content)(tmp_path))


def test_binary_garbage_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(bytes(range(256)) * 10)
    assert "a.csv" in refusal(read, tmp_path / "a.csv")


def test_a_header_may_be_longer_than_a_block_of_arrow(tmp_path: Path) -> None:
    names = [f"{number:0100d}" for number in range(11_000)]
    path = text("a.csv", ",".join(names) + "\n" + ",".join("1" for _ in names) + "\n")(tmp_path)
    assert path.stat().st_size > 1 << 20
    assert read(path).frame.shape == (1, 11_000)


def test_numbers_are_those_that_pandas_wrote(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(50, 3)) * [1, 1e-9, 1e12]
    frame = pd.DataFrame(values, columns=list("abc"))
    frame.to_csv(tmp_path / "points.csv", index=False)
    frame.to_csv(tmp_path / "commas.csv", index=False, sep=";", decimal=",")
    for name in ("points.csv", "commas.csv"):
        assert np.array_equal(read(tmp_path / name).frame, values)


def test_a_damaged_byte_among_utf_8_is_no_other_code_page(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("a,label\nä,1\nö,2\nü,3\n".encode() + b"\xff,4\n")
    assert "line 5 has a byte that it does not know" in refusal(read, tmp_path / "a.csv")


@pytest.mark.parametrize(
    "above",
    ["Week 7\n", "Sales of 2026,,\n,,\n", "# made by a tool\n# on Monday\n"],
)
def test_lines_above_the_header_are_left_out_with_a_note(above: str, tmp_path: Path) -> None:
    table = read(text("a.csv", f"{above}shop,price,label\nnorth,1.5,x\nsouth,2.5,y\n")(tmp_path))
    assert table.frame.to_dict("list") == {"shop": ["north", "south"], "price": [1.5, 2.5], "label": ["x", "y"]}
    assert "above the header left out" in table.notes[0]


def test_a_few_cells_that_are_no_numbers_are_named(tmp_path: Path) -> None:
    rows = "".join(f"{number},x\n" for number in range(20))
    table = read(text("a.csv", f"a,label\n{rows}Total,\n")(tmp_path))
    assert table.notes == ("1 of 21 cells is no number ('Total' in row 21), and all are kept as text in 'a'",)


def test_rows_without_a_value_are_left_out_with_a_note_or_kept_where_each_row_is_answered(tmp_path: Path) -> None:
    path = text("a.csv", "a;b\n1;x\n;\n2;y\n;\n3;z\n;\n")(tmp_path)
    dropped, kept = read(path), by(read_csv, empty_rows=True)(path)
    assert dropped.frame["a"].tolist() == [1, 2, 3]
    assert dropped.notes[1:] == ("2 rows without any value are left out; the first is row 2",)
    assert kept.frame["b"].fillna("?").tolist() == ["x", "?", "y", "?", "z"]
    assert kept.notes == dropped.notes[:1]
