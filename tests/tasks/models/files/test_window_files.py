"""The windows of a version: sealed by a tag, and deleted once a later version serves."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from greenlightning.data.batch import Batch
from greenlightning.errors import IntegrityError
from greenlightning.model import GreenLightningModel
from greenlightning.model.windows import EVERYTHING, Windows
from tasks.core.constants import Tag
from tasks.models.files.window_files import INDEX, drop_windows, load_windows, log_windows
from tasks.tracking.client import artifact_uri
from tests.helpers.small_champion import served, versioned

pytestmark = pytest.mark.usefixtures("mlflow_home")


def test_windows_come_back_as_saved_damage_is_named_and_they_are_dropped(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    champion = served(tiny_model, tmp_path / "champion", versioned(batches[0], tmp_path))
    assert load_windows(champion, tiny_model) is None
    Windows.begin(tiny_model, [batches[0].id], lambda _: tiny_model.statistics).save(tmp_path / "windows")
    seal = log_windows(champion.run_id, tmp_path / "windows")
    sealed = replace(champion, tags={**champion.tags, **seal})
    found = load_windows(sealed, tiny_model)
    assert found and found.models[EVERYTHING].statistics == tiny_model.statistics
    with pytest.raises(IntegrityError, match="version 1 are missing or corrupt"):
        load_windows(replace(sealed, tags={**seal, Tag.WINDOWS: "0" * 64}), tiny_model)
    index = Path(unquote(artifact_uri(champion.run_id, f"windows/{INDEX}").removeprefix("file://")))
    assert index.is_file()
    drop_windows(sealed)
    assert not index.exists()
    with pytest.raises(IntegrityError, match="missing or corrupt"):
        load_windows(sealed, tiny_model)
