"""The page on heads says what the records say, with numbers that a reader can check."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.core.records import Records, latest
from benchmarks.heads import page

COSTS = {
    page.MLP: 2.0,
    "solved, equal parameters": 1.0,
    "gradient, equal parameters": 4.0,
    "solved, equal accuracy": 0.5,
    "random gates, solved": 0.5,
    "logistic regression": 0.25,
    "night: MLP head": 3.0,
    "night: PathLinear": 0.03,
}
PLAN = {"features": 512, "kind": "landmarks"}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Five splits of one setting, on which every way costs and reaches the same each time."""
    (tmp_path / "machines.json").write_text(json.dumps({"m": {"processor": "P", "cores": 2, "torch": "2"}}))
    records = Records("heads", "code", "m", folder=tmp_path)
    about = {"setting": "backbone, set", "rows": 4_000, "d": 64, "k": 8, "data": "abc", "plan": PLAN}
    for seed in range(5):
        for way, cost in COSTS.items():
            accuracy = 0.8 if way == page.MLP else 0.81
            spent: dict[str, Any] = {"processor_seconds": cost, "seconds": 2 * cost, "joules": 4 * cost}
            cell = {"dataset": page.slug(about["setting"]), "seed": seed, "way": way}
            records.add(cell, {"accuracy": accuracy, "source": "estimated:test", **spent, **about})
    return tmp_path


def test_times_are_what_the_mlp_head_costs_over_the_way(results: Path) -> None:
    page.write(results, results / "heads.md")
    text = (results / "heads.md").read_text()
    cells = "2.00 (2.00 to 2.00) | 0.50 (0.50 to 0.50) | 4.00 (4.00 to 4.00)"
    assert f"| backbone, set | {cells} |" in text
    assert "*solved, equal accuracy*: 4.00 times beside 1.92, accuracy +1.00 to +1.00 points" in text
    assert "Not measured yet: static tokens, Debian descriptions; static tokens, docstrings;" in text
    assert "The paper's 1.92 is reached in a first training" in text
    assert "*logistic regression*, a control: accuracy +1.00 to +1.00 points." in text
    assert "| backbone, set | 100.00 (100.00 to 100.00) | 3,000 | 30 |" in text
    assert "| MLP head |  | 0.8000 (0.8000 to 0.8000) | 2,000 | 8.00 |" in text


def test_the_interval_is_students_over_the_logarithms() -> None:
    """ln 1, ln 2 twice each and their mean: 2.776 * 0.3466 / sqrt 5 = 0.4303 about ln 1.4142."""
    assert page.times([1.0, 1.0, 2**0.5, 2.0, 2.0]) == "1.41 (0.92 to 2.17)"


def test_ratios_are_paired_by_split(results: Path) -> None:
    found = page.ratios(latest("heads", results), "backbone, set", page.MLP, "logistic regression", "joules")
    assert found == [8.0] * 5


def test_without_records_the_page_is_left_alone(tmp_path: Path) -> None:
    page.write(tmp_path, tmp_path / "heads.md")
    assert not (tmp_path / "heads.md").exists()
