"""Which holdout a version was judged on, and the one that its successor is judged on."""

from collections.abc import Sequence

from greenlightning.errors import IntegrityError
from tasks.core.constants import Tag
from tasks.core.settings import EVERYTHING, Deciding
from tasks.core.steps import task
from tasks.data.batch_index import BatchRef, batch_ref
from tasks.data.holdout import current_holdout, ensure_holdout, holdout_of
from tasks.data.sliding_holdout import holdout_without, parts_of, slid_holdout
from tasks.data.versioning import checkout
from tasks.models.version_info import VersionInfo
from tasks.tracking.client import connect
from tasks.tracking.inputs import batch_of


def holdout_at(info: VersionInfo) -> BatchRef:
    """The holdout of a version: by its tag, or as its run logged it; the current one without either."""
    if name := info.tags.get(Tag.HOLDOUT):
        return batch_ref(holdout_of(info.dataset), name)
    run = connect().get_run(info.run_id)
    for entry in run.inputs.dataset_inputs if run.inputs else ():
        if any(tag.value == "holdout" for tag in entry.tags):
            return versioned(holdout_of(info.dataset), batch_of(entry), entry.dataset.digest)
    return current_holdout(info.dataset)


def holdout_for(info: VersionInfo) -> BatchRef:
    """The holdout that models are compared with a version on: its own where it slides, else the current one."""
    current = current_holdout(info.dataset)
    return holdout_at(info) if parts_of(current) else current


@task(task_run_name="holdout after version {serving.version}", persist_result=False)
def next_holdout(serving: VersionInfo, new: Sequence[BatchRef], deciding: Deciding) -> BatchRef:
    """The holdout of a version that learns ``new`` batches on ``serving``; one that does not slide stays."""
    before = holdout_for(serving)
    if not parts_of(before):
        return before
    unknown = [ref for ref in new if ref.id not in serving.batches]
    carry = deciding.keep == EVERYTHING
    return slid_holdout(before, unknown, deciding.slice_fraction, serving.batches, carry=carry)


def holdout_of_training(
    serving: VersionInfo | None, base: list[BatchRef], deciding: Deciding, forgotten: Sequence[str] = ()
) -> BatchRef:
    """The holdout of a training on ``base``: a first one, or the one that follows the champion's."""
    if serving is None:
        dataset = base[0].dataset
        return ensure_holdout(dataset, base, deciding.holdout_fraction, deciding.holdout)
    holdout = next_holdout(serving, base, deciding)
    for batch in forgotten:
        holdout = holdout_without(holdout, batch)
    return holdout


def versioned(dataset: str, batch: str, md5: str) -> BatchRef:
    """A batch of a ledger, checked out; raises IntegrityError where its md5 differs from the ledger's."""
    ref = batch_ref(dataset, batch)
    if ref.md5 != md5:
        raise IntegrityError(
            f"batch {batch} is versioned with md5 {ref.md5}, and was learnt with {md5}",
            f"Restore {batch}.parquet.dvc from git",
        )
    checkout(ref)
    return ref
