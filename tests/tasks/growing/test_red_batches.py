"""Which batches ask for new gates: learnt while red, since the gates were made, unless a growth lost with them."""

from pathlib import Path

import pytest

from greenlightning.data.batch import Batch
from greenlightning.model import GreenLightningModel
from tasks.core.constants import KEPT, Kind, Tag
from tasks.growing.red_batches import red_batches, rows_away
from tasks.models import registry
from tasks.tracking.runs import flow_run
from tests.helpers.small_champion import versioned
from tests.helpers.versions import register_version


@pytest.fixture
def versions(
    mlflow_home: Path, tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> list[registry.VersionInfo]:
    """Three versions: trained, retrained while red, retrained while green."""
    models = [tiny_model, tiny_model.learn(batches[1])]
    models.append(models[1].learn(batches[2]))
    for number, (model, health) in enumerate(zip(models, ("", "red", "green"), strict=True)):
        kind = Kind.RETRAIN if number else Kind.TRAIN
        tags = {Tag.PARENT_VERSION: str(number), Tag.HEALTH: health} if number else {}
        registered(model, tmp_path / str(number), kind, tags)
    return [registry.version("digits", number) for number in (1, 2, 3)]


def registered(model: GreenLightningModel, folder: Path, kind: Kind, tags: dict[Tag, str]) -> None:
    with flow_run("digits", kind) as run_id:
        register_version(model, folder, run_id, {str(tag): value for tag, value in tags.items()})


def test_batches_learnt_while_red_ask_for_gates_until_a_growth_with_them_has_lost(
    versions: list[registry.VersionInfo], batches: list[Batch], tiny_model: GreenLightningModel, tmp_path: Path
) -> None:
    assert [red_batches(info) for info in versions] == [[], [batches[1].id], [batches[1].id]]
    lost = {Tag.PARENT_VERSION: "1", Tag.DECISION: KEPT}
    registered(tiny_model.learn(batches[1]), tmp_path / "lost", Kind.GROW, lost)
    assert [red_batches(info) for info in versions] == [[], [], []]
    assert red_batches(versions[0], [batches[1].id]) == [batches[1].id], "new again: the champion has changed"


def test_rows_that_are_not_versioned_here_are_named(
    versions: list[registry.VersionInfo], batches: list[Batch], tmp_path: Path
) -> None:
    versioned(batches[0], tmp_path)
    assert rows_away(versions[0]) == []
    assert rows_away(versions[1]) == [batches[1].id]
