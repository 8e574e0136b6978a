"""Early stopping: extraction ends where more epochs no longer help a model that is solved on the gates."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from greenlightning import GreenLightningClassifier, GreenLightningRegressor
from greenlightning.data.datasets import load
from greenlightning.structure.extraction import extract_structure
from greenlightning.structure.gates import Structure
from greenlightning.structure.settling import (
    EpochRecord,
    SettlingHistory,
    SettlingRule,
    helps_no_more,
    is_looked_at,
)
from greenlightning.structure.training import TrainingOptions

NEVER = SettlingRule(tolerance=1e-9)


def test_epochs_that_are_powers_of_two_are_looked_at() -> None:
    assert [epoch for epoch in range(1, 20) if is_looked_at(epoch)] == [1, 2, 4, 8, 16]


@pytest.mark.parametrize(
    ("errors", "verdict"),
    [([], False), ([0.5], False), ([0.50, 0.40], False), ([0.50, 0.48], True), ([0.5, 0.4, 0.45], True)],
)
def test_an_error_must_fall_by_a_twentieth_to_be_worth_as_many_epochs_again(
    errors: list[float], verdict: bool
) -> None:
    assert helps_no_more(errors) is verdict


def extracted(errors: list[float], epochs: int = 16) -> tuple[Structure, list[Structure]]:
    """A structure extracted from digits by a model of these errors, and the gates that were looked at."""
    data, seen = load("digits"), list[Structure]()

    def error_of(structure: Structure) -> float:
        seen.append(structure)
        return errors[len(seen) - 1]

    options = TrainingOptions((8,), max_epochs=epochs, settling=NEVER, error_of=error_of)
    return extract_structure(data.X_train[:200], data.y_train[:200], options=options), seen


def test_training_stops_and_the_gates_of_the_least_error_stay() -> None:
    structure, seen = extracted([0.3, 0.2, 0.199])
    assert structure.history is not None
    assert (structure.history.epochs, structure.history.stopped_early) == (4, True)
    assert [record.solved_error for record in structure.history.records] == [0.3, 0.2, None, 0.199]
    assert structure.digest == seen[2].digest
    structure, seen = extracted([0.3, 0.2, 0.25])
    assert structure.digest == seen[1].digest


def test_training_goes_on_as_long_as_it_helps() -> None:
    structure, _ = extracted([0.3, 0.2, 0.1, 0.05, 0.02], epochs=16)
    assert structure.history is not None
    assert (structure.history.epochs, structure.history.stopped_early) == (16, False)


def test_the_history_keeps_the_errors_and_reads_those_of_earlier_releases() -> None:
    record = EpochRecord(1, 0.1, 0.1, 0.5, 0.5, 0.5, 0.9, 1.0)
    history = SettlingHistory(SettlingRule(), [record])
    written: dict[str, Any] = history.to_dict()
    assert "solved_error" not in written["records"][0]
    assert SettlingHistory.from_dict(written) == history
    looked_at = SettlingHistory(SettlingRule(), [EpochRecord(1, 0.1, 0.1, 0.5, 0.5, 0.5, 0.9, 1.0, 0.25)])
    assert SettlingHistory.from_dict(looked_at.to_dict()) == looked_at


def test_how_an_extraction_ended_has_a_name() -> None:
    def ended(*looks: tuple[float, float | None]) -> str:
        records = [EpochRecord(1, flip, 0.1, 0.5, 0.5, 0.5, 0.9, 1.0, error) for flip, error in looks]
        return SettlingHistory(SettlingRule(), records).ending

    assert ended((0.2, None), (0.1, None)) == "not settled"
    assert ended((0.005, None), (0.005, None)) == "settled"
    assert ended((0.2, 0.3), (0.1, 0.3)) == "stopped early"


def test_the_classifier_stops_earlier_and_answers_as_well() -> None:
    data = load("digits")
    models = [
        GreenLightningClassifier(random_state=0, early_stopping=early).fit(data.X_train, data.y_train)
        for early in (False, True)
    ]
    histories = [model.model_.structure.history for model in models]
    assert histories[0] is not None and histories[1] is not None
    assert histories[1].epochs < histories[0].epochs
    whole, early = (model.score(data.X_test, data.y_test) for model in models)
    assert early > whole - 0.01


def test_the_same_rows_give_the_same_early_structure() -> None:
    data = load("digits")
    X, y = data.X_train[:300], data.y_train[:300]
    digests = [
        GreenLightningClassifier(random_state=0, early_stopping=True).fit(X, y).model_.structure.digest
        for _ in range(2)
    ]
    assert digests[0] == digests[1]


def test_real_outputs_and_explicit_paths_can_stop_early_too() -> None:
    X, y = load_diabetes(return_X_y=True)
    model = GreenLightningRegressor(random_state=0, early_stopping=True).fit(X, y)
    assert model.model_.structure.history is not None
    assert model.model_.structure.history.records[0].solved_error is not None
    single = GreenLightningClassifier(hidden_layer_sizes=(8,), random_state=0, early_stopping=True)
    data = load("digits")
    single.fit(data.X_train[:200], data.y_train[:200])
    assert single.model_.structure.hidden_layer_sizes == (8,)


def test_where_no_row_is_held_out_nothing_is_looked_at() -> None:
    X = np.arange(30.0).reshape(10, 3)
    model = GreenLightningClassifier(random_state=0, early_stopping=True, max_epochs=3).fit(X, np.arange(10) % 2)
    history = model.model_.structure.history
    assert history is not None and all(record.solved_error is None for record in history.records)
