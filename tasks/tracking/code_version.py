"""The git commit of the running code, and the address of its repository."""

import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tasks.core.constants import Tag

if TYPE_CHECKING:
    pass


@cache
def code_tags() -> Mapping[str, str]:
    """The running code's git commit and whether files differ from it; ``unknown`` outside a repository."""
    commit = _git("rev-parse", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no")
    return {
        Tag.GIT_COMMIT: commit or "unknown",
        Tag.GIT_DIRTY: "unknown" if commit is None else str(bool(changed)).lower(),
    }


@cache
def repository() -> str:
    """URL of the code's repository: its remote ``origin`` without user or password, else the checkout."""
    remote = _git("remote", "get-url", "origin") or ""
    if "://" not in remote and ":" in remote:
        host, _, path = remote.partition(":")
        remote = f"ssh://{host}/{path}"
    parts = urlsplit(remote)
    if not parts.hostname:
        return Path(__file__).resolve().parents[2].as_uri()
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=f"{parts.hostname}{port}").geturl()


def _git(*arguments: str) -> str | None:
    """Output of a git command in the checkout of this file, or None where git or a repository is missing."""
    command = ["git", "-C", str(Path(__file__).resolve().parent), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
