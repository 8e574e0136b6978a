"""What release 0.1.0 left on disk; see tests/fixtures/README.md."""

import json
import tarfile
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "fixtures" / "release-0.1.0"


def expected() -> dict[str, Any]:
    """What release 0.1.0 computed, and from which inputs."""
    found: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text())
    return found


def unpack(name: str, target: Path) -> Path:
    """Unpack ``library`` or ``workspace`` into ``target``, which is returned."""
    with tarfile.open(FOLDER / f"{name}.tar.xz") as archive:
        archive.extractall(target, filter="data")
    return target
