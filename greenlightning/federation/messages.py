"""Messages between sites: a folder of packed safetensors and JSON, listed with sizes and hashes in a signed file.

Nothing is parsed before the signature holds and every file has the size and hash that was signed.
"""

import hashlib
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from greenlightning.data.files import OTHER_RELEASE, pack_tensors, read_json, reading, sha256_of_file, write_json
from greenlightning.errors import InputError, IntegrityError, MismatchError
from greenlightning.federation.keys import SigningKey, verify_signature

FORMAT = "greenlightning-message/3"
EARLIER = ("greenlightning-message/1", "greenlightning-message/2")
"""In 1 tensors are not packed, and in 1 and 2 sums of few rows have no short form."""
ABOUT, SIGNATURE = "message.json", "message.sig"
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
AGAIN = "Ask the sender to send it again"
LARGEST_ABOUT, LARGEST_SIGNATURE, LONGEST_NAME = 1 << 20, 1 << 10, 128
LARGEST_MESSAGE = 1 << 30
"""Bytes: statistics of 8,192 features and 100 classes take a quarter of it."""


@dataclass(frozen=True)
class Message:
    """What a verified message says.

    Attributes
    ----------
    folder : Path
        Where its files are.
    sender : str
        Public key of who signed it.
    about : dict
        What the sender says of it.
    digest : str
        sha256 of the signed file, which names every other file by hash.
    """

    folder: Path
    sender: str
    about: dict[str, Any]
    digest: str


def empty_folder(folder: Path) -> Path:
    """Make the folder of a message; raise InputError where it is there and holds anything."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise InputError(f"{folder} is not empty", "Name another folder")
    return folder


def sign_message(folder: Path, kind: str, about: dict[str, Any], key: SigningKey) -> Message:
    """Sign every file of ``folder`` as one message, its tensors packed.

    Parameters
    ----------
    folder : Path
        The files to send; ``empty_folder`` made it.
    kind : str
        What the message is.
    about : dict
        Facts for JSON, signed too.
    key : SigningKey
        The sender's.

    Returns
    -------
    Message
        The message, which now lies in the folder.
    """
    for file in folder.glob("*.safetensors"):
        pack_tensors(file)
    files = {
        file.name: {"bytes": file.stat().st_size, "sha256": sha256_of_file(file)} for file in folder.iterdir()
    }
    write_json(folder / ABOUT, {"format": FORMAT, "kind": kind, "about": about, "files": files})
    signed = (folder / ABOUT).read_bytes()
    (folder / SIGNATURE).write_text(f"{key.public} {key.sign(signed)}\n")
    return Message(folder, key.public, about, hashlib.sha256(signed).hexdigest())


def read_message(
    folder: Path, kind: str, trusted: Collection[str] | None = None, limit: int = LARGEST_MESSAGE
) -> Message:
    """Verify a message; its files may be read afterwards.

    Parameters
    ----------
    folder : Path
        Where it lies.
    kind : str
        What it must be.
    trusted : collection of str, optional
        Public keys that may sign it; any by default.
    limit : int
        Bytes of all its files, at most.

    Returns
    -------
    Message
        What it says.

    Raises
    ------
    IntegrityError
        Where the signature does not hold, or a file is missing, was added, or has another size or hash.
    MismatchError
        Where it is of another kind, too large, or signed by a key that is not trusted.
    """
    _check_size(folder / ABOUT, LARGEST_ABOUT)
    _check_size(folder / SIGNATURE, LARGEST_SIGNATURE)
    signed = (folder / ABOUT).read_bytes()
    sender, _, signature = (folder / SIGNATURE).read_text(errors="replace").strip().partition(" ")
    verify_signature(sender, signed, signature)
    if trusted is not None and sender not in trusted:
        raise MismatchError(
            f"{folder} is signed by key {sender[:12]}, which is not trusted", "Trust the key, or leave it out"
        )
    with received():
        content = read_json(folder / ABOUT, FORMAT, *EARLIER)
    if content.get("kind") != kind:
        raise MismatchError(f"{folder} is no {kind}, but: {content.get('kind')}", f"Name the folder of a {kind}")
    with received(), reading(folder):
        about, files = dict(content["about"]), {str(name): dict(file) for name, file in content["files"].items()}
        sizes = {name: (int(file["bytes"]), str(file["sha256"])) for name, file in files.items()}
    total = sum(size for size, _ in sizes.values())
    if total > limit:
        raise MismatchError(
            f"{folder} says that it holds {total:,} bytes, {limit:,} are allowed",
            "Ask for fewer features, or allow more",
        )
    _check_nothing_added(folder, sizes)
    for name, (size, sha256) in sizes.items():
        _check_file(folder, name, size, sha256)
    return Message(folder, sender, about, hashlib.sha256(signed).hexdigest())


def checked_text(about: dict[str, Any], name: str) -> str:
    """Return a name that a sender gave, which will be shown; raise ValueError unless it is short and printable."""
    text = about[name]
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_NAME or not text.isprintable():
        raise ValueError(f"{name} is not a text of 1 to {LONGEST_NAME} printable characters")
    return text


@contextmanager
def received() -> Iterator[None]:
    """Say of what is damaged in a message that its sender has it: there is no registry to restore it from."""
    try:
        yield
    except IntegrityError as error:
        raise IntegrityError(error.cause, error.remedy if error.remedy == OTHER_RELEASE else AGAIN) from error


def _check_size(path: Path, largest: int) -> None:
    if not path.is_file() or path.is_symlink() or path.stat().st_size > largest:
        raise IntegrityError(f"{path} is missing, or larger than {largest:,} bytes", AGAIN)


def _check_nothing_added(folder: Path, signed: Collection[str]) -> None:
    """Refuse files that were not signed; hidden ones, as file managers leave them, are never read."""
    there = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    if added := sorted(there - {*signed, ABOUT, SIGNATURE}):
        raise IntegrityError(
            f"{folder} holds {added[0]}, which was not signed", "Remove it, or ask the sender to send it again"
        )


def _check_file(folder: Path, name: str, size: int, sha256: str) -> None:
    path = folder / name
    sound = NAME.fullmatch(name) and path.is_file() and not path.is_symlink()
    if not sound or path.stat().st_size != size or sha256_of_file(path) != sha256:
        raise IntegrityError(f"{name} of {folder} is not the file that was signed", AGAIN)
