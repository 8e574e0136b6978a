"""The how-to of two hospitals, typed as it says: real processes, a workspace and a key for each, real files."""

import os
import re
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import pandas as pd
import pytest

from greenlightning.federation import read_contribution, read_publication
from tasks.federation.sending import Sending
from tasks.federation.sites import contribute_rows

pytestmark = pytest.mark.slow

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "two-hospitals.md"
BLOCK = re.compile(r'^```(?:(python)|bash title="(.*?)")\n(.*?)^```', re.MULTILINE | re.DOTALL)
SITES = ("north", "south")


class Hospital:
    """A hospital's folder, and what its shell has answered so far."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.told, self.said = folder, "", ""

    def start(self, commands: str) -> "subprocess.Popen[str]":
        """Type ``commands`` into a shell; what was exported before is still set."""
        self.told += "".join(line + "\n" for line in commands.splitlines() if line.startswith("export"))
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        about = {name: value for name, value in os.environ.items() if name != "GREENLIGHTNING_HOME"} | {
            "PATH": path
        }
        shell = ["bash", "-euc", self.told + commands]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.Popen(shell, cwd=self.folder, env=about, **pipes)  # type: ignore[call-overload,no-any-return]

    def finish(self, running: "subprocess.Popen[str]") -> None:
        said, _ = running.communicate()
        assert running.returncode == 0, said
        self.said += said


def test_what_the_page_tells_two_hospitals_to_type_works(tmp_path: Path) -> None:
    first, *blocks = BLOCK.findall(PAGE.read_text())
    subprocess.run([sys.executable, "-c", first[2]], cwd=tmp_path, check=True)
    hospitals = {site: Hospital(tmp_path / site) for site in SITES}
    typed = [(site, commands) for _, title, commands in blocks for site in SITES if site in title.split()]
    for step, together in groupby(typed, lambda one: one[1].split(maxsplit=3)[:3]):
        running = [(hospitals[site], hospitals[site].start(commands)) for site, commands in together]
        assert len(running) in (1, 2), step
        for hospital, shell in running:
            hospital.finish(shell)

    north, south = hospitals["north"], hospitals["south"]
    for noticed in (
        "cells are separated by ';'",
        "numbers have a decimal comma",
        "columns put in the order of the schema",
    ):
        assert noticed in " ".join(south.said.split()), south.said
    assert "university" not in (south.folder / "profile" / "profile.json").read_text()
    keys = [(one.folder / "keys" / "federation.pem").read_bytes() for one in (north, south)]
    assert keys[0] != keys[1]
    assert len(pd.read_csv(north.folder / "diagnoses.csv")) == 150

    own = pd.read_csv(south.folder / "patients.csv", sep=";", decimal=",")
    pooled = pd.concat([pd.read_csv(north.folder / "2025.csv"), own.drop(columns="remarks")])
    pooled.to_csv(tmp_path / "pooled.csv", index=False)
    contribute_rows(tmp_path / "pooled.csv", Sending(north.folder / "publication", "all", tmp_path / "pooled"))
    published = read_publication(north.folder / "publication")
    sums = [read_contribution(one.folder / "sums", published).statistics for one in (north, south)]
    together_sum = sums[0] + sums[1]
    assert together_sum.n == 419
    assert together_sum == read_contribution(tmp_path / "pooled", published).statistics
