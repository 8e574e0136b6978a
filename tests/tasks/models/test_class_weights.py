"""Class weights are kept from version to version, and changed without reading a row."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from greenlightning.data.batch import Batch
from greenlightning.data.targets import ClassTargets
from greenlightning.errors import InputError
from greenlightning.model import GreenLightningModel
from tasks.models.class_weights import for_training, of_labels, reweighed


def serving(targets: ClassTargets | None) -> Any:
    return SimpleNamespace(class_targets=targets)


def test_a_training_keeps_the_weights_of_the_champion_unless_others_are_asked_for() -> None:
    balanced = serving(ClassTargets("balanced", apart=True))
    assert for_training("keep", None) == for_training("keep", serving(None)) == "none"
    assert for_training("keep", balanced) == "balanced"
    assert for_training("keep", serving(ClassTargets({1: 2.0}, apart=True))) == {"1": 2.0}
    assert for_training("none", balanced) == "none"


def test_weights_name_labels_as_text_and_an_unknown_one_is_refused() -> None:
    assert of_labels({"1": 5.0}, [0, 1]) == {1: 5.0}
    assert of_labels({"yes": 5.0}, ["no", "yes"]) == {"yes": 5.0}
    assert of_labels("keep", range(99)) is None
    with pytest.raises(InputError, match="name 'yse', which is no class"):
        of_labels({"yse": 5.0}, ["no", "yes"])
    with pytest.raises(InputError, match="Class weights for 17 classes"):
        of_labels("balanced", range(17))


def test_a_model_that_keeps_its_classes_apart_is_weighed_anew_without_its_rows(
    tiny_model: GreenLightningModel, batches: list[Batch]
) -> None:
    apart = GreenLightningModel.empty(tiny_model.paths, 1.0, ClassTargets(apart=True)).learn(batches[0])
    weighed = reweighed(apart, {"2": 4.0}, "digits")
    assert weighed.statistics is apart.statistics
    targets = ClassTargets({2: 4.0}, apart=True)
    learnt = GreenLightningModel.empty(tiny_model.paths, 1.0, targets).learn(batches[0])
    assert np.array_equal(weighed.decision_function(batches[1].X), learnt.decision_function(batches[1].X))
    back = reweighed(replace(weighed), "none", "digits")
    assert np.array_equal(back.decision_function(batches[1].X), apart.decision_function(batches[1].X))
    assert reweighed(tiny_model, "keep", "digits") is tiny_model
    with pytest.raises(InputError, match="keeps no sums of each class"):
        reweighed(tiny_model, "balanced", "digits")
