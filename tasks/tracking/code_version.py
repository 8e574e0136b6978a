"""The git commit of the running code, and the address of its repository."""

import os
import subprocess
from collections.abc import Mapping
from functools import cache
from urllib.parse import urlsplit

from tasks.core.constants import Tag
from tasks.core.environment import CHECKOUT, without_repository


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
        return CHECKOUT.as_uri()
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=f"{parts.hostname}{port}").geturl()


def _git(*arguments: str) -> str | None:
    """Output of a git command in the checkout, or None where git or a repository is missing."""
    command = ["git", "-C", str(CHECKOUT), *arguments]
    environ = without_repository(os.environ)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10, env=environ)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
