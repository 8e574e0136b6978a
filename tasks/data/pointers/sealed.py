"""A pointer as text: every scalar is read as text, and a seal names what it said when it was written.

YAML would read an id such as ``1234567890123456`` as a number and ``2026-01-31`` as a date. The seal covers what
is read from a pointer: the output that DVC manages, and our description. Pointers of release 0.1.0 have none.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import yaml

from tasks.core.atomic import write_text

SEAL = "seal"
META = ("rows", "source", "landed_at", "expectations", "classes")
OPTIONAL = ("accepted", "event_from", "event_to", "label")
"""What a description has, and what it may have."""


def read_text(pointer: Path) -> dict[str, Any]:
    """The content of a pointer file, as ``parse`` reads it."""
    return parse(pointer.read_text(encoding="utf-8"))


def parse(text: str) -> dict[str, Any]:
    """The content of a pointer, each scalar as text; ValueError where it is no mapping or its seal is broken."""
    try:
        content = yaml.load(text, Loader=yaml.CBaseLoader)
    except yaml.YAMLError as error:
        raise ValueError("it is not YAML") from error
    if not isinstance(content, dict):
        raise ValueError("it is no mapping")
    if is_described(content):
        _check(content)
    return content


def _check(content: dict[str, Any]) -> None:
    """Raise ValueError unless the seal is right, and without one unless all names are known: one may be spoilt."""
    meta = content["meta"]
    if SEAL in meta and meta[SEAL] != seal_of(content):
        raise ValueError("its seal is broken")
    if SEAL not in meta and not meta.keys() <= {*META, *OPTIONAL}:
        raise ValueError("its description has other fields")


def is_described(content: dict[str, Any]) -> bool:
    """Whether our description is there: a pointer without one is unfinished."""
    return isinstance(content.get("meta"), dict)


def write_sealed(pointer: Path, content: dict[str, Any]) -> None:
    """Write a described pointer, as DVC itself writes it, with its seal.

    The seal comes first in the description, so that no cut spares all but the seal.
    """
    from dvc.utils.serialize import dumps_yaml

    meta = {name: str(value) for name, value in content["meta"].items() if name != SEAL}
    seal = {SEAL: seal_of(content | {"meta": meta})}
    as_text = content | {"meta": seal | meta}
    outs = [out | {"size": int(out["size"])} for out in content["outs"]]  # DVC takes no text there
    write_text(pointer, dumps_yaml(as_text | {"outs": outs}))


def seal_of(content: dict[str, Any]) -> str:
    """The sha256 over the output and the description, less the seal itself."""
    meta = {name: value for name, value in content["meta"].items() if name != SEAL}
    outs = [{name: str(value) for name, value in out.items()} for out in content["outs"]]
    sealed = json.dumps([outs, meta], sort_keys=True)
    return hashlib.sha256(sealed.encode()).hexdigest()
