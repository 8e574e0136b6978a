"""Errors at the durable steps of commands: named as the machine's, and the repeated command finishes."""

import os
from collections.abc import Iterator

import pytest

from tests.reliability.commands import staged
from tests.reliability.kinds import attacks
from tests.reliability.scene import Scene
from tests.reliability.test_attacks import harmful

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")]
WANTED = ("train", "accept", "discard", "federate", "back up", "restore")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A ready workspace for each command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GREENLIGHTNING_HOME", os.environ["GREENLIGHTNING_HOME"])
        yield staged(tmp_path_factory.mktemp("commands"), WANTED)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is restored after each test."""
    monkeypatch.setenv("GREENLIGHTNING_HOME", os.environ["GREENLIGHTNING_HOME"])


def test_an_error_at_a_fault_point_does_no_harm(scene: Scene) -> None:
    assert harmful(attacks.fault_points(scene, ["EIO"]), every=7) == {}


def test_a_disk_that_fails_at_a_change_of_a_file_does_no_harm(scene: Scene) -> None:
    assert harmful(attacks.failing_changes(scene, every=17, is_killing=False), every=9) == {}
