"""A file is written as a whole or not at all, by however many writers."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tasks.core.atomic import replacing, write_text


def test_an_error_leaves_the_old_content_and_no_other_file(tmp_path: Path) -> None:
    target = tmp_path / "new folder" / "a.txt"
    write_text(target, "old")
    with pytest.raises(ZeroDivisionError), replacing(target) as partial:
        partial.write_text("half")
        raise ZeroDivisionError
    assert target.read_text() == "old"
    assert list(target.parent.iterdir()) == [target]


def test_writers_at_once_never_mix(tmp_path: Path) -> None:
    target = tmp_path / "folder" / "a.txt"
    texts = [letter * 100_000 for letter in "abcdefgh"]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda text: write_text(target, text), texts * 5))
    assert target.read_text() in texts
    assert list(target.parent.iterdir()) == [target]
