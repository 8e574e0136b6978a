"""A training that is followed is the training that the library does, and what is measured is what is said."""

import numpy as np
import pytest
import torch

from benchmarks.study.following import Rows, follow, looked_at
from benchmarks.study.settling import measured
from benchmarks.study.solving import shuffled
from greenlightning import GreenLightningClassifier
from greenlightning.data.datasets import Dataset, load
from greenlightning.structure.extraction import extract_structure
from greenlightning.structure.settling import SettlingRule
from greenlightning.structure.training import TrainingOptions, train_epochs, train_steps

N, LEARN = 240, 180
NEVER = SettlingRule(tolerance=0.0)


@pytest.fixture(scope="module")
def rows() -> Rows:
    data = load("digits")
    X, y = data.X_train[:N], data.y_train[:N].astype(np.int64)
    return Rows(X[:LEARN], y[:LEARN], X[LEARN:], y[LEARN:])


OPTIONS = TrainingOptions((12, 8), max_epochs=3, batch_size=32, settling=NEVER, input_noise=0.1)


def test_the_last_snapshot_has_the_gates_that_the_library_extracts(rows: Rows) -> None:
    found = follow(rows, OPTIONS, (1, 3)).moments[-1].structure
    library = extract_structure(rows.X, rows.y, validation=(rows.X_held, rows.y_held), options=OPTIONS)
    probes = rows.X_held
    assert np.mean(found.patterns(probes) != library.patterns(probes)) < 0.02


def test_snapshots_and_changes_stand_where_they_were_asked_for(rows: Rows) -> None:
    found = follow(rows, OPTIONS, (1, 3))
    assert [round(moment.epoch, 2) for moment in found.moments] == [0.0, 0.17, 0.33, 0.5, 1.0, 3.0]
    assert len(found.flips) == 3 and found.settled is None
    assert all(len(change.patterns) == len(change.weights) == 2 for change in found.changes)
    assert all(change.weights[0] > 0 for change in found.changes)
    far = found.distances()
    assert far[0]["weights"][0] > far[-2]["weights"][0] > far[-1]["weights"][0] == 0


def test_minibatches_are_looked_at_densely_first_and_never_two_in_a_row_later() -> None:
    looks = sorted(looked_at(100, 10))
    assert (looks[0], looks[-1], sum(step <= 100 for step in looks)) == (1, 1000, 32)
    assert min(np.diff([step for step in looks if step > 100])) >= 2


def test_a_constant_rate_stays_and_a_cosine_falls_to_nothing(rows: Rows) -> None:
    def last_move(schedule: str) -> float:
        options = TrainingOptions((8,), max_epochs=4, batch_size=180, schedule=schedule)  # type: ignore[arg-type]
        X, y = torch.from_numpy(rows.X) / 16, torch.from_numpy(rows.y)
        weights = [state.module[0].weight.detach().clone() for state in train_steps(X, y, options, n_outputs=10)]  # type: ignore[union-attr]
        return float((weights[-1] - weights[-2]).norm() / (weights[1] - weights[0]).norm())

    assert last_move("cosine") < 0.3 < 0.6 < last_move("constant")


def test_an_epoch_is_its_minibatches(rows: Rows) -> None:
    X, y = torch.from_numpy(rows.X) / 16, torch.from_numpy(rows.y)
    steps = list(train_steps(X, y, OPTIONS, n_outputs=10))
    assert [state.ends_epoch for state in steps] == 3 * [*[False] * 5, True]
    losses = [float(state.summed_loss) for state in steps]
    epochs = [state.train_loss for state in train_epochs(X, y, OPTIONS, n_outputs=10)]
    assert epochs == pytest.approx([sum(losses[i : i + 6]) / LEARN for i in (0, 6, 12)], rel=1e-6)


def test_shuffled_weights_keep_their_sizes_and_lose_their_places(rows: Rows) -> None:
    structure = extract_structure(rows.X, rows.y, options=OPTIONS)
    dealt = shuffled(structure, 0)
    pairs = list(zip(structure.weights, dealt.weights, strict=True))
    assert all((np.sort(old, axis=1) == np.sort(new, axis=1)).all() for old, new in pairs)
    assert all((old != new).any() for old, new in pairs)


def test_held_out_rows_of_the_base_are_neither_trained_on_nor_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    data = load("digits")
    few = Dataset("digits", data.X_train[:N], data.y_train[:N], data.X_test[:50], data.y_test[:50], (), "")
    learnt: list[int] = []
    fit = GreenLightningClassifier.fit_structure

    def spy(self, structure, X, y, **more):  # type: ignore[no-untyped-def]
        learnt.append(len(X))
        return fit(self, structure, X, y, **more)

    monkeypatch.setattr(GreenLightningClassifier, "fit_structure", spy)
    found = measured(few, 0, "cosine", most_epochs=2)
    assert set(learnt) == {192}
    assert found["solved"]["paths"][0]["epoch"] == 0
    assert len(found["controls"]) == 3
