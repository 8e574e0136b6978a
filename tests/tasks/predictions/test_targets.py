"""Where predictions may be written."""

from pathlib import Path

import pytest

from greenlightning.errors import InputError
from tasks.predictions.targets import STDOUT, check_target


def test_a_target_that_cannot_be_written_is_refused_with_the_reason(tmp_path: Path) -> None:
    source = tmp_path / "rows.csv"
    source.touch()
    for target, cause in {
        tmp_path / "p.txt": "names no format",
        source: "is the file to predict",
        tmp_path / "nowhere" / "p.csv": "cannot be written to",
    }.items():
        with pytest.raises(InputError, match=cause):
            check_target(target, source)
    check_target(STDOUT, source)
