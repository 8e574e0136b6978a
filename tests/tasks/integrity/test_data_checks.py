"""A damaged or lost copy of a batch is found, and brought back from a whole one."""

from pathlib import Path

import numpy as np
import pytest

from tasks.data.batch_files import waiting
from tasks.data.batch_index import BatchRef, batch_path, batches, pointer_path
from tasks.data.ingestion import land
from tasks.data.versioning import version_batch
from tasks.integrity.data_checks import check_data, check_quarantine
from tasks.integrity.findings import repaired

pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")


@pytest.fixture
def ref(tmp_path: Path) -> BatchRef:
    """A versioned batch."""
    np.savez(tmp_path / "a.npz", X=np.arange(20.0).reshape(10, 2), y=[0, 1] * 5)
    return version_batch.fn(land.fn(tmp_path / "a.npz", "d"))


def places(home: Path, ref: BatchRef) -> dict[str, Path]:
    stores = {"cache": "cache", "remote": "store"}
    found = {name: home / ".dvc" / at / "files/md5" / ref.md5[:2] / ref.md5[2:] for name, at in stores.items()}
    return found | {"workspace": batch_path(ref.dataset, ref.id)}


def spoil(path: Path) -> None:
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_whole_copies_are_no_finding(ref: BatchRef) -> None:
    assert list(check_data("d")) == []


@pytest.mark.parametrize(
    "lost", [["cache"], ["remote"], ["workspace"], ["cache", "remote"], ["remote", "workspace"]]
)
def test_damaged_copies_are_named_and_brought_back_from_a_whole_one(
    home: Path, ref: BatchRef, lost: list[str]
) -> None:
    for name in lost:
        spoil(places(home, ref)[name])
    [finding] = check_data("d")
    assert f"its copy in {' and '.join(lost)} is missing or damaged" in finding.line
    repaired([finding])
    assert list(check_data("d")) == []


def test_a_batch_without_a_whole_copy_cannot_be_repaired_here(home: Path, ref: BatchRef) -> None:
    for place in places(home, ref).values():
        spoil(place)
    [finding] = check_data("d")
    assert (finding.repair, finding.remedy) == (None, "Ingest its source file (a.npz) again, or restore a backup")


@pytest.mark.parametrize("text", [None, "outs: ["])
def test_a_damaged_or_missing_pointer_is_written_again_through_the_door(
    tmp_path: Path, ref: BatchRef, text: str | None
) -> None:
    pointer = pointer_path("d", ref.id)
    whole = pointer.read_bytes()
    pointer.unlink()
    if text:
        pointer.write_text(text)
    [finding] = check_data("d")
    repaired([finding])
    [again] = waiting("d")
    version_batch.fn(again)
    assert pointer.read_bytes() == whole
    assert (batches("d"), list(check_data("d"))) == ([ref], [])


def test_a_record_of_quarantine_that_cannot_be_read_is_named(home: Path) -> None:
    folder = home / "data" / "quarantine" / "d" / ("a" * 16)
    folder.mkdir(parents=True)
    (folder / "reason.json").write_text("{")
    [finding] = check_quarantine("d")
    assert f"The record of batch {'a' * 16} in quarantine is damaged" in finding.line
