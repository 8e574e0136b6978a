"""A version names its holdout; the next one slides from there, unless somebody chose a holdout that stays."""

from dataclasses import replace
from pathlib import Path

import pytest

from greenlightning.data.batch import Batch
from greenlightning.errors import IntegrityError
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Tag
from tasks.core.settings import DECIDING
from tasks.data.holdout import holdout_of
from tasks.models.holdouts import holdout_at, holdout_for, next_holdout, versioned
from tests.helpers import small_champion

pytestmark = pytest.mark.usefixtures("mlflow_home")


def test_a_version_has_the_holdout_of_its_tag_and_one_that_was_chosen_later_is_used_from_then_on(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    base = small_champion.versioned(batches[0], tmp_path)
    first = small_champion.versioned(batches[1], tmp_path, holdout_of("digits"))
    champion = small_champion.served(tiny_model, tmp_path / "champion", base)
    assert holdout_at(champion) == holdout_for(champion) == first
    tagged = replace(champion, tags={**champion.tags, Tag.HOLDOUT: first.id})
    chosen = small_champion.versioned(batches[2], tmp_path, holdout_of("digits"))
    assert holdout_at(tagged) == first
    assert holdout_for(tagged) == next_holdout.fn(tagged, [base], DECIDING) == chosen


def test_a_batch_with_other_bytes_than_the_ledgers_is_refused(batches: list[Batch], tmp_path: Path) -> None:
    ref = small_champion.versioned(batches[0], tmp_path)
    assert versioned("digits", ref.id, ref.md5) == ref
    with pytest.raises(IntegrityError, match="was learnt with 0000"):
        versioned("digits", ref.id, "0000")
