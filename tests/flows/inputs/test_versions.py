"""What a command names is looked up before Prefect is imported: datasets, versions, batches."""

from pathlib import Path

import pytest

from flows.inputs.versions import known_dataset, only_dataset, parsed_reference, version_reference
from greenlightning.errors import InputError, NothingServedError
from tasks.core.constants import Alias
from tasks.core.workspace import Workspace


@pytest.mark.parametrize("of", ["champion", "ab" * 8])
def test_an_alias_or_a_batch_is_taken_as_it_is(of: str) -> None:
    assert parsed_reference(of) == of


def test_a_number_is_a_version_and_other_words_are_refused() -> None:
    assert parsed_reference("12") == 12
    with pytest.raises(InputError, match="'newest' names no version or batch"):
        parsed_reference("newest")


def test_without_a_dataset_there_is_none_to_choose(home: Path) -> None:
    with pytest.raises(NothingServedError, match="0 datasets"):
        only_dataset()


def test_the_only_dataset_need_not_be_named(home: Path) -> None:
    (Workspace.current().root / "data" / "batches" / "orders").mkdir(parents=True)
    assert (known_dataset(None), known_dataset("orders")) == ("orders", "orders")
    with pytest.raises(NothingServedError, match=r"no dataset 'order' \(it has: orders\)"):
        known_dataset("order")


def test_a_version_is_a_number_or_an_alias() -> None:
    assert (version_reference("12"), version_reference("previous")) == (12, Alias.PREVIOUS)
    with pytest.raises(InputError, match="'ab' names no version"):
        version_reference("ab")
