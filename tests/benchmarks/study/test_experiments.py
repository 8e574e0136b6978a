"""The study goes on where it stopped, one thread, and its counts are those of the papers."""

import json
from pathlib import Path

import pytest
import torch

from benchmarks.core.records import Record
from benchmarks.study import budgets, keeping_up, running, weight_decay
from benchmarks.study.experiments import EXPERIMENTS
from benchmarks.study.running import Plan
from greenlightning import GreenLightningClassifier
from greenlightning.data.datasets import Dataset
from greenlightning.evaluation.conventional_network import ConventionalNetwork


def test_what_is_measured_is_not_missing_and_each_line_names_its_origin(
    data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "rows_of", lambda name: data)
    plan = Plan(("budgets",), ("digits",), (3, 4), tmp_path, quick=True)
    lines = plan.lines()
    assert {line.job["seed"] for line in lines} == {3}
    before = torch.get_num_threads()
    found = lines[0].result()
    assert torch.get_num_threads() == before
    [kept] = map(json.loads, (tmp_path / "budgets-digits.jsonl").read_text().splitlines())
    assert kept["cell"] == lines[0].cell
    assert kept["command"] == "greenlightning study --experiment budgets --dataset digits --seed 3 --quick"
    assert len(kept["data"]) == 16
    assert found == {key: value for key, value in kept.items() if key != "cell"}
    assert [line.is_measured for line in plan.lines()] == [True, *[False] * (len(lines) - 1)]
    assert lines[0].result() == found, "and it is not measured again"


def test_large_sets_have_fewer_cells_where_that_is_said() -> None:
    def jobs(name: str, dataset: str) -> list[Record]:
        return list(EXPERIMENTS[name].jobs(dataset, (0,), quick=False))

    assert (len(jobs("retraining", "digits")), len(jobs("retraining", "letter"))) == (12, 4)
    assert jobs("settling", "digits") == jobs("settling", "letter")


def test_explicit_paths_of_equal_parameters_have_as_many_numbers_as_the_mlp() -> None:
    assert budgets.features_of(64, 10, 64) * 10 == 64 * 65 + 10 * 65


def test_parameters_are_counted_as_trained_and_in_full(data: Dataset) -> None:
    network = ConventionalNetwork((8,), max_epochs=1).fit(data.X_train, data.y_train)
    assert budgets.counted(network) == (8 * 5 + 6 * 9, 8 * 5 + 6 * 9)
    ours = GreenLightningClassifier(
        hidden_layer_sizes=(8,), paths="explicit", n_random_features=0, max_epochs=1, random_state=0
    ).fit(data.X_train, data.y_train)
    trained, whole = budgets.counted(ours)
    features = ours.model_.paths.n_features_out
    assert trained == 6 * (features + 1)
    assert whole >= trained + 8 * 5


def test_a_decay_is_recorded_with_its_epochs_and_what_was_chosen(data: Dataset) -> None:
    found = weight_decay.measured(data, 0, "oui", max_epochs=2)
    assert found["chosen"] in (0.0, 0.1, 0.3, 1.0, 3.0, 10.0)
    assert {name: len(values) for name, values in found["epochs"].items()} == dict.fromkeys(
        weight_decay.WATCHED, 2
    )
    assert weight_decay.measured(data, 0, 0.3, max_epochs=2)["chosen"] == 0.3


@pytest.mark.parametrize("way", [keeping_up.DEFAULT, keeping_up.GROWN, keeping_up.NETWORK])
def test_a_world_with_new_labels_is_judged_on_test_rows_and_growing_adds_features(data: Dataset, way: str) -> None:
    found = keeping_up.measured(data, 0, "incremental", way, batches=2)
    kept = keeping_up.measured(data, 0, "incremental", keeping_up.DEFAULT, batches=2)
    assert 0.5 < found["accuracy"] <= 1
    assert ("growing" in found, "features" in found) == (way == keeping_up.GROWN, way != keeping_up.NETWORK)
    assert {"accuracy", "ece", "log_loss"} <= found.keys()
    if way == keeping_up.GROWN:
        assert found["features"] > kept["features"]
