"""Pairs, targets, tables and the page are computed from the records."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.core.records import latest
from benchmarks.core.streams import STREAMS
from benchmarks.peers.network import FROM_SCRATCH, rises
from benchmarks.peers.ours import OURS
from benchmarks.report import page, tables
from benchmarks.report.pairs import Pair, Spread
from benchmarks.report.targets import Target, all_targets
from tests.benchmarks.records import records


def record(accuracy: float, seconds: float, **more: Any) -> dict[str, Any]:
    return {"accuracy": accuracy, "seconds": seconds, "joules": 4 * seconds, "source": "none", **more}


CURVE = [[1.0, 4.0, 0.80, 0.70], [2.0, 8.0, 0.90, 0.80], [3.0, 12.0, 0.95, 0.90], [4.0, 16.0, 0.95, 0.89]]


def test_a_pair_compares_the_whole_run_and_the_first_epoch_that_is_level() -> None:
    pair = Pair.of(record(0.903, 0.1), record(0.90, 4.0, curve=CURVE))
    assert pair.gain == pytest.approx(0.003)
    assert pair.seconds == pytest.approx({"full": 40, "held_out": 20, "test": 30})
    assert pair.joules == pytest.approx({"full": 40, "held_out": 20, "test": 30})
    assert pair.reached == {"full": True, "held_out": True, "test": True}
    ahead = Pair.of(record(0.96, 0.1), record(0.90, 4.0, curve=CURVE))
    assert ahead.reached == {"full": False, "held_out": False, "test": False}
    assert ahead.seconds["test"] == pytest.approx(40)


def test_a_curve_is_kept_where_it_rises() -> None:
    curve = [
        [1.0, 2.0, 0.5, 0.5],
        [2.0, 3.0, 0.4, 0.5],
        [3.0, 4.0, 0.4, 0.6],
        [4.0, 5.0, 0.7, 0.1],
        [5.0, 6.0, 0.7, 0.6],
    ]
    assert [seconds for seconds, *_ in rises(curve)] == [1.0, 3.0, 4.0]


def test_a_target_is_met_missed_or_not_measured() -> None:
    least = Target("ratio", 30.0, Spread.of([29.0, 31.0, 60.0]))
    assert least.verdict == "met"
    assert replace(least, limit=62.0).verdict == "**missed**: reached 0.5 of it"
    assert replace(least, found=None).verdict == "not measured"
    assert replace(least, holds=False).verdict == "**missed**: accuracy not equal"
    assert Target("growth", 1.05, Spread.of([2.1]), at_most=True).verdict == "**missed**: 2 times it"
    assert Target("points", -0.005, Spread.of([-0.008])).verdict == "**missed**: by 0.30 point"


def test_targets_and_tables_are_computed_from_the_records(tmp_path: Path) -> None:
    for seed, seconds in enumerate((0.1, 0.2, 0.4)):
        for stream in STREAMS:
            cell = {"dataset": "letter", "stream": stream, "seed": seed, "stage": 10}
            more = {"bytes_read": 72_000, "peak_bytes": 5_000_000}
            records(tmp_path).add(cell | {"peer": OURS}, record(0.95, seconds, **more))
            records(tmp_path).add(cell | {"peer": FROM_SCRATCH}, record(0.94, 8.0, curve=CURVE, **more))
    found = {t.what: t for t in all_targets(tmp_path)}
    row = found["retraining, letter: seconds, network (its early-stopped run) over ours"]
    assert row.found == Spread(40.0, 20.0, 80.0, 3)
    assert row.verdict == "**missed**: reached 0.8 of it"
    assert row.note == "accuracy +1.00 points"
    assert found["drifted stream, letter: final accuracy, ours less network"].verdict == "met"
    update = "updating a factor of D = 4,000 by 100 rows: seconds, factorising again over ours"
    assert found[update].found is None
    runs = [{"D": 4_000, "what": "update, 100 rows", "ratios": [6.0, 8.0]}]
    (tmp_path / "solving.json").write_text(json.dumps(runs))
    seconds = {"statistics": 0.1, "solve": 0.1, "landing": 0.6}
    overhead = {"dataset": "digits", "runs": [{"flow": "retrain", "seconds": seconds}]}
    (tmp_path / "overhead.json").write_text(json.dumps(overhead))
    found = {t.what: t for t in all_targets(tmp_path)}
    assert found[update].found == Spread(7.0, 6.0, 8.0, 2)
    outside = found["a small retraining (digits), warm process: share outside learning"]
    assert outside.found is not None
    assert outside.found.median == pytest.approx(0.75)
    assert outside.verdict == "stated"
    text = tables.protocol_table(latest("protocol", tmp_path), "letter")
    assert (
        "| iid | **ours** | 0.9500 (0.9500 to 0.9500) | 0.200 (0.100 to 0.400) | 0.800 (0.400 to 1.60) |" in text
    )
    assert "| 0.0720 | 5.00 (5.00 to 5.00) | 3 seeds, 1 batches |" in text


def test_a_section_measured_with_a_former_recipe_says_so() -> None:
    runs = {"digits": "2026-11-27T08:00:00", "letter": "2026-11-27T08:00:00"}
    found = {name: {"dataset": name, "at": at} for name, at in runs.items()}
    assert [page.recipe_of(record) for record in found.values()] == [page.TODAY, page.FORMER]
    assert page.recipe_of({"dataset": "letter", "at": page.RECIPE_SINCE["letter"]}) == page.TODAY
    assert page.marked("a table", [found["letter"]]).startswith(page.FORMER_NOTE)
    assert page.marked("a table", [found["digits"]]) == "a table"
    assert page.marked("a table", [found["letter"] | {"peer": "boosted trees"}]) == "a table"


def test_the_report_replaces_what_stands_between_the_marks(tmp_path: Path) -> None:
    target = tmp_path / "benchmarks.md"
    target.write_text(f"before\n{page.BEGIN}\nold numbers\n{page.END}\nafter\n")
    for _ in range(2):
        page.write(tmp_path / "nothing", tmp_path)
    text = target.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old numbers" not in text
    assert text.count("## Targets") == 1
    target.write_text("no marks")
    with pytest.raises(SystemExit, match="lacks the marks"):
        page.write(tmp_path / "nothing", tmp_path)
