"""What the demonstration of a federation prints."""

from collections.abc import Callable

import pytest

from greenlightning.federation import demo
from tests.helpers.command import Said, command


@pytest.fixture
def say(capfd: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    return command(capfd)


@pytest.mark.parametrize(("same", "words"), [(True, "the same digest as"), (False, "ANOTHER DIGEST THAN")])
def test_the_demonstration_needs_no_dataset_and_tells_what_the_sum_is_worth(
    same: bool, words: str, say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = demo.DemoResult([("site-0", 87, 4, 0.276)], {"federated": 0.96}, same, 860_000, 20)
    monkeypatch.setattr(demo, "run_demo", lambda: found)
    said = say("federate", "--demo")
    assert said.code == 0
    for part in ("site-0", "87", "0.276", "federated", "0.960", "860 kB", words):
        assert part in said.out
