"""The ledger of a version as a table."""

from pathlib import Path

from flows.learning.retrain import retrain
from tasks.data.batch_index import batches
from tasks.lineage.ledger_table import ledger_table
from tests.helpers.digits import DIGITS, FIRST, add, outcome


def test_the_ledger_has_a_row_for_each_batch_the_last_first(prefect: None, champion: Path) -> None:
    first = add("first", FIRST)
    assert outcome(retrain, dataset=DIGITS).promoted
    base = next(ref for ref in batches(DIGITS) if ref.id != first)
    rows = ledger_table(DIGITS, 2)
    assert [(row["batch"], row["source"]) for row in rows] == [(first, "first.parquet"), (base.id, "base.parquet")]
    assert [row["rows"] for row in rows] == [200, 400], "a fifth of the base is the holdout"
    assert rows[1]["md5"] == base.md5[:8]
