"""The format shows in the content; among formats of text, in the suffix."""

from pathlib import Path

import pytest

from tasks.data.readers.content import Content
from tasks.data.readers.formats import Format, format_of
from tests.helpers.source_files import refusal


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("my-idx-data.csv", b"a,b\n1,2\n", Format.CSV),
        ("days.tsv", b"a\tb\n1\t2\n", Format.CSV),
        ("npz", b"a,b\n1,2\n", Format.CSV),
        ("index.parquet", b"PAR1....PAR1", Format.PARQUET),
        ("renamed.csv", b"PAR1....PAR1", Format.PARQUET),
        ("a.arrow", b"ARROW1\0\0", Format.FEATHER),
        ("digits", b"\0\0\x08\x03" + bytes(12), Format.IDX),
        ("a.jsonl", b'{"a": 1}\n', Format.JSON),
        ("records.txt", b'[\n {"a": 1}]', Format.JSON),
        ("a.csv", b'{"a"},b\n1,2\n', Format.CSV),
    ],
)
def test_the_format_is_that_of_the_content(name: str, data: bytes, kind: Format) -> None:
    assert format_of(Content(Path(name), data)) is kind


@pytest.mark.parametrize(
    ("name", "data", "cause"),
    [
        ("a.npz", b"\x93NUMPY\1\0", "a.npz is a single array of NumPy (.npy)"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1", "a.xls is a document of Excel 97 (.xls)"),
        ("a.csv", b"\x80\x04\x95\0", "a.csv is a pickle, which is not read because it may run code"),
        ("a.csv", bytes(257) + b"ustar", "a.csv is a tar archive"),
        ("a.sql", b"-- anything", "a.sql is a dump of a database in SQL, not a table"),
        ("a.txt", b"CREATE TABLE t (x int);", "a.txt is a dump of a database in SQL, not a table"),
        ("a.dump", b"PGDMP\x01", "a.dump is a dump of PostgreSQL"),
        ("a.csv", b"<!DOCTYPE html><p>Please log in", "a.csv is a page of HTML or XML, not a table"),
        ("a.parquet", b"a,b\n1,2\n", "a.parquet cannot be read as Parquet (it does not start like one)"),
        ("a.xlsx", b"a\tb\n", "a.xlsx cannot be read as Excel"),
    ],
)
def test_what_is_no_table_is_named(name: str, data: bytes, cause: str) -> None:
    assert cause in refusal(format_of, Content(Path(name), data))
