"""The tags by which later runs decide are sealed: one changed, added or lost is noticed before learning."""

from pathlib import Path

import pytest

from greenlightning.data.batch import Batch
from greenlightning.errors import IntegrityError
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Alias, Tag
from tasks.core.faults import VARIABLE, Fault
from tasks.models import champion, embedded_registry, registry
from tasks.models.files.seals import check_tags
from tasks.tracking.client import connect
from tests.helpers.versions import files_of, register_in_a_run

pytestmark = [pytest.mark.usefixtures("mlflow_home"), pytest.mark.slow]

DECIDING = {
    "forgotten.0123456789abcdef": "true",
    "aged.1123456789abcdef": "30",
    "held_back.2123456789abcdef": "1",
    "prequential": '{"batches": 1, "rows": 30}',
}


@pytest.fixture
def version(tiny_model: GreenLightningModel, tmp_path: Path) -> registry.VersionInfo:
    """Version 1 of the digits, the champion, with each of these tags."""
    number = register_in_a_run(tiny_model, tmp_path / "model", **DECIDING)
    champion.promote.fn("digits", number, None)
    return registry.version("digits", 1)


@pytest.mark.parametrize("tag", DECIDING)
def test_a_tag_that_is_changed_or_lost_is_noticed(version: registry.VersionInfo, tag: str) -> None:
    check_tags(version)
    connect().set_model_version_tag("digits", "1", tag, DECIDING[tag] + "0")
    with pytest.raises(IntegrityError, match="The tags of digits version 1"):
        check_tags(registry.version("digits", 1))
    connect().delete_model_version_tag("digits", "1", tag)
    with pytest.raises(IntegrityError, match="The tags of digits version 1"):
        check_tags(registry.version("digits", 1))
    assert embedded_registry.damage_of(registry.version("digits", 1))


def test_a_tag_that_is_added_is_noticed(version: registry.VersionInfo) -> None:
    connect().set_model_version_tag("digits", "1", "held_back.3123456789abcdef", "1")
    with pytest.raises(IntegrityError, match="The tags of digits version 1"):
        check_tags(registry.version("digits", 1))


def test_a_version_of_an_earlier_release_has_no_such_seal(version: registry.VersionInfo) -> None:
    connect().delete_model_version_tag("digits", "1", Tag.TAGS)
    connect().set_model_version_tag("digits", "1", "forgotten.3123456789abcdef", "true")
    check_tags(registry.version("digits", 1))


def test_a_rollback_seals_what_it_holds_back_even_where_it_failed_halfway_before(
    version: registry.VersionInfo,
    tiny_model: GreenLightningModel,
    batches: list[Batch],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    champion.promote.fn("digits", register_in_a_run(tiny_model.learn(batches[1]), tmp_path / "second"), 1)
    monkeypatch.setenv(VARIABLE, f"{Fault.PROMOTION_DATED}:EIO")
    with pytest.raises(OSError, match="Input/output error"):
        champion.rollback.fn("digits")
    monkeypatch.delenv(VARIABLE)
    connect().set_model_version_tag("digits", "1", f"held_back.{batches[1].id}", "2")
    assert champion.rollback.fn("digits") == 1
    serving = registry.version("digits", Alias.CHAMPION)
    check_tags(serving)
    assert serving.held_back.keys() == {batches[1].id, "2123456789abcdef"}


def test_a_rollback_to_a_version_whose_tags_were_changed_is_refused(
    version: registry.VersionInfo, tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    champion.promote.fn("digits", register_in_a_run(tiny_model.learn(batches[1]), tmp_path / "second"), 1)
    connect().set_model_version_tag("digits", "1", "prequential", "{}")
    with pytest.raises(IntegrityError, match="The tags of digits version 1"):
        champion.rollback.fn("digits")
    assert registry.version("digits", Alias.CHAMPION).version == 2


@pytest.mark.parametrize("name", ["structure.json", "coefficients.safetensors", "model.json"])
@pytest.mark.parametrize("how", ["flipped", "cut", "gone"])
def test_status_sees_that_a_file_of_the_champion_is_not_whole(
    version: registry.VersionInfo, name: str, how: str
) -> None:
    assert embedded_registry.damage_of(version) is None
    spoil(files_of(1) / "artifacts" / "model" / name, how)
    assert "are missing or corrupt" in str(embedded_registry.damage_of(version))


@pytest.mark.parametrize("how", ["cut", "gone", "empty"])
def test_status_sees_that_the_statistics_are_not_whole(version: registry.VersionInfo, how: str) -> None:
    spoil(files_of(1) / "artifacts" / "model" / "statistics.safetensors", how)
    assert "are missing or corrupt" in str(embedded_registry.damage_of(version))


def spoil(path: Path, how: str) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    ways = {"flipped": bytes(content), "cut": bytes(content[:-1]), "empty": b""}
    path.write_bytes(ways[how]) if how in ways else path.unlink()
