"""Where the real sets lie: ``GREENLIGHTNING_DATASETS``, else ../shared/data; without them tests skip."""

import os
from pathlib import Path

import pytest

DEFAULT = Path(__file__).resolve().parents[3] / "shared" / "data"


def real_root(name: str) -> Path:
    """The folder that holds the set ``name``; skips the test, saying so, where it is absent."""
    root = Path(os.environ.get("GREENLIGHTNING_DATASETS") or DEFAULT)
    if not (root / name).is_dir():
        pytest.skip(f"{name} is not in {root}: set GREENLIGHTNING_DATASETS to run this on real data")
    return root
