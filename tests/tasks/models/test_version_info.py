"""The tags of a version say what it learnt, what it forgot and what was held back."""

import pytest

from greenlightning.errors import IntegrityError
from tasks.models.version_info import IN_A_TAG, VersionInfo, batch_tags, pruned_error, serving_already


def version(**tags: str) -> VersionInfo:
    named = {tag.replace("__", "."): value for tag, value in tags.items()}
    return VersionInfo("d", 7, "run", "2026-01-01", (), named, "")


def test_batches_are_read_from_the_tags() -> None:
    info = version(batch__a="md5", forgotten__b="true", held_back__c="3", parent_version="6")
    assert (info.batches, info.forgotten, info.held_back, info.parent) == ({"a": "md5"}, {"b"}, {"c": "3"}, 6)


def test_a_batch_that_was_learnt_again_is_neither_forgotten_nor_held_back() -> None:
    info = version(batch__a="md5", forgotten__a="true", held_back__a="3")
    assert (info.forgotten, info.held_back, info.parent) == (frozenset(), {}, None)


def test_many_batches_have_few_tags_and_one_that_came_later_has_its_own() -> None:
    learnt = {f"{number:016x}": f"{number:032x}" for number in range(IN_A_TAG + 1)}
    tags = batch_tags("batch.", learnt)
    assert tags.keys() == {"batch.0", "batch.1"}
    assert max(map(len, tags.values())) < 100_000, "MLflow takes no longer tags"
    assert VersionInfo("d", 7, "run", "", (), tags | {"batch.b": "later"}, "").batches == learnt | {"b": "later"}
    assert batch_tags("batch.", {}) == {}


def test_a_list_of_batches_that_was_cut_is_an_integrity_error() -> None:
    with pytest.raises(IntegrityError, match="The tags of d version 7 are not those that were registered"):
        _ = version(batch__0='{"a":"m').batches


def test_errors_name_the_version_and_the_command() -> None:
    pruned = version(pruned_at="2026-02-01")
    assert pruned.pruned and not version().pruned
    assert "reproduce 7 --dataset d --restore" in str(pruned_error(pruned))
    assert "d version 7 is serving already" in str(serving_already(pruned))
