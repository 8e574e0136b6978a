"""Text as UTF-8, from whatever encoding it has."""

import codecs

from greenlightning.errors import InputError
from tasks.data.readers.content import Content

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
PLAIN = ("ascii", "utf-8", "utf-8-sig")
SAMPLE = 100_000


def utf8_of(content: Content, encoding: str | None) -> tuple[bytes, str]:
    """The text as UTF-8 without byte order mark, and its encoding; InputError for bytes that are no text."""
    found = checked_encoding(encoding) if encoding else encoding_of(content.data)
    try:
        if found in PLAIN:
            text = content.data.removeprefix(codecs.BOM_UTF8)
            text.decode()
        else:
            text = content.data.decode(found).removeprefix("\ufeff").encode()
    except UnicodeError as error:
        at = content.data.count(b"\n", 0, getattr(error, "start", 0)) + 1
        raise InputError(
            f"{content.path.name} is not text in {found}: line {at} has a byte that it does not know",
            "Give its encoding with --encoding",
        ) from error
    if (at := text.find(b"\0")) >= 0:
        line, column = text.count(b"\n", 0, at) + 1, at - text.rfind(b"\n", 0, at)
        raise InputError(
            f"{content.path.name} is no table of text: line {line} has a NUL byte at column {column}",
            "Give a complete file, or its encoding with --encoding",
        )
    return text, found


def encoding_of(data: bytes) -> str:
    """The encoding by byte order mark and by what the bytes can be: UTF-8, UTF-16, or Windows' western one.

    Windows' code page holds every letter of Latin-1. Others are not guessed: a few words do not tell them apart.
    Where most foreign letters are UTF-8 the text is UTF-8 with a damaged byte.
    """
    for mark, name in MARKS:
        if data.startswith(mark):
            return name
    even, odd = data[:SAMPLE:2].count(0), data[1:SAMPLE:2].count(0)
    if max(even, odd) > len(data[:SAMPLE]) / 6 and min(even, odd) <= max(even, odd) / 10:
        return "utf-16-le" if odd > even else "utf-16-be"
    try:
        data.decode()
    except UnicodeDecodeError:
        foreign = len(data.translate(None, delete=bytes(range(128))))
        unknown = data.decode(errors="replace").count("\ufffd")
        return "cp1252" if unknown > foreign / 2 else "utf-8"
    return "utf-8"


def checked_encoding(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError as error:
        raise InputError(f"There is no encoding {encoding!r}", "Give one such as utf-8 or cp1252") from error
