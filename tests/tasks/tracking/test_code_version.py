"""Provenance: the commit is that of the code that runs, wherever it is called from."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.core.constants import Tag
from tasks.core.environment import CHECKOUT
from tasks.tracking import code_version


def git(folder: Path, *words: str) -> str:
    """Output of a git command in a folder, with an author and nothing of the user's settings."""
    author = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost"]
    done = subprocess.run(["git", *author, "-C", str(folder), *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Another repository, with one commit."""
    folder = tmp_path / "other"
    folder.mkdir()
    git(folder, "init", "--quiet")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "theirs")
    return folder


@pytest.fixture(autouse=True)
def unread() -> None:
    code_version.code_tags.cache_clear()


def test_a_hook_of_another_repository_does_not_change_the_commit(
    other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = git(CHECKOUT, "rev-parse", "HEAD")
    monkeypatch.chdir(other)
    for name, value in {"GIT_DIR": ".git", "GIT_WORK_TREE": ".", "GIT_INDEX_FILE": ".git/index"}.items():
        monkeypatch.setenv(name, value)
    assert code_version.code_tags()[Tag.GIT_COMMIT] == ours


def test_code_without_a_repository_takes_no_commit_of_a_repository_above_it(other: Path) -> None:
    copied = other / "checkout"
    for name in ("core/__init__.py", "core/constants.py", "core/environment.py", "tracking/code_version.py"):
        file = copied / "tasks" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes((CHECKOUT / "tasks" / name).read_bytes())
    code = "from tasks.tracking.code_version import code_tags; print(*code_tags().values())"
    environment = os.environ | {"PYTHONPATH": str(copied)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=copied, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["unknown", "unknown"]
