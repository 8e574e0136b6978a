"""DVC's cache on another disk, behind a link or by its setting: batches are stored there and come back."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from greenlightning.data.batch import Batch
from tasks.data.batch_index import BatchRef, batch_path
from tasks.data.pointers.repository import md5_of
from tasks.data.versioning import checkout, copies
from tests.helpers.small_champion import versioned

pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")


def check_stored(ref: BatchRef, cache: Path) -> None:
    """All copies of a batch are whole, one of them in ``cache``, from where it comes back."""
    assert list(cache.rglob(ref.md5[2:])) and all(copies(ref).values())
    batch_path("digits", ref.id).unlink()
    assert md5_of(checkout(ref)) == ref.md5


@pytest.mark.parametrize("disk", [None, "/dev/shm"], ids=["same disk", "another disk"])
def test_the_cache_may_lie_behind_a_link(
    disk: str | None, batches: list[Batch], tmp_path: Path, home: Path
) -> None:
    if disk and not Path(disk).is_dir():
        pytest.skip("there is no second disk")
    with TemporaryDirectory(dir=disk or tmp_path) as elsewhere:
        (home / ".dvc").mkdir()
        (home / ".dvc" / "cache").symlink_to(elsewhere)
        check_stored(versioned(batches[0], tmp_path), Path(elsewhere))


def test_the_cache_may_be_set_to_another_folder(batches: list[Batch], tmp_path: Path, home: Path) -> None:
    versioned(batches[0], tmp_path)
    with (home / ".dvc" / "config.local").open("a") as settings:
        settings.write(f"[cache]\n    dir = {tmp_path / 'elsewhere'}\n")
    check_stored(versioned(batches[1], tmp_path), tmp_path / "elsewhere")
