"""Every test of the command line may run a command."""

from collections.abc import Callable

import pytest

from tests.helpers.command import Said, command


@pytest.fixture
def say(capfd: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Run ``greenlightning`` with some arguments, in this process."""
    return command(capfd)
