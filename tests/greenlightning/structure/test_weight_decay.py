"""A weight decay by the OUI: the first one in the band, else the nearest; and what the estimator makes of it."""

import numpy as np
import pytest

from greenlightning import GreenLightningClassifier, GreenLightningRegressor
from greenlightning.errors import InputError
from greenlightning.estimators import first_fit
from greenlightning.structure.weight_decay import PROBE_EPOCHS, from_band, weight_decay_by_oui
from tests.helpers.small import blobs


@pytest.mark.parametrize(
    ("found", "chosen", "tried"),
    [
        ([0.7], 0.0, 1),
        ([0.9, 0.85, 0.79, 0.61], 0.3, 3),
        ([0.5], 0.0, 1),
        ([0.95, 0.9, 0.9, 0.88, 0.85, 0.83], 10.0, 6),
        ([0.9, 0.9, 0.81, 0.57], 0.3, 4),
        ([0.9, 0.9, 0.84, 0.58], 1.0, 4),
    ],
    ids=["none needed", "first in the band", "too alike already", "never low enough", "just above", "just below"],
)
def test_the_first_decay_in_the_band_or_the_nearest_to_it(found: list[float], chosen: float, tried: int) -> None:
    asked: list[float] = []

    def early_oui(decay: float) -> float:
        asked.append(decay)
        return found[len(asked) - 1]

    assert weight_decay_by_oui(early_oui) == chosen
    assert asked == [0.0, 0.1, 0.3, 1.0, 3.0, 10.0][:tried]


def test_the_band_ends_at_six_and_eight_tenths() -> None:
    found = [from_band(oui) for oui in (0.5, 0.6, 0.7, 0.8, 1.0)]
    assert found == pytest.approx([0.1, 0, 0, 0, 0.2])


@pytest.mark.parametrize("kind", [GreenLightningClassifier, GreenLightningRegressor])
def test_a_decay_chosen_by_the_oui_trains_the_structure_that_it_trains_when_given(kind: type) -> None:
    X, y = blobs(120)
    about = {"hidden_layer_sizes": (8,), "max_epochs": 4, "settle_tolerance": 0.0, "random_state": 0}
    chosen = kind(weight_decay="oui", **about).fit(X, y)
    given = kind(weight_decay=chosen.weight_decay_, **about).fit(X, y)
    assert chosen.model_.structure.digest == given.model_.structure.digest
    assert chosen.model_.structure.history.epochs == given.model_.structure.history.epochs > PROBE_EPOCHS


def test_the_oui_is_that_of_rows_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = blobs(120)
    seen: list[int] = []

    def extract(X, y, *, validation, **more):  # type: ignore[no-untyped-def]
        seen.append(len(validation[0]))
        assert not (validation[0][:, None] == X[None]).all(axis=2).any()
        return original(X, y, validation=validation, **more)

    original = first_fit.extract_structure
    monkeypatch.setattr(first_fit, "extract_structure", extract)
    GreenLightningClassifier(weight_decay="oui", hidden_layer_sizes=(8,), max_epochs=3, random_state=0).fit(X, y)
    assert len(seen) >= 2 and set(seen) == {12}


def test_another_word_is_refused_with_the_two_that_are_not() -> None:
    X, y = blobs(60)
    with pytest.raises(InputError, match=r"weight_decay='auto' is not known.*a number, or \"oui\""):
        GreenLightningClassifier(weight_decay="auto").fit(X, np.asarray(y))  # type: ignore[arg-type]
