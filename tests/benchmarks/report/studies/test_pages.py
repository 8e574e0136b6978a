"""A page of each question is made from its records; what stands around the marks stays."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.core.records import Records, latest
from benchmarks.report.page import BEGIN, END
from benchmarks.report.studies import budgets, keeping_up, pages, retraining, transformer, weight_decay
from benchmarks.study.rounds import WAYS

ORIGIN = {"commit": "abc", "data": "0123456789abcdef", "processor_seconds": 1.0}
Line = tuple[dict[str, Any], dict[str, Any]]


def lines(folder: Path, part: str, *cells: Line) -> list[dict[str, Any]]:
    records = Records(part, "code", "machine", folder)
    for cell, found in cells:
        records.add({"dataset": "digits", **cell}, {**ORIGIN, **found})
    return latest(part, folder)


def decay(seed: int, value: float | str, oui: float, end: float) -> Line:
    epochs = {"oui": [0.9, 0.9, oui, 0.1], "oui_batch": [0.5] * 4, "firing_rate": [0.5] * 4}
    epochs["validation_accuracy"] = [0.5, 0.5, end, end]
    found = {"epochs": epochs, "held": end, "test": end, "chosen": 0.1}
    return {"seed": seed, "decay": value}, found


def test_the_early_oui_is_that_of_the_third_epoch_and_ranks_the_ends(tmp_path: Path) -> None:
    grid = [
        decay(0, 0.0, 0.9, 0.80),
        decay(0, 0.1, 0.7, 0.90),
        decay(0, 1.0, 0.5, 0.85),
        decay(0, "oui", 0.7, 0.91),
    ]
    found = lines(tmp_path, "weight-decay", *grid)
    assert weight_decay.early(found[0], "oui") == 0.9
    three = [run for run in found if run["decay"] != "oui"]
    assert weight_decay.correlation(three, 0, "oui", "held") == pytest.approx(-0.5)
    assert weight_decay.correlation(three, 0, "band", "held") == pytest.approx(0.866, abs=1e-3)
    assert weight_decay.correlation(three, 0, "firing_rate", "held") is None
    assert "| digits | 0.1 | 11.00 | 11.00 | 1.00, 1.00 | 1 |" in weight_decay.generated(found)


def test_within_a_time_the_size_best_on_held_out_rows_is_shown_with_its_test_score(tmp_path: Path) -> None:
    def size(way: str, width: int, held: float, test: float, seconds: float) -> Line:
        cell = {"by": "time", "way": way, "width": [width], "epochs": 3, "seed": 0}
        return cell, {"held": held, "test": test, "trained": 5, "all": 5, "processor_seconds": seconds}

    mlp, ours = budgets.MLP, budgets.PATHS
    found = lines(
        tmp_path,
        "budgets",
        size(mlp, 8, 0.8, 0.79, 0.05),
        size(mlp, 16, 0.9, 0.91, 0.5),
        size(ours, 8, 0.85, 0.86, 0.08),
    )
    table = budgets.equal_time(found)
    assert "| digits | 0.1 | 0.7900 (8, 3 epochs) | **0.8600** (8, 3 epochs) | none fits |" in table
    assert "| digits | 1 | **0.9100** (16, 3 epochs) | 0.8600 (8, 3 epochs) | none fits |" in table


def test_what_keeping_costs_is_paired_by_seed_and_red_is_dated(tmp_path: Path) -> None:
    def run(seed: int, kept: float, again: float) -> Line:
        scores = {way: [0.5, again] for way in WAYS} | {WAYS[0]: [0.5, kept]}
        about = {"accuracies": scores, "processor_seconds": dict.fromkeys(WAYS, 0.1), "looks": [1, 2]}
        health = ["green: novelty", "red: novelty"]
        return {"seed": seed, "stream": "iid", "share": 0.9}, about | {"health": health, "growths": 0}

    found = lines(tmp_path, "rounds", run(0, 0.90, 0.91), run(1, 0.92, 0.93))
    text = retraining.generated(found)
    assert "| digits | iid | 90/10 | -1.00 (-1.00 to -1.00) |" in text
    assert "| digits | iid | 90/10 | 50% | 0% | 50% | 0% | 2, 2 | novelty | 0.0 |" in text
    assert "1: 0.5000, 2: 0.9100" in text


def test_a_page_that_is_there_keeps_its_words_and_one_that_is_not_gets_its_question(tmp_path: Path) -> None:
    found = {"accuracies": {"network": 0.9, "block": 0.8}, "processor_seconds": {"network": 1.0, "block": 0.1}}
    records = lines(tmp_path, "transformer", ({"seed": 0}, found), ({"seed": 1}, found))
    assert "| digits | block | 0.8000 (0.8000 to 0.8000) | -10.00" in transformer.generated(records)
    lines(tmp_path, "weight-decay", decay(0, 0.0, 0.9, 0.8), decay(0, 0.1, 0.7, 0.9))
    mine = tmp_path / "docs" / "study" / "transformer.md"
    mine.parent.mkdir(parents=True)
    mine.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    written = pages.write(tmp_path, tmp_path / "docs")
    assert [page.name for page in written] == ["weight-decay.md", "transformer.md"]
    assert mine.read_text().startswith("before\n") and mine.read_text().endswith("\nafter\n")
    assert "old" not in mine.read_text()
    assert written[0].read_text().startswith("# Does the OUI choose a weight decay?\n")
    command = "python -m benchmarks.study --experiments transformer --datasets digits --seeds 0 1"
    assert f"| digits | `{command}` | abc | code | 0123456789abcdef | machine |" in mine.read_text()


def test_points_above_the_network_are_paired_by_seed_and_judged_by_their_median(tmp_path: Path) -> None:
    def run(seed: int, way: str, accuracy: float) -> Line:
        return {"seed": seed, "stream": "drifted", "way": way}, {"accuracy": accuracy, "retraining": 0.1}

    cells = [run(0, "defaults", 0.98), run(1, "defaults", 0.97), run(2, "defaults", 0.90)]
    networks = [run(1, "network from scratch", 0.975), run(0, "network from scratch", 0.982)]
    made = keeping_up.generated(lines(tmp_path, "keeping-up", *cells, *networks))
    assert "| digits | drifted | defaults | 0.9700 (0.9000 to 0.9800) | -0.35 (-0.50 to -0.20) | 3 |" in made
    assert "| digits | drifted | defaults | points above the network | -0.3 | -0.35 | **missed** |" in made
