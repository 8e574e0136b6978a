"""The command does the same whatever folder and environment it is called from, and on its first use."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.digits import BASE, DIGITS, FIRST, SECOND, source
from tests.helpers.hostile import FILES, hostile_environment, hostile_folder
from tests.helpers.servers.up import GREENLIGHTNING, environment

pytestmark = pytest.mark.slow

ODD_NAME = "an \"odd\" näme, 100% 'quoted' #1 & more"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """The current folder of a user who has modules and settings named like ours."""
    return hostile_folder(tmp_path / "elsewhere")


def call(folder: Path, home: Path, *words: str, **about: str) -> subprocess.CompletedProcess[str]:
    """Run a command in ``folder`` with all that ``hostile_environment`` exports, and a umask of 000."""
    environ = environment(home) | hostile_environment(folder) | about
    command = [*GREENLIGHTNING, *words]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, umask=0, timeout=600)


def test_a_hostile_folder_and_environment_decide_nothing(elsewhere: Path, home: Path) -> None:
    file = source("base", BASE).rename(elsewhere / "base.parquet")
    workspace = home / "not" / "there yet" / ODD_NAME
    done = call(elsewhere, workspace, "ingest", file.name, "-d", DIGITS, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["state"] == "Versioned"
    assert {path.name for path in elsewhere.iterdir()} == {
        "base.parquet",
        *(name.partition("/")[0] for name in FILES),
    }
    assert {path.name for path in workspace.parent.iterdir()} == {ODD_NAME}
    assert stat.S_IMODE(workspace.stat().st_mode) == stat.S_IMODE(workspace.parent.stat().st_mode) == 0o700
    written = [path for path in workspace.rglob("*") if not path.is_symlink()]
    assert (workspace / ".prefect" / "history") in written
    assert not [path for path in written if path.is_file() and path.stat().st_mode & stat.S_IWOTH]


def test_a_relative_workspace_is_one_of_the_user_s_folder(elsewhere: Path, home: Path) -> None:
    done = call(elsewhere, home, "status", "--json", GREENLIGHTNING_HOME="work space")
    assert json.loads(done.stdout)["workspace"] == str(elsewhere / "work space"), done.stderr


@pytest.mark.parametrize("words", [("--help",), ("status",), ("retrain", "-d", "new")])
def test_letters_that_the_terminal_does_not_know_stop_no_command(
    words: tuple[str, ...], elsewhere: Path, home: Path
) -> None:
    done = call(elsewhere, home, *words)
    assert "Traceback" not in done.stderr and "UnicodeEncodeError" not in done.stderr
    assert (done.stdout + done.stderr).isascii()


def test_help_creates_no_workspace(elsewhere: Path, home: Path) -> None:
    assert call(elsewhere, home / "new", "train", "--help").returncode == 0
    assert not (home / "new").exists()


@pytest.mark.parametrize("name", ["que?x", "$HOME", "br{ace}"])
def test_a_workspace_that_a_store_cannot_use_is_refused_in_one_line(
    name: str, elsewhere: Path, home: Path
) -> None:
    done = call(elsewhere, home / name, "status")
    assert (done.returncode, done.stdout) == (3, "")
    assert len(done.stderr.splitlines()) == 1 and "Name a folder without it in GREENLIGHTNING_HOME" in done.stderr
    assert list(home.iterdir()) == []


def test_several_first_commands_at_once_all_succeed(home: Path) -> None:
    files = [source(name, rows) for name, rows in (("base", BASE), ("first", FIRST), ("second", SECOND))]
    workspace = home / "new"
    started = [
        subprocess.Popen(
            [*GREENLIGHTNING, "ingest", str(file), "-d", f"digits-{file.stem}", "--json"],
            env=environment(workspace),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for file in files
    ]
    for process in started:
        said, error = process.communicate(timeout=600)
        assert process.returncode == 0, error
        assert json.loads(said)["state"] == "Versioned"


def test_the_program_starts_again_in_utf8_where_the_locale_is_ascii(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import sys; from tasks.core.environment import ensure_utf8\nensure_utf8(); print('×')\n")
    environ = {"PYTHONPATH": str(Path(__file__).parents[3]), "PATH": os.environ["PATH"]}
    ascii_locale = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, str(script)], env=environ | ascii_locale, capture_output=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, "×\n".encode()), done.stderr
