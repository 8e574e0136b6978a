"""Statistics on disk: the same after loading, and an error where a byte changed."""

from pathlib import Path

import pytest
from safetensors.numpy import load_file

from greenlightning import Statistics
from greenlightning.data.targets import ClassTargets
from greenlightning.errors import IntegrityError
from greenlightning.paths import ExplicitPaths
from tests.helpers.small import blobs, random_structure

CLASSES = ClassTargets()


def test_statistics_come_back_from_disk_the_same_in_half_the_space(tmp_path: Path) -> None:
    X, y = blobs(60)
    paths = ExplicitPaths.build(random_structure(4, (10,)), X)
    for labels in (y, y / 2, y > 0, y.astype(str)):
        found = Statistics.collect(paths, CLASSES, X, labels)
        found.save(tmp_path)
        loaded = Statistics.load(tmp_path)
        assert loaded == found
        assert (loaded.G == found.G).all()
        assert loaded.counts == found.counts
        assert [type(c) for c in loaded.columns] == [type(c) for c in found.columns]
    assert load_file(tmp_path / "statistics.safetensors")["G"].shape == (50 * 51 // 2,)


@pytest.mark.parametrize("name", ["statistics.json", "statistics.safetensors"])
@pytest.mark.parametrize("keep", [0, 0.5, 0.99])
def test_torn_statistics_are_an_integrity_error(
    sides: ExplicitPaths, tmp_path: Path, name: str, keep: float
) -> None:
    Statistics.collect(sides, CLASSES, [[1.0]], [0]).save(tmp_path)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: int(keep * len(content))])
    with pytest.raises(IntegrityError):
        Statistics.load(tmp_path)


def test_changed_statistics_are_an_integrity_error(sides: ExplicitPaths, tmp_path: Path) -> None:
    Statistics.collect(sides, CLASSES, [[1.0]], [0]).save(tmp_path)
    about = tmp_path / "statistics.json"
    about.write_text(about.read_text().replace('"n": 1', '"n": 2'))
    with pytest.raises(IntegrityError, match="others than it says"):
        Statistics.load(tmp_path)
