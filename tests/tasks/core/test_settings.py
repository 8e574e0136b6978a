"""Settings that make no sense, or that this machine cannot meet, are refused before any work."""

import pytest
from pydantic import ValidationError

from tasks.core.settings import DECIDING, Deciding, Learning


@pytest.mark.parametrize(
    "wrong",
    [
        {"hidden_layer_sizes": (0,)},
        {"alpha": -1},
        {"feature_bits": 9},
        {"max_epochs": 0},
        {"settle_tolerance": 1},
        {"device": "tpu"},
        {"device": "cuda:99"},
        {"surprise": 1},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Learning.model_validate(wrong)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        DECIDING.margin = 0.5
    assert Deciding() == DECIDING


def test_a_window_is_checked_before_anything_begins() -> None:
    assert Deciding(keep="26w").keep == "26w"
    with pytest.raises(ValidationError, match="'26 moons' is no window"):
        Deciding(keep="26 moons")


def test_what_is_auto_is_a_choice_in_forms_and_not_a_constant_that_cannot_be_changed() -> None:
    assert "'const'" not in str(Learning.model_json_schema())
    assert Learning(n_landmarks="auto").n_landmarks == "auto"
    with pytest.raises(ValidationError):
        Learning.model_validate({"n_landmarks": "many"})
