"""A short, deterministic part of what ``make reliability`` does."""

import os
from pathlib import Path

import pytest

from tasks.core.faults import Fault
from tests.reliability import attacks
from tests.reliability.__main__ import page
from tests.reliability.attacks import AT, Figure
from tests.reliability.workspace import build

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")]


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small workspace; the environment is restored afterwards."""
    monkeypatch.setenv("GREENLIGHTNING_HOME", os.environ["GREENLIGHTNING_HOME"])
    folder = tmp_path / "template"
    folder.mkdir()
    build(folder)
    return folder


def test_every_fault_point_belongs_to_a_step() -> None:
    assert sorted(fault for faults in AT.values() for fault in faults) == sorted(Fault)


def test_a_failing_disk_at_any_step_does_no_harm(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attacks, "ERRORS", ("ENOSPC",))
    known = attacks.outcomes(template, tmp_path / "home")
    assert attacks.failing_disks(template, tmp_path / "home", known).harm == 0


def test_damage_is_noticed(template: Path, tmp_path: Path) -> None:
    assert attacks.damage(template, tmp_path / "home", flips=1, cuts=1).harm == 0


def test_racing_retrainings_lose_nothing(template: Path, tmp_path: Path) -> None:
    assert attacks.races(template, tmp_path / "home", 1).harm == 0


def test_the_page_shows_each_figure() -> None:
    assert "| kills | 1,000 | 0 |" in page([Figure("kills", 1000, 0)])
