"""The units of systemd, checked without a running systemd."""

import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"

UNITS = sorted((INFRA / "systemd").iterdir())


PROGRAMS = {
    "greenlightning.service": "greenlightning up --foreground",
    "greenlightning-worker@.service": "prefect worker start --pool %i --type process",
}


def unit(path: Path) -> ConfigParser:
    """A unit; of a key that is given twice, the last value."""
    found = ConfigParser(interpolation=None, strict=False, delimiters=("=",))
    found.optionxform = str  # type: ignore[assignment, method-assign]
    found.read(path)
    return found


def test_the_units_start_what_they_say() -> None:
    assert {
        path.name: unit(path)["Service"]["ExecStart"].rpartition(".venv/bin/")[2] for path in UNITS
    } == PROGRAMS
    for path in UNITS:
        service = unit(path)["Service"]
        assert service["User"] == "greenlightning"
        assert (service["KillMode"], service["Restart"]) == ("mixed", "on-failure")
        assert (service["ProtectSystem"], service["NoNewPrivileges"]) == ("strict", "yes")
        assert unit(path)["Install"]["WantedBy"] == "multi-user.target"
        documentation = unit(path)["Unit"]["Documentation"].removeprefix("file:/opt/greenlightning/")
        assert (ROOT / documentation).is_file()


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed here")
    for program in ("greenlightning", "prefect"):
        stand_in = tmp_path / "opt" / ".venv" / "bin" / program
        stand_in.parent.mkdir(parents=True, exist_ok=True)
        stand_in.write_text("#!/bin/sh\n")
        stand_in.chmod(0o755)
    verified = []
    for path in UNITS:
        copy = tmp_path / path.name.replace("@", "@gpu")
        copy.write_text(path.read_text().replace("/opt/greenlightning", str(tmp_path / "opt")))
        verified.append(copy)
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *map(str, verified)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
