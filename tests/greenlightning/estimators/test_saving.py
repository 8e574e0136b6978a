"""An estimator comes back from disk as it was, and damage is named."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from greenlightning import GreenLightningClassifier, GreenLightningRegressor
from greenlightning.errors import IntegrityError, MismatchError
from tests.helpers.small import blobs

QUICK: dict[str, Any] = {"hidden_layer_sizes": (16,), "max_epochs": 2, "random_state": 0}


@pytest.mark.parametrize("kind", [GreenLightningClassifier, GreenLightningRegressor])
def test_it_comes_back_as_it_was_and_goes_on(kind: Any, tmp_path: Path) -> None:
    X, y = blobs(120)
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    model = kind(**QUICK, memory_budget=10**9).fit(frame[:100], y[:100])
    model.save(tmp_path / "saved")
    loaded = kind.load(tmp_path / "saved")
    assert loaded.get_params() == model.get_params()
    assert loaded.n_features_in_ == 4
    assert loaded.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    assert np.array_equal(loaded.row_fingerprints_, model.row_fingerprints_)
    assert np.array_equal(loaded.predict(frame), model.predict(frame))
    assert loaded.predict(frame).shape == (120,)
    assert loaded.model_.memory_budget == 10**9
    for each in (model, loaded):
        each.partial_fit(frame[100:], y[100:]).forget(frame[:50], y[:50])
    assert loaded.model_.statistics.digest == model.model_.statistics.digest
    assert loaded.model_.ledger == model.model_.ledger


@pytest.mark.parametrize("labels", [["x", "y", "z"], [False, True], [10, 20, 30]])
def test_classes_keep_their_kind(labels: list[Any], tmp_path: Path) -> None:
    X, codes = blobs(60, n_classes=len(labels))
    model = GreenLightningClassifier(**QUICK).fit(X, np.array(labels)[codes])
    model.save(tmp_path)
    loaded = GreenLightningClassifier.load(tmp_path)
    assert (loaded.classes_.dtype, loaded.classes_.tolist()) == (model.classes_.dtype, labels)


def test_several_outputs_stay_several(tmp_path: Path) -> None:
    X, y = blobs(60)
    GreenLightningRegressor(**QUICK).fit(X, np.c_[y, -y]).save(tmp_path)
    assert GreenLightningRegressor.load(tmp_path).predict(X).shape == (60, 2)


def test_a_random_state_that_is_no_integer_is_left_out(tmp_path: Path) -> None:
    state = np.random.RandomState(0)
    GreenLightningClassifier(**QUICK | {"random_state": state}).fit(*blobs(60)).save(tmp_path)
    assert GreenLightningClassifier.load(tmp_path).random_state is None


def test_only_fitted_estimators_are_saved(tmp_path: Path) -> None:
    with pytest.raises(NotFittedError):
        GreenLightningClassifier().save(tmp_path)


def test_another_class_does_not_load(tmp_path: Path) -> None:
    GreenLightningClassifier(**QUICK).fit(*blobs(60)).save(tmp_path)
    with pytest.raises(MismatchError, match="holds a GreenLightningClassifier"):
        GreenLightningRegressor.load(tmp_path)


@pytest.mark.parametrize("name", ["estimator.json", "estimator.safetensors", "model.json"])
def test_missing_and_truncated_files_are_named(name: str, tmp_path: Path) -> None:
    GreenLightningClassifier(**QUICK).fit(*blobs(60)).save(tmp_path)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[:-20])
    with pytest.raises(IntegrityError, match=name):
        GreenLightningClassifier.load(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(IntegrityError, match=name):
        GreenLightningClassifier.load(tmp_path)


@pytest.mark.parametrize("change", [{"n_features_in": 5}, {"parameters": {}}, {"model": ""}])
def test_changed_files_do_not_load(change: dict[str, Any], tmp_path: Path) -> None:
    GreenLightningClassifier(**QUICK).fit(*blobs(60)).save(tmp_path)
    about = json.loads((tmp_path / "estimator.json").read_text())
    (tmp_path / "estimator.json").write_text(json.dumps(about | change))
    with pytest.raises(IntegrityError, match="do not belong together"):
        GreenLightningClassifier.load(tmp_path)


def test_parts_of_two_estimators_do_not_mix(tmp_path: Path) -> None:
    for name, rows in (("one", 60), ("two", 90)):
        GreenLightningClassifier(**QUICK).fit(*blobs(rows)).save(tmp_path / name)
    (tmp_path / "two" / "estimator.safetensors").replace(tmp_path / "one" / "estimator.safetensors")
    with pytest.raises(IntegrityError, match="do not belong together"):
        GreenLightningClassifier.load(tmp_path / "one")
