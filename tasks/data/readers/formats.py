"""The format of a file, by its first bytes; among formats of text, by its suffix."""

from enum import StrEnum

from greenlightning.data.idx import IDX_TYPES
from greenlightning.errors import InputError
from tasks.data.readers.content import ZIP, Content, is_office, is_table_archive

FORMATS = "CSV, JSON lines, Parquet, Feather, NPZ (with X and y) or IDX images, plain or packed"
AS_CSV = "Save the table as CSV or Parquet"
FROM_SQL = "Load it into its database, and save the table as CSV or Parquet"


class Format(StrEnum):
    """The formats that are read."""

    CSV = "CSV"
    JSON = "JSON"
    PARQUET = "Parquet"
    FEATHER = "Feather"
    NPZ = "NPZ"
    IDX = "IDX"
    EXCEL = "Excel"


SQL = (
    b"-- PostgreSQL database",
    b"-- MySQL dump",
    b"-- MariaDB dump",
    b"BEGIN TRANSACTION;",
    b"PRAGMA ",
    b"CREATE TABLE",
)
STREAM = b"\xff\xff\xff\xff"
MAGIC = (
    (b"PAR1", Format.PARQUET),
    (b"ARROW1", Format.FEATHER),
    (b"FEA1", Format.FEATHER),
    (STREAM, Format.FEATHER),
)
REFUSED = (
    (b"\x93NUMPY", "a single array of NumPy (.npy)", "Save inputs and labels with numpy.savez(path, X=…, y=…)"),
    (b"\xd0\xcf\x11\xe0", "a document of Excel 97 (.xls)", AS_CSV),
    (b"SQLite format 3", "a database of SQLite", AS_CSV),
    (b"PGDMP", "a dump of PostgreSQL", FROM_SQL),
    (b"\x89HDF", "an HDF5 file", AS_CSV),
    (b"%PDF", "a PDF document", AS_CSV),
    (b"\x80\x04\x95", "a pickle, which is not read because it may run code", AS_CSV),
    (b"\x80\x05\x95", "a pickle, which is not read because it may run code", AS_CSV),
)
SUFFIXES = {
    ".parquet": Format.PARQUET,
    ".pq": Format.PARQUET,
    ".feather": Format.FEATHER,
    ".arrow": Format.FEATHER,
    ".npz": Format.NPZ,
    ".npy": Format.NPZ,
    ".xlsx": Format.EXCEL,
    ".xls": Format.EXCEL,
}
JSON_SUFFIXES = (".json", ".jsonl", ".ndjson")
TABLE_SUFFIXES = (*SUFFIXES, *JSON_SUFFIXES, ".csv", ".tsv", ".txt")


def format_of(content: Content) -> Format:
    """The format of a file; InputError where it is none that is read, or not the one that its suffix promises."""
    data, name = content.data, content.path.name
    for magic, kind in MAGIC:
        if data.startswith(magic):
            return kind
    for magic, what, remedy in REFUSED:
        if data.startswith(magic):
            raise InputError(f"{name} is {what}", remedy)
    if data.startswith(ZIP) and is_table_archive(data):
        return Format.EXCEL if is_office(data) else Format.NPZ
    if data[:2] == b"\0\0" and data[2:3] and data[2] in IDX_TYPES and 0 < data[3] < 9:
        return Format.IDX
    if data[257:262] == b"ustar":
        raise InputError(f"{name} is a tar archive", "Unpack it, and give its files")
    if promised := SUFFIXES.get(content.suffix):
        raise InputError(
            f"{name} cannot be read as {promised} (it does not start like one)",
            "Give a complete file of that format, or the suffix of what it is",
        )
    return _text_format(content)


def _text_format(content: Content) -> Format:
    start = content.data[:1000].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:9].lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        raise InputError(f"{content.path.name} is a page of HTML or XML, not a table", f"Give {FORMATS}")
    if content.suffix == ".sql" or start.startswith(SQL):
        raise InputError(f"{content.path.name} is a dump of a database in SQL, not a table", FROM_SQL)
    starts_like_json = start[:1] == b"{" or start[:2] in (b"[{", b"[\n", b"[\r", b"[ ")
    if content.suffix in JSON_SUFFIXES or (starts_like_json and content.suffix not in (".csv", ".tsv")):
        return Format.JSON
    return Format.CSV
