"""One of a thing is not several."""

import pytest

from greenlightning.data.counted import counted


@pytest.mark.parametrize(
    ("number", "what", "text"),
    [
        (0, "row", "0 rows"),
        (1, "row", "1 row"),
        (1_200, "row", "1,200 rows"),
        (1, "batch", "1 batch"),
        (2, "batch", "2 batches"),
    ],
)
def test_one_is_singular_and_all_else_plural(number: int, what: str, text: str) -> None:
    assert counted(number, what) == text
