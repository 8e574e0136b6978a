"""A short, deterministic part of what ``make reliability`` does, in this process."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.core.faults import Fault
from tests.reliability.disks import mounted
from tests.reliability.kinds import attacks, machine
from tests.reliability.page import page
from tests.reliability.scene import Scene
from tests.reliability.trials import Attack, Records
from tests.reliability.workspace import staged

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A ready workspace for each step."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GREENLIGHTNING_HOME", os.environ["GREENLIGHTNING_HOME"])
        yield staged(tmp_path_factory.mktemp("reliability"))


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is restored after each test."""
    monkeypatch.setenv("GREENLIGHTNING_HOME", os.environ["GREENLIGHTNING_HOME"])


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 MiB; mounting one takes root."""
    place = tmp_path / "disk"
    place.mkdir()
    with mounted(place, "64m") as why_not:
        if why_not:
            pytest.skip(why_not)
        yield place


def harmful(attack: Attack, every: int = 1) -> dict[str, str]:
    """The harm that every ``every``-th trial of an attack does, where it does any."""
    assert attack.names
    found = {name: attack.trial(name) for name in attack.names[::every]}
    return {name: harm for name, harm in found.items() if harm}


def test_every_fault_point_belongs_to_a_step(scene: Scene) -> None:
    assert {fault for reached in scene.reached.values() for fault in reached} == set(Fault)


def test_an_error_at_any_fault_point_does_no_harm(scene: Scene) -> None:
    assert harmful(attacks.fault_points(scene, ["ENOSPC"])) == {}


def test_a_disk_that_fails_at_any_change_of_a_file_does_no_harm(scene: Scene) -> None:
    assert harmful(attacks.failing_changes(scene, every=41, is_killing=False)) == {}


def test_a_full_disk_does_no_harm(scene: Scene, tiny_disk: Path) -> None:
    assert harmful(attacks.full_disks(scene, tiny_disk, [0, 200_000])) == {}


def test_damage_is_noticed(scene: Scene) -> None:
    assert harmful(attacks.damage(scene, "learn", flips=1, cuts=1)) == {}


def test_any_sequence_of_operations_and_crashes_leaves_exact_sums(scene: Scene, tmp_path: Path) -> None:
    machine.run(scene.stages / "learn", tmp_path / "home", examples=4, steps=8)


def test_the_page_counts_what_was_done_and_a_run_goes_on(tmp_path: Path) -> None:
    attack = Attack("kills", [str(number) for number in range(1000)], lambda _: "", times=2)
    records = Records(tmp_path / "results.jsonl")
    records.add(attack="kills", trial="3", times=2, harm="")
    records.add(attack="kills", trial="4", times=2, harm="torn")
    records.plan(attack)
    assert "| kills | 4 | 2,000 | 1 |" in page(records)
    again = Records(tmp_path / "results.jsonl")
    assert again.has("kills", "3") and not again.has("kills", "5")
