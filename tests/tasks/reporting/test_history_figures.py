"""The figures of a dataset's history: accuracy, energy, calibration."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from greenlightning.evaluation.calibration import reliability
from tasks.core.energy_cost import EnergyCost
from tasks.reporting.history import HistoryEntry, MethodResult
from tasks.reporting.history_figures import accuracy_figure, break_even_text, reliability_figure, spending_figure
from tasks.reporting.spending import spending_of
from tests.helpers.figures import assert_readable, texts


def entry(version: int, kind: str, accuracy: float, served: bool, day: int) -> HistoryEntry:
    ours, baseline = EnergyCost(1.0, 0.4, 0.1, "measured:rapl"), EnergyCost(1.0, 1830.0, 0.1, "measured:rapl")
    baselines = {"random gates": MethodResult(0.93, baseline), "conventional": MethodResult(0.94, baseline)}
    created = f"2026-01-{day:02}T02:00:00+00:00"
    return HistoryEntry(version, kind, created, "", served, 10, MethodResult(accuracy, ours), None, baselines)


HISTORY = [
    entry(1, "train", 0.91, True, 1),
    entry(2, "retrain", 0.93, True, 2),
    entry(3, "retrain", 0.90, False, 2),
]
GUESSED = {"scratch": EnergyCost(1.0, 9.0, 0.1, "estimated:rows", (3.0, 30.0)), "references": {}}
FIGURES: dict[str, Callable[[], Any]] = {
    "history": lambda: accuracy_figure(HISTORY),
    "first version": lambda: accuracy_figure(HISTORY[:1]),
    "long history": lambda: accuracy_figure([HISTORY[1]] * 400),
    "stream": lambda: accuracy_figure([replace(one, prequential=0.8) for one in HISTORY]),
    "spending": lambda: spending_figure(spending_of(HISTORY)),
    "estimated": lambda: spending_figure(spending_of([replace(one, **GUESSED) for one in HISTORY])),
    "one version": lambda: spending_figure(spending_of(HISTORY[:1])),
    "reliability": lambda: reliability_figure(reliability(np.linspace(0.3, 1.0, 50), np.arange(50) % 5 > 0)),
}


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_is_cut_off_and_no_two_line_names_touch(name: str, tmp_path: Path) -> None:
    assert_readable(FIGURES[name](), tmp_path)


def test_a_version_that_never_served_is_hollow_and_the_days_are_named_once() -> None:
    figure = FIGURES["history"]()
    ours = figure.axes[0].collections[0].get_facecolors()
    assert [tuple(face[:3]) == (1.0, 1.0, 1.0) for face in ours] == [False, False, True]
    assert "hollow: never served" in texts(figure)
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["1\n01-01", "2\n01-02", "3"]


def test_the_score_of_the_stream_is_drawn_beside_that_of_the_holdout() -> None:
    figure = FIGURES["stream"]()
    assert "predicted before learning" in texts(figure)
    assert figure.axes[0].get_ylabel() == "accuracy"
    assert FIGURES["history"]().axes[0].get_ylabel() == "accuracy on the holdout"


def test_spending_is_summed_from_the_first_training_on_and_the_break_even_is_marked() -> None:
    figure = FIGURES["spending"]()
    said = texts(figure)
    assert {"learning 1.2 J", "conventional network 5.49 kJ", "random gates 5.49 kJ"} <= said
    assert "learning broke even at version 1" in said
    [mark] = [line for line in figure.axes[0].lines if line.get_linestyle() == ":"]
    assert list(mark.get_xdata()) == [0, 0]


def test_an_estimate_is_drawn_with_its_range_and_a_measurement_without() -> None:
    assert len(FIGURES["spending"]().axes[0].collections) == 0
    assert len(FIGURES["estimated"]().axes[0].collections) == 1


def test_where_nothing_is_known_of_the_other_way_the_figure_says_so() -> None:
    alone = spending_of([replace(one, references={}) for one in HISTORY])
    assert alone and break_even_text(alone) == "no conventional training was measured or estimated"
    dear = spending_of([replace(one, scratch=EnergyCost(1.0, 0.1), references={}) for one in HISTORY])
    assert dear and break_even_text(dear) == "learning has not broken even yet"
