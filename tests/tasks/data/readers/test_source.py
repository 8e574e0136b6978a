"""What is wrong with a file is one line."""

from pathlib import Path

import pytest

from tasks.data.readers.source import unreadable


@pytest.mark.parametrize(
    ("error", "cause"),
    [(ValueError("bad magic.\nfrom a library"), "bad magic"), (EOFError(), "EOFError")],
)
def test_the_cause_of_a_damaged_file_is_one_line(error: Exception, cause: str) -> None:
    assert unreadable(Path("folder/a.csv"), "NPZ", error).cause == f"a.csv cannot be read as NPZ ({cause})"
