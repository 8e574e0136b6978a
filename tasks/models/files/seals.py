"""Seals: the sha256 of a version's files, and of the tags that decide, so that none changes unnoticed.

Statistics have a digest of their own, and may be pruned and made again. Versions of release 0.1.0 have no seals.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from tasks.core.atomic import PARTIAL
from tasks.core.constants import AGED_TAG, FORGOTTEN_TAG, HELD_BACK_TAG, Tag
from tasks.models.version_info import VersionInfo, tags_error

STATISTICS = "statistics.safetensors"
LENGTH_BYTES = 8
SEALED = (Tag.KIND, Tag.PARENT_VERSION, Tag.DECISION, Tag.HOLDOUT, Tag.GATE_SCORE, Tag.PREQUENTIAL)
SEALED_PREFIXES = (FORGOTTEN_TAG, AGED_TAG, HELD_BACK_TAG)
"""Tags that later runs decide by; those of the batches, digests and weights are compared with the files."""


def seal_of(folder: Path) -> str:
    """The sha256 over the names and the bytes of the files in a model's folder, less the statistics.

    What a killed process left half-written in it is none of them.
    """
    files = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != STATISTICS and not PARTIAL.fullmatch(path.name)
    }
    return seal_of_text(json.dumps(files, sort_keys=True))


def seal_of_text(text: str) -> str:
    """The sha256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def seal_of_tags(tags: Mapping[str, str]) -> str:
    """The sha256 of the tags by which later runs decide."""
    chosen = {str(tag): value for tag, value in tags.items() if tag in SEALED or tag.startswith(SEALED_PREFIXES)}
    return seal_of_text(json.dumps(chosen, sort_keys=True))


def check_tags(info: VersionInfo) -> None:
    """Raise IntegrityError where such a tag of a version was changed, added or lost."""
    if info.tags.get(Tag.TAGS, seal := seal_of_tags(info.tags)) != seal:
        raise tags_error(info)


def resealed(info: VersionInfo, added: Mapping[str, str]) -> dict[str, str]:
    """The seal of a version whose tags get those ``added``; some are there already where a kill came before.

    Raises IntegrityError where other tags than these have changed.
    """
    if (seal := info.tags.get(Tag.TAGS)) is None:
        return {}
    without = {tag: value for tag, value in info.tags.items() if added.get(tag) != value}
    if seal not in (seal_of_tags(info.tags), seal_of_tags(without)):
        check_tags(info)
    return {Tag.TAGS: seal_of_tags({**info.tags, **added})}


def is_whole(folder: Path, tags: Mapping[str, str]) -> bool:
    """Whether a version's files are there and have its seal; of the statistics only the size is looked at."""
    if not folder.is_dir() or tags.get(Tag.FILES, seal := seal_of(folder)) != seal:
        return False
    try:
        with (folder / STATISTICS).open("rb") as stream:
            header = json.loads(stream.read(int.from_bytes(stream.read(LENGTH_BYTES), "little")))
            end = max(entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__")
            return stream.tell() + int(end) == stream.seek(0, 2)
    except (OSError, ValueError, KeyError, TypeError, OverflowError, MemoryError):
        return False
