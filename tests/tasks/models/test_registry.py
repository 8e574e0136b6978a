"""The registry: a version is whole, findable, and loads as the very model that was registered."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from greenlightning.data.batch import Batch
from greenlightning.errors import IntegrityError, NothingServedError
from greenlightning.model import GreenLightningModel
from tasks.core.constants import Kind, Tag
from tasks.models import champion, registry
from tasks.tracking.client import connect
from tasks.tracking.runs import flow_run
from tests.helpers.versions import bare_versions, files_of, killed_at, register_in_a_run, register_version

pytestmark = pytest.mark.usefixtures("mlflow_home")


def found(condition: str) -> list[int]:
    return [int(entry.version) for entry in connect().search_model_versions(condition)]


def test_a_version_carries_its_lineage_and_every_batch_finds_it(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    model = tiny_model.learn(batches[1], md5="1" * 32, site="north")
    number = register_in_a_run(model, tmp_path / "model", parent_version="7", reason="better")
    info = registry.version("digits", number)
    assert info.batches == {batches[0].id: "0" * 32, batches[1].id: "1" * 32}
    assert info.tags[Tag.STRUCTURE_DIGEST] == model.structure.digest
    assert info.tags[Tag.RECIPE_DIGEST] == model.paths.digest
    assert info.tags[Tag.STATISTICS_DIGEST] == model.statistics.digest
    assert (info.tags[Tag.ROWS], info.tags[Tag.BATCHES], info.tags[Tag.ALPHA]) == ("60", "2", "1.0")
    assert (info.parent, info.tags[Tag.REASON], info.tags[Tag.KIND]) == (7, "better", "retrain")
    assert (info.description, info.aliases, Tag.GIT_COMMIT in info.tags) == ("a tiny model", (), True)
    assert found(f"tags.`batch.0` LIKE '%{batches[1].id}%'") == [number]
    assert found(f"tags.`batch.0` LIKE '%{'1' * 32}%'") == [number]
    assert found(f"tags.`batch.0` LIKE '%{batches[2].id}%'") == []


def test_a_version_loads_as_the_very_model_that_was_registered(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    number = register_in_a_run(tiny_model, tmp_path / "model")
    shutil.rmtree(tmp_path / "model")
    assert champion.promote.fn("digits", number, None)
    loaded = registry.load("digits")
    assert loaded.statistics.digest == tiny_model.statistics.digest
    assert np.array_equal(loaded.decision_function(batches[2].X), tiny_model.decision_function(batches[2].X))


def test_the_models_of_an_experiment_are_told_apart_by_version(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path
) -> None:
    for number, model in enumerate((tiny_model, tiny_model.learn(batches[1])), start=1):
        register_in_a_run(model, tmp_path / str(number))
    experiment = connect().get_experiment_by_name("digits")
    models = connect().search_logged_models([experiment.experiment_id], "model_type = 'greenlightning'")
    assert sorted(model.name for model in models) == ["digits v1", "digits v2"]


@pytest.mark.parametrize("harm", ["missing", "corrupt", "exchanged"])
def test_files_that_are_not_those_registered_do_not_load(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path, harm: str
) -> None:
    number = register_in_a_run(tiny_model, tmp_path / "model")
    files = files_of(number) / "artifacts" / "model"
    if harm == "missing":
        shutil.rmtree(files)
    elif harm == "corrupt":
        (files / "coefficients.safetensors").write_bytes(b"corrupt")
    else:
        tiny_model.learn(batches[1]).save(files)
    with pytest.raises(IntegrityError):
        registry.load("digits", number)


def test_what_does_not_exist_is_none_or_named() -> None:
    assert registry.champion("digits") is None
    assert registry.versions("digits") == []
    with pytest.raises(NothingServedError, match="'digits' has no champion"):
        registry.load("digits")
    bare_versions(1)
    assert registry.champion("digits") is None
    with pytest.raises(NothingServedError, match="has no version 9"):
        registry.version("digits", 9)


def test_searches_read_every_page(monkeypatch: pytest.MonkeyPatch) -> None:
    bare_versions(5)
    monkeypatch.setattr("mlflow.tracking._model_registry.fluent.SEARCH_MODEL_VERSION_MAX_RESULTS_DEFAULT", 2)
    assert [info.version for info in registry.versions("digits")] == [5, 4, 3, 2, 1]


def test_a_kill_at_any_step_of_a_registration_leaves_no_version_and_the_champion_serving(
    tiny_model: GreenLightningModel, batches: list[Batch], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion.promote.fn("digits", register_in_a_run(tiny_model, tmp_path / "first"), None)
    following = tiny_model.learn(batches[1])
    with flow_run("digits", Kind.RETRAIN) as run_id:
        for step in range(20):
            with killed_at(step, monkeypatch) as done:
                try:
                    register_version(following, tmp_path / "next", run_id)
                    break
                except KeyboardInterrupt:
                    pass
            if "create_model_version" not in done:
                assert len(registry.versions("digits")) == 1
            assert registry.load("digits").statistics.digest == tiny_model.statistics.digest
    assert done[-2:] == ["create_model_version", "set_logged_model_tags"]
