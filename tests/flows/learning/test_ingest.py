"""Ingesting files: one batch for one content, and one outcome for several files."""

from pathlib import Path

import pytest

from flows.learning.ingest import ingest
from greenlightning.errors import InputError
from tasks.data.batch_index import batches
from tasks.data.reading import Reading
from tests.helpers.digits import (
    BASE,
    DIGITS,
    FIRST,
    SECOND,
    add,
    outcome,
    source,
)
from tests.helpers.source_files import text

pytestmark = pytest.mark.usefixtures("prefect")


@pytest.mark.usefixtures("champion")
def test_a_file_that_is_ingested_twice_is_one_batch_and_known_already() -> None:
    first = add("first", FIRST)
    again = outcome(ingest, path=source("renamed", FIRST), dataset=DIGITS)
    assert again.state == "Versioned"
    assert again.reason.startswith(f"batch {first} of 200 rows is known already: first.parquet of 20")
    assert again.reason.endswith("holds the same rows")
    base = outcome(ingest, path=source("base", BASE), dataset=DIGITS)
    assert base.reason.endswith("holds the same rows, and the champion has learnt them")
    assert len(batches(DIGITS)) == 2


@pytest.mark.usefixtures("champion")
def test_a_folder_goes_in_file_by_file_and_a_bad_one_is_named() -> None:
    folder = source("day-10", SECOND).parent
    source("day-9", FIRST)
    text("day-11.csv", "a,label\n1\n")(folder)
    several = outcome(ingest, path=folder, dataset=DIGITS)
    assert several.reason == "3 of 4 files versioned, 1 of 4 files refused"
    assert [batch.source for batch in batches(DIGITS)[1:]] == ["day-9.parquet", "day-10.parquet"]
    assert several.refused == (
        "Row 1 of day-11.csv has 1 cell, its header 2. "
        "Leave only the names above the rows, and as many cells in each row, or give --separator.",
    )


def test_what_was_detected_is_told(home: Path) -> None:
    rows = "".join(f"{number},5;{'ab'[number % 2]}\n" for number in range(20))
    path = text("a.csv", f"width;label\n{rows}")(home)
    detected = outcome(ingest, path=path, dataset="letters")
    assert detected.notes == ("separator ';'", "decimal sign ',' in 'width'")


def test_a_file_that_is_still_being_written_is_refused(home: Path) -> None:
    path = text("a.csv.part", "a,label\n1,2\n")(home)
    with pytest.raises(InputError, match="still being written"):
        outcome(ingest, path=path, dataset="letters", reading=Reading(wait=0))
