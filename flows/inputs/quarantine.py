"""What is decided about a quarantined batch: whether that is possible, before Prefect is imported."""

from flows.inputs.parameters import stated
from flows.inputs.versions import check_batches
from tasks.data.batch_index import checked_id, pointer_path
from tasks.quarantine.records import check_undecided, held_batch, held_batches


def check_acceptable(dataset: str, batch: str, reason: str) -> None:
    """Check that the batch is in quarantine with its rows, or versioned; and that there is a reason.

    An acceptance that failed half-way leaves an unfinished pointer and the record: the next one finishes it.
    """
    stated(reason)
    is_held = any(held.id == batch for held in held_batches(dataset))
    if not is_held and pointer_path(dataset, batch).is_file():
        check_batches(dataset, [batch])
    else:
        check_undecided(held_batch(dataset, batch))


def check_discardable(dataset: str, batch: str, reason: str) -> None:
    """Check that the batch is in quarantine with its rows, and that there is a reason."""
    stated(reason)
    check_undecided(held_batch(dataset, checked_id(batch)))
