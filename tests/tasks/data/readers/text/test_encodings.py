"""Text is UTF-8, UTF-16 or Windows' western code page, unless its encoding is given."""

from pathlib import Path

import pytest

from tasks.data.readers.content import Content
from tasks.data.readers.text.encodings import encoding_of, utf8_of

WORDS = "größe,label\n5 €,x\n"


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
    ],
)
def test_the_encoding_is_found(encoding: str, found: str) -> None:
    data = WORDS.encode(encoding)
    assert encoding_of(data) == found
    assert utf8_of(Content(Path("a.csv"), data), None) == (WORDS.encode(), found)


def test_a_given_encoding_is_used() -> None:
    content = Content(Path("a.csv"), "имя".encode("cp1251"))
    assert utf8_of(content, "windows-1251") == ("имя".encode(), "cp1251")
