"""The lineage as a tree on the terminal."""

from io import StringIO

from rich.console import Console

from flows.console.lineage_tree import lineage_tree
from tasks.lineage.tree import BatchNode, LineageNode, VersionNode

DIGEST = "0123456789abcdef" * 4
TREE = VersionNode(
    "version",
    "digits version 2 (champion)",
    {"greenlightning.kind": "retrain", "reason": "0.91 [not 0.90]"},
    (
        LineageNode("structure", DIGEST),
        LineageNode("ledger", "", {"rows": "30"}, (BatchNode("batch", "ab" * 8, {"md5": "1" * 32}, rows=30),)),
    ),
    number=2,
)


def test_the_tree_shows_every_node_with_its_facts_and_short_digests() -> None:
    console = Console(width=200, record=True, file=StringIO())
    console.print(lineage_tree(TREE))
    lines = console.export_text().splitlines()
    assert lines[0].strip() == "digits version 2 (champion)  kind retrain  reason 0.91 [not 0.90]"
    assert lines[1].endswith("structure 0123456789ab")
    assert lines[2].endswith("ledger  rows 30")
    assert lines[3].endswith(f"batch {'ab' * 8}  md5 111111111111")
