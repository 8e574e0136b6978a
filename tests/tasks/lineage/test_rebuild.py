"""Rebuilding: the ledger's batches give the version's statistics to the bit, and each missing batch is named."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from greenlightning.data.batch import Batch
from greenlightning.errors import IntegrityError, NothingServedError
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Tag
from tasks.data.batch_index import BatchRef, pointer_path
from tasks.data.pointers.repository import md5_of
from tasks.lineage import rebuild
from tasks.models import registry
from tasks.models.version_info import VersionInfo
from tests.helpers.small_champion import served, versioned

pytestmark = [pytest.mark.usefixtures("mlflow_home"), pytest.mark.slow]


@pytest.fixture
def base(batches: list[Batch], tmp_path: Path) -> BatchRef:
    """The first batch, versioned; the third one is the holdout."""
    versioned(batches[2], tmp_path, "digits.holdout")
    return versioned(batches[0], tmp_path)


@pytest.fixture
def site_file(batches: list[Batch], tmp_path: Path) -> Path:
    """The second batch as the file of a site."""
    file = tmp_path / "north.parquet"
    frame = pd.DataFrame(batches[1].X, columns=[f"x{number}" for number in range(4)])
    frame.assign(label=batches[1].y).to_parquet(file)
    return file


@pytest.fixture
def info(
    base: BatchRef, site_file: Path, tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> VersionInfo:
    """Version 1: learnt from the base, and from the second batch at site north."""
    empty = GreenLightningModel.empty(tiny_model.paths, tiny_model.alpha)
    model = empty.learn(batches[0], md5=base.md5).learn(batches[1], md5=md5_of(site_file), site="north")
    return served(model, tmp_path / "model", base)


def test_the_batches_of_a_ledger_give_the_statistics_of_the_version(info: VersionInfo, site_file: Path) -> None:
    rebuilt = rebuild.relearn(info, [site_file])
    assert rebuilt.missing == {}
    assert rebuilt.model.statistics.digest == info.tags[Tag.STATISTICS_DIGEST]
    assert rebuild.checked(info, rebuilt.model) is rebuilt.model


def test_other_statistics_than_those_of_the_version_are_refused(
    info: VersionInfo, tiny_model: GreenLightningModel
) -> None:
    with pytest.raises(IntegrityError, match="The batches of version 1 give statistics"):
        rebuild.checked(info, tiny_model)


def test_a_batch_of_a_site_is_missing_without_the_site_s_file(info: VersionInfo, batches: list[Batch]) -> None:
    rebuilt = rebuild.relearn(info)
    assert rebuilt.missing.keys() == {batches[1].id}
    assert rebuilt.model.statistics.n == 30
    error = rebuild.incomplete_error(info, rebuilt.missing)
    assert isinstance(error, NothingServedError)
    assert "learnt from site north, whose rows never left it; 1 of 2 batches are available" in error.cause
    assert "--site-file" in error.remedy


def test_a_batch_without_its_pointer_is_missing(info: VersionInfo, site_file: Path, base: BatchRef) -> None:
    pointer_path("digits", base.id).unlink()
    assert rebuild.relearn(info, [site_file]).missing.keys() == {base.id}


def test_a_batch_versioned_with_other_bytes_is_refused(base: BatchRef) -> None:
    assert rebuild.versioned("digits", base.id, base.md5) == base
    with pytest.raises(IntegrityError, match=f"versioned with md5 {base.md5}, and was learnt with ffff"):
        rebuild.versioned("digits", base.id, "f" * 32)


def test_the_frozen_parts_have_learnt_nothing_and_must_be_those_of_the_version(info: VersionInfo) -> None:
    empty = rebuild.frozen_parts(info)
    assert (empty.statistics.n, empty.alpha) == (0, 1.0)
    assert empty.paths.digest == info.tags[Tag.RECIPE_DIGEST]
    other = replace(info, tags={**info.tags, Tag.STRUCTURE_DIGEST: "f" * 64})
    with pytest.raises(IntegrityError, match="No version of 'digits' has the recipe"):
        rebuild.frozen_parts(other)


def test_the_holdout_is_the_current_one_where_the_run_logged_none(info: VersionInfo, batches: list[Batch]) -> None:
    assert rebuild.holdout_at(registry.version("digits", 1)).id == batches[2].id
