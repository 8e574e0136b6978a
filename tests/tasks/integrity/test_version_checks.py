"""Each damaged file of a version is found; lineage is followed to the bytes."""

from pathlib import Path
from urllib.request import url2pathname

import pytest

from greenlightning.data.batch import Batch
from greenlightning.model import GreenLightningModel
from tasks.data.batch_index import pointer_path
from tasks.integrity.version_checks import check_aliases, check_versions
from tasks.models import registry
from tasks.models.version_info import VersionInfo
from tasks.tracking.client import connect
from tests.helpers.small_champion import served, versioned
from tests.helpers.versions import files_of

pytestmark = [pytest.mark.usefixtures("mlflow_home"), pytest.mark.slow]


@pytest.fixture
def serving(tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path) -> VersionInfo:
    """A champion that has learnt one batch, with the md5 of its versioned bytes."""
    ref = versioned(batches[0], tmp_path)
    model = GreenLightningModel.empty(tiny_model.paths, 1.0).learn(batches[0], md5=ref.md5)
    return served(model, tmp_path / "model", ref)


def test_a_whole_version_is_no_finding(serving: VersionInfo) -> None:
    assert list(check_versions("digits")) == []


def test_each_damaged_file_of_a_version_is_found(serving: VersionInfo) -> None:
    files = [path for path in (files_of(1) / "artifacts").rglob("*") if path.is_file() and "pyc" not in path.name]
    run = Path(url2pathname(connect().get_run(serving.run_id).info.artifact_uri.removeprefix("file://")))
    files += [run / "expectations.json", run / "expectations_of_base.json"]
    assert {"structure.json", "paths.json", "statistics.safetensors", "ledger.json"} <= {
        path.name for path in files
    }
    for path in files:
        whole = path.read_bytes()
        for spoilt in (
            whole[: len(whole) // 2],
            *(whole[:-20] + bytes([whole[-20] ^ bit]) + whole[-19:] for bit in (1, 128)),
        ):
            path.write_bytes(spoilt)
            assert list(check_versions("digits")), path
        path.unlink()
        assert list(check_versions("digits")), path
        path.write_bytes(whole)
    assert list(check_versions("digits")) == []


def test_a_batch_that_was_learnt_and_is_gone_is_found(serving: VersionInfo) -> None:
    [batch] = serving.batches
    pointer_path("digits", batch).unlink()
    [finding] = check_versions("digits")
    assert f"batch {batch} of its ledger is not versioned here" in finding.line


def test_a_lost_alias_is_found(serving: VersionInfo) -> None:
    connect().delete_registered_model_alias("digits", "champion")
    [finding] = check_aliases("digits", registry.versions("digits"))
    assert "no version has the alias champion, though one was promoted" in finding.line
