"""Ingesting a file: one batch for one content."""

import pytest

from flows.learning.ingest import ingest
from tasks.data.batch_index import batches
from tests.helpers.digits import (
    DIGITS,
    FIRST,
    add,
    outcome,
    source,
)

pytestmark = pytest.mark.usefixtures("prefect")


@pytest.mark.usefixtures("champion")
def test_a_file_that_is_ingested_twice_is_one_batch() -> None:
    add("first", FIRST)
    assert outcome(ingest, path=source("renamed", FIRST), dataset=DIGITS).state == "Versioned"
    assert len(batches(DIGITS)) == 2
