"""Seals: the sha256 of a version's files, kept in its tags, so that no file changes unnoticed.

Statistics have a digest of their own, and may be pruned and made again. Versions of release 0.1.0 have no seals.
"""

import hashlib
import json
from pathlib import Path

STATISTICS = "statistics.safetensors"


def seal_of(folder: Path) -> str:
    """The sha256 over the names and the bytes of the files in a model's folder, less the statistics."""
    files = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != STATISTICS
    }
    return seal_of_text(json.dumps(files, sort_keys=True))


def seal_of_text(text: str) -> str:
    """The sha256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()
