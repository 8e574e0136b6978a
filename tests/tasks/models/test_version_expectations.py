"""The expectations of a version are those that its run stored, to the digest, or an error that says so."""

from pathlib import Path

import pytest

from greenlightning.data.batch import Batch
from greenlightning.errors import IntegrityError
from greenlightning.model import GreenLightningModel
from tasks.models.version_expectations import EXPECTATIONS, expectations_of
from tasks.models.version_info import VersionInfo
from tasks.tracking.client import artifact_uri
from tests.helpers.small_champion import served, versioned

pytestmark = pytest.mark.usefixtures("mlflow_home")


@pytest.fixture
def serving(tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path) -> VersionInfo:
    """Version 1 of the digits, whose base is the first batch."""
    return served(tiny_model, tmp_path / "model", versioned(batches[0], tmp_path))


def stored(serving: VersionInfo) -> Path:
    return Path(artifact_uri(serving.run_id, EXPECTATIONS).removeprefix("file://").replace("%20", " "))


def test_a_version_expects_what_its_base_was(serving: VersionInfo, batches: list[Batch]) -> None:
    expected = expectations_of(serving)
    assert (expected.rows, expected.labels) == (30, (0, 1, 2))
    assert expected.base.low == pytest.approx(batches[0].X.min(axis=0))
    assert expected.recent.high == pytest.approx(batches[0].X.max(axis=0))


@pytest.mark.parametrize("content", [None, "", "{", '{"rows": 30}'])
def test_missing_or_corrupt_expectations_are_one_error_with_a_remedy(
    serving: VersionInfo, content: str | None
) -> None:
    if content is None:
        stored(serving).unlink()
    else:
        stored(serving).write_text(content)
    with pytest.raises(IntegrityError, match="expectations of digits version 1 are missing or corrupt") as refused:
        expectations_of(serving)
    assert "greenlightning rollback --dataset digits" in refused.value.remedy
