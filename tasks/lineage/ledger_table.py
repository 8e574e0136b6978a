"""The ledger of a version as a table: one row a batch, the batches learnt last first."""

from tasks.data.batch_index import pointer_path, read_pointer
from tasks.lineage.tree import ledger_of

LONGEST = 200
MD5_DIGITS = 8


def ledger_table(dataset: str, number: int) -> list[dict[str, str | int]]:
    """Batch, rows, source, landed, since which version, md5; the last ``LONGEST`` batches that were learnt."""
    rows: list[dict[str, str | int]] = []
    for node in ledger_of(dataset, number).children[: -LONGEST - 1 : -1]:
        ref = read_pointer(pointer_path(dataset, node.name), dataset)
        site = node.facts.get("site")
        rows.append(
            {
                "batch": node.name,
                "rows": int(node.facts.get("rows", 0)),
                "source": f"site {site}" if site else ref.source if ref else "unknown",
                "landed": ref.landed_at[:16].replace("T", " ") if ref else "",
                "since": node.facts["since"],
                "md5": node.facts["md5"][:MD5_DIGITS],
            }
        )
    return rows
