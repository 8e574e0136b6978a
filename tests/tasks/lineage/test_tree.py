"""The lineage tree: from a version to what made it, and from a batch to every version that learnt it."""

import json
import shutil
from urllib.request import url2pathname

import pytest

from greenlightning.data.batch import Batch
from greenlightning.errors import NothingServedError
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Alias
from tasks.lineage.tree import (
    BatchNode,
    FirstLearnt,
    LineageNode,
    VersionNode,
    ledger_of,
    lineage,
    of_version,
    short,
)
from tasks.models import registry
from tasks.tracking.client import connect

pytestmark = [pytest.mark.usefixtures("history"), pytest.mark.slow]


def child(node: LineageNode, kind: str) -> LineageNode:
    [found] = [found for found in node.children if found.kind == kind]
    return found


def test_a_version_leads_to_its_data_structure_code_run_and_parents(
    history: list[str], tiny_model: GreenLightningModel, batches: list[Batch]
) -> None:
    tree = lineage("digits")
    assert (tree.kind, tree.name) == ("version", "digits version 2 (champion)")
    assert (tree.facts["decision"], tree.facts["rows"], tree.facts["replaced"]) == ("promoted", "60", "1")
    assert child(tree, "structure").name == tiny_model.structure.digest
    assert child(tree, "recipe").name == tiny_model.paths.digest
    assert child(tree, "run").name == history[1]
    assert "git.commit" in child(tree, "run").facts
    learnt = {node.name: node.facts for node in child(tree, "ledger").children}
    assert learnt[batches[0].id] == {"rows": "30", "md5": "0" * 32, "since": "version 1"}
    assert learnt[batches[1].id] == {"rows": "30", "md5": "1" * 32, "site": "north", "since": "version 2"}
    assert [node.name for node in child(tree, "history").children] == ["digits version 1 (previous)"]


def test_a_forgotten_batch_is_in_the_history_and_not_in_the_ledger(batches: list[Batch]) -> None:
    tree = lineage("digits", 3)
    assert [node.name for node in child(tree, "ledger").children] == [batches[1].id]
    assert [node.facts["greenlightning.kind"] for node in child(tree, "history").children] == [
        "retrain",
        "train",
    ]


def test_a_first_version_has_no_history() -> None:
    assert [node.kind for node in lineage("digits", Alias.PREVIOUS).children] == [
        "structure",
        "recipe",
        "statistics",
        "run",
        "ledger",
    ]


def test_a_batch_leads_to_every_version_that_learnt_it(batches: list[Batch]) -> None:
    tree = lineage("digits", batches[0].id)
    assert (tree.kind, tree.facts) == ("batch", {"md5": "0" * 32, "rows": "30"})
    assert [node.name for node in tree.children] == [
        "digits version 2 (champion)",
        "digits version 1 (previous)",
    ]


@pytest.mark.parametrize("of", ["f" * 16, 9, Alias.CHALLENGER])
def test_an_unknown_version_or_batch_is_refused(of: int | str) -> None:
    with pytest.raises(NothingServedError):
        lineage("digits", of)


def test_tags_keep_the_ledger_where_the_files_are_missing(batches: list[Batch]) -> None:
    where = connect().get_model_version_download_uri("digits", "2")
    shutil.rmtree(url2pathname(where.removeprefix("file://")))
    learnt = {node.name: node.facts for node in child(lineage("digits"), "ledger").children}
    assert learnt[batches[1].id] == {"md5": "1" * 32, "since": "version 2"}
    assert lineage("digits", batches[0].id).facts["rows"] == "unknown"


def test_a_version_has_its_number_and_its_aliases() -> None:
    tree = lineage("digits")
    assert isinstance(tree, VersionNode)
    assert (tree.number, tree.aliases) == (2, ("champion",))


def test_a_batch_of_a_ledger_has_its_rows_site_and_first_version(
    batches: list[Batch],
) -> None:
    first, second = ledger_of("digits", 2)
    assert (first.name, first.rows, first.site, first.since) == (
        batches[0].id,
        30,
        None,
        FirstLearnt(1, exact=True),
    )
    assert (second.name, second.md5, second.site, second.since) == (
        batches[1].id,
        "1" * 32,
        "north",
        FirstLearnt(2, exact=True),
    )
    alone = lineage("digits", batches[0].id)
    assert isinstance(alone, BatchNode) and (alone.rows, alone.since) == (30, None)


def test_a_lineage_that_looks_at_few_versions_says_that_a_batch_may_be_older(batches: list[Batch]) -> None:
    second = registry.version("digits", 2)
    [first, *_] = child(of_version(second, {2: second}), "ledger").children
    assert first.facts["since"] == "version 2 or before"


def test_the_tree_as_plain_data_has_four_keys_at_every_node() -> None:
    def check(node: dict[str, object]) -> None:
        assert list(node) == ["kind", "name", "facts", "children"]
        children = node["children"]
        assert isinstance(children, list)
        for one in children:
            check(one)

    check(json.loads(json.dumps(lineage("digits").to_dict())))


def test_digests_are_cut_and_other_values_kept() -> None:
    assert short("0123456789abcdef" * 4) == "0123456789ab"
    assert short("version 0123456789abcdef") == "version 0123456789abcdef"
