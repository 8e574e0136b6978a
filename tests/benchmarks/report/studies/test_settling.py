"""The study's page is computed from its records."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.core.records import latest, select
from benchmarks.report.page import BEGIN, END
from benchmarks.report.studies import pages
from benchmarks.report.studies import settling as study

EPOCHS = (0.0, 0.5, 1.0, 2.0)


def line(seed: int, schedule: str, held: tuple[float, ...]) -> dict[str, Any]:
    """A training of one layer whose gates rest twice as early as its weights."""
    moments = [
        {
            "epoch": at,
            "train": at,
            "network": score - 0.1,
            "held": score,
            "test": score,
            "features": 9,
            "solve": 0.5,
        }
        for at, score in zip(EPOCHS, held, strict=True)
    ]
    return {
        "cell": {"dataset": "digits", "seed": seed, "schedule": schedule},
        "code": "c",
        "machine": "m",
        "commit": "abc",
        "data": "d",
        "layers": [4],
        "epochs": 2,
        "settled": None,
        "changes": [[at + 1, [1.0 if at < 3 else 0.0], [1.0 if at < 6 else 0.0]] for at in range(8)],
        "distances": [
            [at, [gates], [weights]] for at, gates, weights in zip(EPOCHS, (4, 1, 0, 0), (4, 4, 1, 0), strict=True)
        ],
        "solved": {"paths": moments},
        "controls": {"random gates": {"held": 0.7, "test": 0.7}},
    }


@pytest.fixture
def results(tmp_path: Path) -> Path:
    lines = [
        line(0, "cosine", (0.7, 0.8, 0.89, 0.892)),
        line(1, "cosine", (0.7, 0.8, 0.895, 0.9)),
        line(0, "constant", (0.9, 0.8, 0.9, 0.9)),
    ]
    (tmp_path / "study-digits.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines))
    return tmp_path


def test_ratios_are_the_weights_epochs_over_the_gates(results: Path) -> None:
    runs = select(latest("study", results), schedule="cosine")
    measure = "distance to the end: to a half"
    assert study.ratio_of(runs, measure, 0).text() == "2.00 (2.00 to 2.00)"


def test_the_earliest_snapshot_stays_within_half_a_point_of_the_last(results: Path) -> None:
    records = latest("study", results)
    cosine = study.mean_curve(select(records, schedule="cosine"), "paths")
    assert study.earliest(cosine, "held")["epoch"] == 1.0
    constant = study.mean_curve(select(records, schedule="constant"), "paths")
    assert study.earliest(constant, "held")["epoch"] == 1.0, "a dip after an early peak counts"


def test_the_page_has_every_table_and_the_picture_and_keeps_what_stands_around(results: Path) -> None:
    page = results / "study" / "settling.md"
    page.parent.mkdir()
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    pages.write(results, results)
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("\nafter\n") and "old" not in text
    command = "python -m benchmarks.study --experiments settling --datasets digits --seeds 0 1"
    assert f"| digits | `{command}` | abc |" in text
    assert "random gates 0.7000" in text
    assert 0 < (results / "img" / "study.png").stat().st_size < 2**20


def test_nothing_is_written_where_nothing_was_measured(tmp_path: Path) -> None:
    assert pages.write(tmp_path / "results", tmp_path / "docs") == []
    assert not (tmp_path / "docs").exists()


def test_a_page_without_marks_is_left_alone(results: Path) -> None:
    (results / "study").mkdir()
    (results / "study" / "settling.md").write_text("mine")
    with pytest.raises(SystemExit, match="lacks the marks"):
        pages.write(results, results)
