"""A validated batch is in DVC with its story; its exact bytes come back; a kill loses nothing."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prefect.states import Failed

from greenlightning.errors import IntegrityError, NothingServedError
from tasks.core.faults import Fault
from tasks.data import ingestion, versioning
from tasks.data.batch_files import LandedBatch, read_content, waiting
from tasks.data.batch_index import BatchRef, batch_path, batch_ref, batches, pointer_path
from tasks.data.ingestion import land
from tasks.data.versioning import checkout, set_aside, version_batch

pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")


def landed(folder: Path, number: int = 0, labels: tuple[object, ...] = (0, 1)) -> LandedBatch:
    source = folder / f"source{number}.npz"
    np.savez(source, X=np.arange(20.0).reshape(10, 2) + number, y=labels * 5)
    return land.fn(source, "d")


def stored(home: Path, place: str, md5: str) -> Path:
    return home / ".dvc" / place / "files" / "md5" / md5[:2] / md5[2:]


def spoil(path: Path) -> None:
    """Flip a byte in place, keeping size and times: DVC then calls it up to date."""
    times = path.stat()
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[100] ^= 0xFF
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_a_batch_is_moved_pushed_and_described(tmp_path: Path, home: Path) -> None:
    batch = landed(tmp_path)
    content = batch.path.read_bytes()
    ref = version_batch.fn(batch, expectations="e" * 64)
    assert ref == BatchRef(
        dataset="d",
        id=batch.id,
        md5=ref.md5,
        rows=10,
        landed_at=batch.landed_at,
        source="source0.npz",
        expectations="e" * 64,
        classes=(0, 1),
        label="label",
    )
    assert waiting("d") == []
    assert batch_ref("d", batch.id) == ref
    for place in (batch_path("d", batch.id), stored(home, "cache", ref.md5), stored(home, "store", ref.md5)):
        assert place.read_bytes() == content


@pytest.mark.parametrize("labels", [("no", "yes"), ("1_0", "Y"), (True, False), (0.5, 2.0), (3, -1)])
def test_classes_come_back_as_they_were(tmp_path: Path, labels: tuple[object, ...]) -> None:
    ref = version_batch.fn(landed(tmp_path, labels=labels))
    version_batch.fn(landed(tmp_path, labels=labels))
    assert set(ref.classes) == set(labels)
    assert batch_ref("d", ref.id) == ref
    assert {type(label) for label in ref.classes} == {type(label) for label in labels}


def test_a_batch_that_does_not_wait_cannot_be_versioned(tmp_path: Path) -> None:
    batch = landed(tmp_path)
    batch.path.unlink()
    with pytest.raises(NothingServedError, match="does not wait in incoming"):
        version_batch.fn(batch)


def test_versioning_again_changes_nothing(tmp_path: Path) -> None:
    ref = version_batch.fn(landed(tmp_path), "first")
    pointer = pointer_path("d", ref.id).read_text()
    again = landed(tmp_path)
    assert (again.source, again.landed_at) == (ref.source, ref.landed_at)
    assert version_batch.fn(again, "second") == ref
    assert pointer_path("d", ref.id).read_text() == pointer
    assert waiting("d") == []


def test_the_first_bytes_stay_when_the_same_values_come_in_other_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = landed(tmp_path)
    content = first.path.read_bytes()
    ref = version_batch.fn(first)
    with monkeypatch.context() as patch:
        patch.setattr(ingestion, "_first_time", lambda dataset, batch_id: None)
        other = landed(tmp_path)
    assert other.path.read_bytes() != content
    assert version_batch.fn(other) == ref
    assert checkout(ref).read_bytes() == content
    assert waiting("d") == []


@pytest.mark.parametrize("lost", [(), ("workspace",), ("workspace", "cache"), ("workspace", "store")])
@pytest.mark.parametrize("how", [spoil, Path.unlink])
def test_checkout_brings_back_the_exact_bytes(tmp_path: Path, home: Path, lost: tuple[str, ...], how: Any) -> None:
    batch = landed(tmp_path)
    content = batch.path.read_bytes()
    ref = version_batch.fn(batch)
    for place in lost:
        how(batch_path("d", ref.id) if place == "workspace" else stored(home, place, ref.md5))
    assert checkout(ref).read_bytes() == content
    assert np.array_equal(read_content(checkout(ref)).numbers, np.arange(20.0).reshape(10, 2))


@pytest.mark.parametrize("how", [spoil, Path.unlink])
def test_bytes_lost_everywhere_are_named_and_come_back_with_the_source(
    tmp_path: Path, home: Path, how: Any
) -> None:
    ref = version_batch.fn(landed(tmp_path))
    for path in (batch_path("d", ref.id), stored(home, "cache", ref.md5), stored(home, "store", ref.md5)):
        how(path)
    with pytest.raises(IntegrityError, match=f"{ref.id}.*Ingest its source file .source0.npz. again"):
        checkout(ref)
    assert version_batch.fn(landed(tmp_path)) == ref
    assert checkout(ref).is_file()


@contextmanager
def killed_at(name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Die on entering a step of `version_batch`, or with the pointer half-written by DVC."""

    def die(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        if name in ("add", "push"):
            patch.setattr({"add": "dvc.stage.Stage.add_outs", "push": "dvc.data_cloud.DataCloud.push"}[name], die)
        elif name == "dump":
            patch.setattr(
                "dvc.stage.Stage.dump", lambda stage: (Path(stage.path).write_text("outs:\n- md"), die())
            )
        else:
            patch.setattr(versioning, name, die)
        yield


@pytest.mark.parametrize("step", ["_add", "copy", "add", "dump", "_describe", "push", "checkout"])
def test_a_kill_between_steps_loses_nothing_and_the_next_call_finishes(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    batch = landed(tmp_path, 1)
    content = batch.path.read_bytes()
    with killed_at(step, monkeypatch):
        version_batch.fn(batch)
    assert waiting("d") == [batch]
    other = version_batch.fn(landed(tmp_path, 2))
    ref = version_batch.fn(batch)
    assert batches("d") == [ref, other]
    assert waiting("d") == []
    assert checkout(ref).read_bytes() == content
    assert stored(home, "store", ref.md5).read_bytes() == content


INGEST = "import sys; from tasks.data.ingestion import land; from tasks.data.versioning import version_batch; "
INGEST += "version_batch.fn(land.fn(sys.argv[1], 'd'))"


@pytest.mark.slow
@pytest.mark.parametrize("fault", [Fault.LANDED, Fault.COPIED, Fault.ADDED, Fault.DESCRIBED, Fault.PUSHED])
def test_a_process_killed_after_any_durable_step_leaves_a_batch_that_the_next_call_completes(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    source = tmp_path / "source.npz"
    np.savez(source, X=np.arange(20.0).reshape(10, 2), y=[0, 1] * 5)
    monkeypatch.setenv("GREENLIGHTNING_FAULT", fault)
    done = subprocess.run([sys.executable, "-c", INGEST, str(source)], cwd=Path(__file__).parents[3])
    assert done.returncode == -9
    monkeypatch.delenv("GREENLIGHTNING_FAULT")
    [batch] = waiting("d")
    content = batch.path.read_bytes()
    ref = version_batch.fn(land.fn(source, "d"))
    assert (batches("d"), waiting("d")) == ([ref], [])
    for place in (batch_path("d", ref.id), stored(home, "cache", ref.md5), stored(home, "store", ref.md5)):
        assert place.read_bytes() == content


def test_a_damaged_pointer_is_written_again_with_the_source(tmp_path: Path) -> None:
    ref = version_batch.fn(landed(tmp_path))
    pointer_path("d", ref.id).write_text("outs: [")
    again = version_batch.fn(landed(tmp_path))
    assert again.id == ref.id
    assert batches("d") == [again]


@pytest.mark.parametrize("text", ["outs: [", "outs:\n- path: x.parquet\n", ""])
def test_a_damaged_pointer_stops_no_other_dataset_and_is_set_aside(tmp_path: Path, home: Path, text: str) -> None:
    ref = version_batch.fn(landed(tmp_path))
    pointer_path("d", ref.id).write_text(text)
    np.savez(tmp_path / "other.npz", X=np.arange(20.0).reshape(10, 2), y=[0, 1] * 5)
    other = version_batch.fn(land.fn(tmp_path / "other.npz", "other"))
    assert batches("other") == [other]
    assert set_aside(pointer_path("d", ref.id)).read_text() == text
    with pytest.raises(IntegrityError, match=f"{ref.id}.parquet.dvc of dataset 'd' is damaged or missing"):
        batches("d")
    assert version_batch.fn(landed(tmp_path)) == ref
    assert batches("d") == [ref]
    assert not set_aside(pointer_path("d", ref.id)).exists()


def test_writers_take_turns(tmp_path: Path) -> None:
    waiting_batches = [landed(tmp_path, number) for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        refs = list(pool.map(version_batch.fn, waiting_batches))
    assert batches("d") == refs


def test_only_a_busy_repository_is_tried_again() -> None:
    assert versioning._worth_retrying(None, None, Failed(data=OSError("Unable to acquire lock")))
    assert not versioning._worth_retrying(None, None, Failed(data=NothingServedError("gone", "Ingest it")))


def test_in_a_git_checkout_only_pointers_and_settings_are_for_git(tmp_path: Path, home: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(home)], check=True)
    ref = version_batch.fn(landed(tmp_path))
    listed = subprocess.run(
        ["git", "-C", str(home), "ls-files", "--others", "--exclude-standard", ".dvc", "data"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\n")
    assert sorted(filter(None, listed)) == [
        ".dvc/.gitignore",
        ".dvc/config",
        "data/batches/d/.gitignore",
        f"data/batches/d/{ref.id}.parquet.dvc",
        "data/schemas/d.yaml",
    ]


def test_a_workspace_may_be_moved(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = version_batch.fn(landed(tmp_path))
    moved = tmp_path / "moved"
    home.rename(moved)
    monkeypatch.setenv("GREENLIGHTNING_HOME", str(moved))
    batch_path("d", ref.id).unlink()
    stored(moved, "cache", ref.md5).unlink()
    assert checkout(ref).is_relative_to(moved)
    assert not home.exists()
