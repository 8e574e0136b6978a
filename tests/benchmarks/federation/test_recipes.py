"""Other recipes are judged by rows of the coordinator that took no part, and their bytes are those of messages."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.core.records import Records, latest
from benchmarks.federation import recipes
from benchmarks.federation.study.setting import Setting


def test_a_recipe_has_an_accuracy_and_the_bytes_of_its_messages() -> None:
    small = {"n_landmarks": 24, "n_random_features": 0, "max_epochs": 1, "hidden_layer_sizes": (16,)}
    setting = Setting.of("digits", 0)
    found = recipes.measured(setting, small)
    assert 0.3 < found["accuracy"] <= 1
    assert found["features"] == 24
    assert 1_000 < found["message_bytes"] < found["publication_bytes"]
    spoilt = np.where(np.arange(len(setting.y_test)) >= 0, 0, setting.y_test)
    assert recipes.measured(replace(setting, y_test=spoilt), small) == found


def test_the_table_has_a_line_for_each_recipe_that_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def values(accuracy: float) -> dict[str, Any]:
        return {"accuracy": accuracy, "features": 1_280, "publication_bytes": 1_000_000, "message_bytes": 500_000}

    records = Records(recipes.PART, "code", "machine", folder=tmp_path)
    for seed, accuracy in enumerate((0.85, 0.87)):
        records.add({"dataset": "fashion-mnist", "seed": seed, "recipe": "default"}, values(accuracy))
    monkeypatch.setattr(recipes, "latest", partial(latest, folder=tmp_path))
    assert recipes.table()[2:] == ["| default | 1,280 | 0.8600 (0.8500 to 0.8700) | 1,500 |"]
