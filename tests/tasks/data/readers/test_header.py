"""Every column has a name of its own."""

from pathlib import Path

import pytest

from tasks.data.readers.header import checked_names
from tests.helpers.source_files import refusal

FILE = Path("folder") / "a.csv"


@pytest.mark.parametrize(
    ("names", "cause"),
    [
        (["a", " ", "label"], "Column 2 of a.csv has no name"),
        (["a", "b", "a ", "label"], "a.csv has several columns called 'a'"),
    ],
)
def test_a_header_in_doubt_is_refused(names: list[str], cause: str) -> None:
    assert cause in refusal(checked_names, FILE, names)


def test_blanks_around_a_name_are_no_part_of_it() -> None:
    assert checked_names(FILE, [" a", "b c "]) == ["a", "b c"]
