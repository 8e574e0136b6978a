"""A file in blocks of rows, so that memory does not grow with it: Parquet, and large files of plain CSV.

Each block is read as ``read_table`` reads a file. Other files are read whole, and cut.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from greenlightning.errors import InputError
from tasks.data.readers.arrow_reader import parquet_blocks
from tasks.data.readers.content import Content
from tasks.data.readers.csv_reader import read_csv
from tasks.data.readers.header import LOOKED_AT, lines_above
from tasks.data.readers.memory import each_bounded
from tasks.data.readers.text.columns import BY_COMMA
from tasks.data.readers.text.dialect import dialect_of, separator_named
from tasks.data.readers.text.encodings import PLAIN, encoding_of
from tasks.data.reading import ReadOptions, SourceTable, check_name, format_suffix, read_table

BLOCK_ROWS = 65_536
TEXT_BYTES = 1 << 25
PARQUET = b"PAR1"
TEXT_SUFFIXES = (".csv", ".tsv", ".txt")


def blocks(path: Path, options: ReadOptions) -> Iterator[SourceTable]:
    """The rows of a file in blocks; InputError for whatever cannot be used."""
    check_name(path)
    try:
        with path.open("rb") as stream:
            for table in each_bounded(path, _parts(path, stream, options), options.memory):
                for start in range(0, len(table.frame), BLOCK_ROWS):
                    yield SourceTable(table.frame.iloc[start : start + BLOCK_ROWS], table.notes)
    except OSError as error:
        raise InputError(f"{path.name} cannot be read ({error.strerror})", "Check its permissions") from error


def _parts(path: Path, stream: BinaryIO, options: ReadOptions) -> Iterator[SourceTable]:
    begin = stream.read(TEXT_BYTES)
    stream.seek(0)
    if begin.startswith(PARQUET):
        yield from parquet_blocks(path, options, BLOCK_ROWS)
    elif len(begin) == TEXT_BYTES and (header := _plain_header(path, begin, options)):
        yield from _text_parts(path, stream, header, options)
    else:
        yield read_table(path, options)


def _plain_header(path: Path, begin: bytes, options: ReadOptions) -> bytes:
    """The first line of a table of text that may be cut between any two lines; empty where it may not."""
    begin = begin[: _last_line_end(begin)]
    line, newline, _ = begin.partition(b"\n")
    if path.suffix.lower() != format_suffix(path) or path.suffix.lower() not in TEXT_SUFFIXES:
        return b""
    if (options.encoding or encoding_of(begin)) not in PLAIN:
        return b""
    text = begin[: 1 << 20].decode(errors="ignore")
    dialect = dialect_of(text, separator_named(options.separator))
    above = lines_above(list(islice(filter(any, dialect.rows(text)), LOOKED_AT)))
    is_plain = above == dialect.start == 0 and dialect.quote == '"' and not (dialect.escape or dialect.has_blanks)
    return line + newline if is_plain and line.strip() and line.count(b'"') % 2 == 0 else b""


def _text_parts(path: Path, stream: BinaryIO, header: bytes, options: ReadOptions) -> Iterator[SourceTable]:
    """The table of a text in parts, each under the header and read by the choices made for the first.

    A fault is found by reading the whole file: its row is that of the file.
    """
    stream.seek(len(header))
    for number, part in enumerate(_cut(stream)):
        try:
            table = read_csv(Content(path, header + part), options)
        except InputError:
            read_table(path, options)
            raise
        if number == 0:
            by_comma = any(BY_COMMA in note for note in table.notes)
            options = replace(options, decimal=options.decimal or ("," if by_comma else "."))
        yield table


def _cut(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a text in parts, cut where no quote is open."""
    rest = b""
    while piece := stream.read(TEXT_BYTES):
        rest += piece
        if end := _last_line_end(rest):
            yield rest[:end]
            rest = rest[end:]
    if rest.strip():
        yield rest


def _last_line_end(text: bytes) -> int:
    """Where the last line ends at which no quote is open; 0 where there is none."""
    end = text.rfind(b"\n") + 1
    while end and text.count(b'"', 0, end) % 2:
        end = text.rfind(b"\n", 0, end - 1) + 1
    return end
