"""The ledger of a version as a table: one row a batch, the latest first."""

from tasks.data.batch_index import known_batch
from tasks.lineage.tree import ledger_of

LONGEST = 200
MD5_DIGITS = 8


def ledger_table(dataset: str, number: int) -> list[dict[str, str | int]]:
    """Batch, rows, source, landing time, first version and md5 of the last ``LONGEST`` batches learnt."""
    rows: list[dict[str, str | int]] = []
    for batch in ledger_of(dataset, number)[: -LONGEST - 1 : -1]:
        pointer = known_batch(dataset, batch.name)
        rows.append(
            {
                "batch": batch.name,
                "rows": batch.rows or 0,
                "source": f"site {batch.site}" if batch.site else pointer.source if pointer else "unknown",
                "landed": pointer.landed_at[:16].replace("T", " ") if pointer else "",
                "since": str(batch.since),
                "md5": batch.md5[:MD5_DIGITS],
            }
        )
    return rows
