"""What release 0.1.0 saved loads and continues with the same digests: models, parts of models, references."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from greenlightning import GreenLightningModel, PathSGDClassifier, Statistics, Structure
from greenlightning.data.batch import Batch
from greenlightning.errors import IntegrityError
from greenlightning.health.assessment import assess
from greenlightning.health.reference import HealthReference
from tests.fixtures.release import expected, unpack
from tests.helpers.small import blobs

EXPECTED = expected()
LEARN, PREDICT = np.array(EXPECTED["inputs"]["learn"]), np.array(EXPECTED["inputs"]["predict"])
LABELS = np.array(EXPECTED["inputs"]["labels"])
TARGETS: dict[str, NDArray[Any]] = {
    "landmarks": np.array(["ant", "bee", "cat"])[LABELS],
    "explicit": LABELS,
    "regression": 2 * LEARN[:, 0] + 1,
}
LOADERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "explicit": ("model", GreenLightningModel.load),
    "landmarks": ("paths", GreenLightningModel.load),
    "structure": ("structure", Structure.load),
    "statistics": ("statistics", Statistics.load),
    "sgd": ("gradient", PathSGDClassifier.load),
    "health": ("health", HealthReference.load),
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the library of release 0.1.0 saved."""
    return unpack("library", tmp_path_factory.mktemp("release"))


def same_predictions(found: NDArray[Any], stated: list[Any]) -> None:
    """Labels are equal; real outputs differ by less than 1e-8."""
    if found.dtype.kind == "f":
        assert found == pytest.approx(np.array(stated), abs=1e-8, rel=0)
    else:
        assert found.tolist() == stated


@pytest.mark.parametrize("name", ["landmarks", "explicit", "regression", "given"])
def test_a_model_loads_with_the_digests_that_it_was_saved_with(name: str, library: Path) -> None:
    model, stated = GreenLightningModel.load(library / name), EXPECTED[name]
    digests = (model.structure.digest, model.paths.digest, model.statistics.digest)
    assert digests == (stated["structure"], stated["recipe"], stated["statistics"])
    assert model.alpha == stated["alpha"]


@pytest.mark.parametrize("name", TARGETS)
def test_a_model_predicts_what_it_predicted(name: str, library: Path) -> None:
    model, stated = GreenLightningModel.load(library / name), EXPECTED[name]
    weights = model.coefficients.weights
    assert [weights.sum(), np.abs(weights).sum()] == pytest.approx(stated["coefficients"], abs=1e-8, rel=0)
    same_predictions(model.predict(PREDICT), stated["predict"])


@pytest.mark.parametrize("name", TARGETS)
def test_coefficients_solved_from_the_saved_statistics_are_the_saved_ones(name: str, library: Path) -> None:
    saved = GreenLightningModel.load(library / name)
    solved = GreenLightningModel(saved.paths, saved.targets, saved.statistics, saved.alpha, saved.ledger)
    assert solved.coefficients.weights == pytest.approx(saved.coefficients.weights, abs=1e-8, rel=1e-8)
    assert solved.coefficients.intercept == pytest.approx(saved.coefficients.intercept, abs=1e-8, rel=1e-8)


@pytest.mark.parametrize("name", TARGETS)
def test_a_model_learns_a_batch_and_forgets_it_to_the_same_digests(name: str, library: Path) -> None:
    model, stated, batch = GreenLightningModel.load(library / name), EXPECTED[name], Batch(LEARN, TARGETS[name])
    learnt = model.learn(batch)
    assert learnt.statistics.digest == stated["after_learning"]
    same_predictions(learnt.predict(PREDICT), stated["after_learning_predict"])
    assert learnt.forget(batch).statistics.digest == stated["after_forgetting"] == model.statistics.digest
    assert (model.statistics + model.statistics).digest == stated["statistics_doubled"]


def test_a_structure_and_statistics_saved_alone_are_those_of_their_model(library: Path) -> None:
    assert Structure.load(library / "structure").digest == EXPECTED["given"]["structure"]
    assert Statistics.load(library / "statistics").digest == EXPECTED["given"]["statistics"]


def test_a_classifier_trained_by_gradient_descent_predicts_what_it_predicted(library: Path) -> None:
    assert PathSGDClassifier.load(library / "sgd").predict(PREDICT).tolist() == EXPECTED["sgd"]["predict"]


def test_a_health_reference_gives_the_same_verdict_and_values(library: Path) -> None:
    model = GreenLightningModel.load(library / "landmarks")
    health = assess(HealthReference.load(library / "health"), model, LEARN + 1.0, TARGETS["landmarks"])
    assert str(health.verdict) == EXPECTED["health"]["verdict"]
    values = {one.name: one.value for one in health.statistics}
    assert values == pytest.approx(EXPECTED["health"]["statistics"], abs=1e-8, rel=0)


def test_the_inputs_of_the_fixture_are_the_blobs_that_its_page_names() -> None:
    assert (blobs(60, seed=1)[0] == LEARN).all() and (blobs(20, seed=2)[0] == PREDICT).all()


@pytest.mark.parametrize("name", LOADERS)
def test_a_part_in_an_unknown_format_is_refused_in_one_line(name: str, library: Path, tmp_path: Path) -> None:
    part, load = LOADERS[name]
    for file in (library / name).iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    about = json.loads((tmp_path / f"{part}.json").read_text())
    known, unknown = about["format"], about["format"].replace("/1", "/99")
    (tmp_path / f"{part}.json").write_text(json.dumps(about | {"format": unknown}))
    with pytest.raises(IntegrityError) as refused:
        load(tmp_path)
    said = str(refused.value)
    assert unknown in said and known in said and f"{part}.json" in said
    assert "\n" not in said
