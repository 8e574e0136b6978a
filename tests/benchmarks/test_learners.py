"""The benchmark of tables: what learners are given, scores by hand, ranks, and the page made from the records."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.measures import tables
from benchmarks.report import learners
from benchmarks.report.page import BEGIN, END
from benchmarks.report.ranks import Ranks
from benchmarks.tables import keel
from benchmarks.tables.encoded import OURS
from benchmarks.tables.learner import Labels, LearnerKind, Probabilities, TableLearner
from benchmarks.tables.networks import NETWORK
from benchmarks.tables.trees import HISTOGRAMS, LIGHTGBM
from tests.benchmarks.records import records

TABLE = keel.Table("made", pd.DataFrame({"number": np.arange(200.0)}), np.array(["no", "yes"] * 100))


class Counting(TableLearner):
    """Notes the rows that it is given, and thinks that all labels are equally likely."""

    def __init__(self, labels: Labels, seed: int) -> None:
        super().__init__(labels, seed)
        self.given: list[list[float]] = []

    def start(self, frame: pd.DataFrame, y: Labels) -> None:
        self.given.append(frame["number"].tolist())

    def update(self, frame: pd.DataFrame, y: Labels) -> None:
        self.start(frame, y)

    def proba(self, frame: pd.DataFrame) -> Probabilities:
        return np.full((len(frame), len(self.labels)), 1 / len(self.labels))


def test_a_learner_is_given_the_batch_or_all_rows_so_far_and_never_a_test_row(tmp_path: Path) -> None:
    made: dict[str, Counting] = {}

    def kind(sees: str) -> LearnerKind:
        def make(labels: Labels, seed: int) -> Counting:
            return made.setdefault(sees, Counting(labels, seed))

        return LearnerKind(sees, make, sees, stages=(5, 10))  # type: ignore[arg-type]

    tables.run(TABLE, [kind("batch"), kind("far")], 0, records(tmp_path))
    parts = keel.arrange(TABLE.y, 0)
    assert [len(rows) for rows in made["batch"].given] == [80, *[8] * 10]
    assert [len(rows) for rows in made["far"].given] == [80, 120, 160]
    seen = {row for rows in made["batch"].given for row in rows}
    assert sorted(seen) == sorted(made["far"].given[-1])
    assert not seen & set(parts.test.tolist())


def test_scores_are_those_of_a_reader_with_a_pencil() -> None:
    labels = np.array(["a", "b"])
    found = tables.scores(np.array([[0.5, 0.5], [0.2, 0.8]]), np.array(["a", "b"]), labels)
    assert found["accuracy"] == found["macro_f1"] == 1.0
    assert found["log_loss"] == pytest.approx(-(np.log(0.5) + np.log(0.8)) / 2)


def test_the_critical_difference_is_the_published_one() -> None:
    """Demšar 2006, section 3.2.2: four learners, 14 sets, 1.25 at 5 %."""
    scores = np.tile([0.9, 0.8, 0.7, 0.7], (14, 1))
    ranks = Ranks.of(["first", "second", "third", "fourth"], scores)
    assert ranks.critical == pytest.approx(1.25, abs=0.005)
    assert ranks.average == (1.0, 2.0, 3.5, 3.5)
    assert ranks.alike() == [(0, 1), (2, 3)]


def test_the_page_is_made_from_the_records(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks-tables.md"
    page.write_text(f"Before.\n{BEGIN}\nold\n{END}\nAfter.\n")
    found = records(tmp_path, "tables")
    cost = dict.fromkeys(("seconds", "cpu", "joules", "first_seconds", "first_cpu", "first_joules"), 1.0)
    for place, peer in enumerate([OURS, LIGHTGBM, HISTOGRAMS, NETWORK]):
        for number, name in enumerate(("one", "two")):
            cell = {"dataset": "keel", "table": name, "seed": 0, "peer": peer}
            score = {"accuracy": 0.9 - 0.1 * place, "macro_f1": 0.5, "log_loss": 0.3}
            about = {"rows": 100 * (number + 1), "columns": 3, "classes": 2}
            found.add(cell, about | score | cost | {"cpu": 1.0 + 9 * place})
    learners.write(tmp_path, tmp_path)
    text = page.read_text()
    assert text.startswith("Before.") and text.endswith("After.\n") and "old" not in text
    assert "| mean accuracy less LightGBM's, points | -0.5 | 10.00 | met |" in text
    assert "| the same in processor time on the largest set (two) | 20 | 10.00 | **missed** |" in text
    assert (tmp_path / "img" / "bench" / "tables-ranks.png").is_file()
