"""A short, deterministic part of what ``make reliability`` does."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.core.faults import Fault
from tests.reliability import attacks, machine
from tests.reliability.__main__ import page
from tests.reliability.attacks import AT, Figure
from tests.reliability.tiny_disk import mounted
from tests.reliability.workspace import STEPS, build

SELDOM = 41

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")]


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small workspace; the environment is restored afterwards."""
    monkeypatch.setenv("GREENLIGHTNING_HOME", os.environ["GREENLIGHTNING_HOME"])
    folder = tmp_path / "template"
    folder.mkdir()
    build(folder)
    return folder


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 MiB; mounting one takes root."""
    place = tmp_path / "disk"
    place.mkdir()
    with mounted(place, "64m") as why_not:
        if why_not:
            pytest.skip(why_not)
        yield place


def test_every_fault_point_belongs_to_a_step() -> None:
    assert {fault for faults in AT.values() for fault in faults} == set(Fault)


def test_an_error_at_any_fault_point_does_no_harm(template: Path, tmp_path: Path) -> None:
    known = attacks.outcomes(template, tmp_path / "home")
    assert attacks.failing_points(template, tmp_path / "home", known, ["ENOSPC"]).harm == 0


def test_a_disk_that_fails_at_any_change_of_a_file_does_no_harm(template: Path, tmp_path: Path) -> None:
    known = attacks.outcomes(template, tmp_path / "home")
    figure = attacks.failing_disks(template, tmp_path / "home", known, every=SELDOM)
    assert (figure.harm, figure.attacks > len(STEPS)) == (0, True)


def test_a_full_disk_does_no_harm(template: Path, tmp_path: Path, tiny_disk: Path) -> None:
    known = attacks.outcomes(template, tmp_path / "home")
    assert attacks.full_disks(template, known, tiny_disk, [0, 200_000]).harm == 0


def test_damage_is_noticed(template: Path, tmp_path: Path) -> None:
    assert attacks.damage(template, tmp_path / "home", flips=1, cuts=1).harm == 0


def test_racing_retrainings_lose_nothing(template: Path, tmp_path: Path) -> None:
    assert attacks.races(template, tmp_path / "home", 1).harm == 0


def test_any_sequence_of_operations_and_crashes_leaves_exact_sums(template: Path, tmp_path: Path) -> None:
    machine.run(template, tmp_path / "home", examples=4, steps=8)


def test_the_page_shows_each_figure() -> None:
    assert "| kills | 1,000 | 0 |" in page([Figure("kills", 1000, 0)])
