"""The separator is the one that gives the rows the same number of cells."""

import pytest

from tasks.data.readers.text.dialect import dialect_of, separator_named


@pytest.mark.parametrize(
    ("text", "separator", "width"),
    [
        ("a,b\n1,2\n", ",", 2),
        ("a;b\n1,5;2,5\n3,5;4,5\n", ";", 2),
        ("a;b\n1,5;2\n3,5;4\n", ";", 2),
        ("a\tb\n1, 2\tx\n", "\t", 2),
        ("a|b|c\n1|2|3\n", "|", 3),
        ("a b\n1 2\n", " ", 2),
        ("a\n1\n2\n", ",", 1),
        ('"x;y",b\n"1;2",3\n', ",", 2),
    ],
)
def test_the_separator_is_found(text: str, separator: str, width: int) -> None:
    found = dialect_of(text)
    assert (found.separator, found.width) == (separator, width)


def test_quotes_and_backslashes_are_found() -> None:
    assert dialect_of("'a','b'\n'1','2'\n").quote == "'"
    assert dialect_of('a,b\n"say \\"hi\\" now",2\n').escape == "\\"


@pytest.mark.parametrize(("name", "separator"), [(None, None), (";", ";"), ("tab", "\t"), (r"\t", "\t")])
def test_a_separator_may_be_named(name: str | None, separator: str | None) -> None:
    assert separator_named(name) == separator
