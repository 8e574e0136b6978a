"""Several files give one outcome: a bad one is named, the others go in."""

from pathlib import Path

import pytest

from flows.engine.outcome import Outcome
from flows.learning.several_files import each_file
from greenlightning.errors import InputError
from tasks.quarantine.records import QuarantinedBatch

HELD = QuarantinedBatch(batch="ab" * 8, source="c.csv", reasons=("Missing cells: 1",))


def ingest(file: Path) -> Outcome:
    if file.name == "bad.csv":
        raise InputError("bad.csv is empty", "Give at least one sample")
    if file.name == "held.csv":
        return Outcome(state="Quarantined", dataset="d", reason="held.csv failed", quarantined=(HELD,))
    return Outcome(
        state="Versioned", dataset="d", reason=f"batch of {file.stem}", notes=("cells are separated by ';'",)
    )


def joined(*names: str) -> Outcome:
    return each_file([Path("days") / name for name in names], ingest)


def test_sound_files_are_counted_and_each_is_told() -> None:
    outcome = joined("a.csv", "b.csv")
    assert (outcome.state, outcome.reason) == ("Versioned", "2 of 2 files versioned")
    assert outcome.notes == (
        "a.csv: batch of a",
        "b.csv: batch of b",
        "2 files: cells are separated by ';'",
    )


def test_a_bad_file_and_a_quarantined_one_keep_no_other_out() -> None:
    outcome = joined("bad.csv", "a.csv", "held.csv")
    assert outcome.state == "Quarantined"
    assert outcome.reason == "1 of 3 files versioned, 1 of 3 files quarantined, 1 of 3 files refused"
    assert outcome.refused == ("bad.csv is empty. Give at least one sample.",)
    assert outcome.quarantined == (HELD,)
    assert outcome.notes == ("a.csv: batch of a", "a.csv: cells are separated by ';'")


def test_bad_files_alone_are_an_error() -> None:
    with pytest.raises(InputError, match=r"None of the 2 files can be used: bad\.csv is empty"):
        joined("bad.csv", "later/bad.csv")
