"""The output of ``status``."""

from pathlib import Path

import pytest

from flows.console.status import print_status, servers, summary
from tests.helpers.digits import DIGITS, FIRST, add


def test_a_dataset_has_its_champion_and_its_new_batches(champion: Path) -> None:
    first = add("first", FIRST)
    found = summary(DIGITS)
    assert (found["champion"], found["batches"], found["not_learnt"]) == (1, 2, [first])
    assert (found["forgotten"], found["waiting"], found["quarantined"]) == ([], [], [])


def test_without_servers_status_says_how_to_start_them(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (servers()["deployments"], servers()["children"]) == ([], [])
    print_status(as_json=False)
    said = capsys.readouterr().out
    assert "No dataset yet" in said
