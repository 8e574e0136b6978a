"""What a command costs as a whole: its processes and the servers, with the part that is learning told apart."""

import json
import sys
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.whole import ours, process_tree
from benchmarks.whole.__main__ import as_table
from benchmarks.whole.process_tree import Cost, measured
from greenlightning.energy.power import Known


@pytest.fixture(autouse=True)
def four_watts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_tree, "watts_per_core", lambda: Known(4.0, "a test"))


def test_joules_are_processor_seconds_of_command_and_servers_by_the_watts_of_a_core() -> None:
    cost = Cost(seconds=9.0, own=1.5, servers=0.5, learning=0.25)
    assert (cost.processor, cost.joules, cost.outside) == (2.0, 8.0, 7.0)


def test_a_command_that_tells_what_learning_took_is_believed_and_another_has_none(home: Path) -> None:
    told = json.dumps({"state": "Promoted", "spent": {"joules": 6.0}})
    assert measured([sys.executable, "-c", f"print({told!r})"], home).learning == 1.5
    assert measured([sys.executable, "-c", "print('{}')"], home).learning == 0.0
    assert measured([sys.executable, "-c", "print('done')"], home).learning == 0.0


def test_a_command_that_ends_as_it_should_not_is_no_measurement(home: Path) -> None:
    refuses = [sys.executable, "-c", "raise SystemExit(3)"]
    assert measured(refuses, home, accept=(3,)).seconds > 0
    with pytest.raises(RuntimeError, match="exit code 3"):
        measured(refuses, home)


def test_the_table_has_medians_and_what_is_outside_learning_where_it_is_known() -> None:
    costs = {
        "bare import": [Cost(1.0, 2.0, 0.0)],
        "learn, warm": [Cost(1.0, 1.0, 1.0, 0.5), Cost(3.0, 1.0, 3.0, 0.5)],
    }
    assert as_table(costs).splitlines()[2:] == [
        "| bare import | 1.00 | 2.00 | 8.0 |  | 1.00 |",
        "| learn, warm | 2.00 | 3.00 | 12.0 | 10.0 | 1.50 |",
    ]


def test_base_and_batches_share_no_row_and_are_all_of_the_set(tmp_path: Path) -> None:
    held, base, batches = ours.write_files("digits", tmp_path)
    frames = [pd.read_parquet(file) for file in (base, *batches)]
    assert [len(frame) for frame in frames] == [336, 203, 202, 202, 202, 202]
    assert len(pd.read_parquet(held)) == 450
    assert len(pd.concat(frames).drop_duplicates()) == 1347
