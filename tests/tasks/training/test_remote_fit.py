"""A fit in another process: its result and its errors reach the run that waits."""

from pathlib import Path

import pytest

from greenlightning.errors import InputError, MismatchError
from tasks.core.energy_cost import EnergyCost
from tasks.core.workspace import Workspace
from tasks.training.remote_fit import best_device, errors_written, read_result, scratch_of, write_result
from tasks.training.structure import TrainingResult


def test_a_result_arrives_with_the_notes_of_the_other_machine(tmp_path: Path) -> None:
    sent = TrainingResult(tmp_path / "model", {"a": 20}, 50, EnergyCost(1.5, 3.0, 0.25, "measured:rapl"), ("own",))
    write_result(tmp_path, sent, ("learnt on a CPU",))
    found = read_result(tmp_path, "ended as Learnt")
    assert (found.folder, found.rows, found.rows_known, found.spent) == (sent.folder, {"a": 20}, 50, sent.spent)
    assert found.notes == ("own", "learnt on a CPU")


def test_an_error_arrives_as_what_it_was(tmp_path: Path) -> None:
    with pytest.raises(MismatchError), errors_written(tmp_path):
        raise MismatchError("Other columns", "Give the same")
    with pytest.raises(MismatchError, match=r"Other columns\. Give the same"):
        read_result(tmp_path, "ended as Failed")
    with errors_written(tmp_path):
        pass
    with pytest.raises(InputError, match=r"The fit on another runner ended as Crashed"):
        read_result(tmp_path, "ended as Crashed")


def test_each_attempt_has_a_folder_that_this_machine_must_see() -> None:
    folder = Workspace.current().scratch / ("a" * 32) / "1"
    with pytest.raises(InputError, match="has no folder"):
        scratch_of("a" * 32, 1)
    folder.mkdir(parents=True)
    assert scratch_of("a" * 32, 1) == folder
    assert scratch_of("a" * 32, None) == folder.parent


def test_without_a_gpu_the_fit_runs_on_the_cpu_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    device, [note] = best_device()
    assert (device, "no usable CUDA device" in note) == ("cpu", True)
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert best_device() == ("cuda", ())
