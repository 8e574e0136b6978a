"""The files of a version are sealed: no bit of them changes unnoticed."""

import json
from pathlib import Path

import pytest

from greenlightning.errors import IntegrityError
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Tag
from tasks.models import registry
from tasks.models.files.seals import seal_of
from tests.helpers.versions import files_of, register_in_a_run

pytestmark = [pytest.mark.usefixtures("mlflow_home"), pytest.mark.slow]


def test_the_seal_covers_names_and_bytes_but_no_statistics(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "a.json").write_text("{}")
    seal = seal_of(folder)
    (folder / "statistics.safetensors").write_text("may be pruned")
    assert seal_of(folder) == seal
    (folder / f".a.json.{'0f' * 16}").write_text("a killed process was writing it")
    assert seal_of(folder) == seal
    (folder / ".a.json").write_text("of no process")
    assert seal_of(folder) != seal
    (folder / ".a.json").unlink()
    (folder / "a.json").rename(folder / "b.json")
    assert seal_of(folder) != seal


@pytest.mark.parametrize(("file", "field"), [("structure.json", "seen"), ("paths.json", "seen")])
def test_metadata_that_no_digest_covers_is_sealed_by_the_version(
    tiny_model: GreenLightningModel, tmp_path: Path, file: str, field: str
) -> None:
    """Without the seal, a changed ``seen`` lets ``forget`` say that the structure remembers nothing."""
    register_in_a_run(tiny_model, tmp_path / "model")
    stored = files_of(1) / "artifacts" / "model" / file
    content = json.loads(stored.read_text())
    assert content[field]
    stored.write_text(json.dumps(content | {field: []}))
    with pytest.raises(IntegrityError, match="are not those that were registered"):
        registry.load("digits", 1)


def test_tags_that_do_not_tell_the_models_ledger_are_noticed(
    tiny_model: GreenLightningModel, tmp_path: Path
) -> None:
    from tasks.tracking.client import connect

    register_in_a_run(tiny_model, tmp_path / "model")
    [batch] = tiny_model.ledger.entries
    connect().set_model_version_tag("digits", "1", f"batch.{batch}", "1" * 32)
    with pytest.raises(IntegrityError, match="are not those that were registered"):
        registry.load("digits", 1)


def test_a_version_of_an_earlier_release_has_no_seal_and_loads(
    tiny_model: GreenLightningModel, tmp_path: Path
) -> None:
    from tasks.tracking.client import connect

    register_in_a_run(tiny_model, tmp_path / "model")
    for tag in (Tag.FILES, Tag.LEDGER):
        connect().delete_model_version_tag("digits", "1", tag)
    assert registry.load("digits", 1).statistics == tiny_model.statistics
