"""The records of quarantine: what is held, and what was decided about it."""

from pathlib import Path

import pytest

from greenlightning.errors import InputError, NothingServedError
from tasks.quarantine.moves import discard, quarantine
from tasks.quarantine.records import check_undecided, decided, discarded, held_batch
from tests.helpers.batches import batch_of, blobs


def test_a_batch_can_be_decided_about_while_its_rows_are_there(tmp_path: Path) -> None:
    batch = batch_of(tmp_path, *blobs(1))
    quarantine.fn(batch, ["cause"])
    check_undecided(held_batch("d", batch.id))
    discard(held_batch("d", batch.id), decided("discarded", "a test"))
    with pytest.raises(InputError, match=r"a test\. Nothing is left to discard; ingest made.npz again"):
        check_undecided(held_batch("d", batch.id))


def test_a_batch_that_is_not_there_is_said_to_be_so(home: Path) -> None:
    with pytest.raises(NothingServedError, match="not in quarantine"):
        held_batch("d", "0" * 16)
    assert discarded("d", "0" * 16) is None
