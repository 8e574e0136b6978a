"""Access to the servers of a workspace: the secret that they ask for, and tickets that log a browser in once."""

import os
import secrets
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from tasks.core.workspace import Workspace

USER = "greenlightning"
TICKET_SECONDS = 24 * 3600.0
OTHERS = 0o077


def secret(workspace: Workspace) -> str:
    """The secret as ``user:password``, made at its first use in a file that only the owner can read (0600).

    A file that others can read is replaced.
    """
    file = _folder(workspace) / "secret"
    with suppress(FileNotFoundError):
        if file.stat().st_mode & OTHERS:
            file.unlink()
    if not file.exists():
        with NamedTemporaryFile("w", dir=file.parent) as draft:
            draft.write(f"{USER}:{secrets.token_urlsafe(32)}")
            draft.flush()
            with suppress(FileExistsError):
                os.link(draft.name, file)
    return file.read_text()


def issue_ticket(workspace: Workspace) -> str:
    """A new ticket, valid once and for a day."""
    folder = _tickets(workspace)
    folder.mkdir(mode=0o700, exist_ok=True)
    for old in folder.iterdir():
        if not _is_valid(old):
            old.unlink(missing_ok=True)
    ticket = secrets.token_urlsafe(32)
    (folder / _digest(ticket)).touch(0o600)
    return ticket


def redeem_ticket(workspace: Workspace, ticket: str) -> bool:
    """Whether a ticket is valid; it is not any more."""
    file = _tickets(workspace) / _digest(ticket)
    try:
        valid = _is_valid(file)
        file.unlink()
    except FileNotFoundError:
        return False
    return valid


def _is_valid(file: Path) -> bool:
    return time.time() - file.stat().st_mtime < TICKET_SECONDS


def _tickets(workspace: Workspace) -> Path:
    return _folder(workspace) / "tickets"


def _folder(workspace: Workspace) -> Path:
    folder = workspace.root / ".prefect"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _digest(ticket: str) -> str:
    return sha256(ticket.encode()).hexdigest()
