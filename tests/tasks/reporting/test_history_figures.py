"""The figures of a dataset's history: accuracy, energy, calibration."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from greenlightning.evaluation.calibration import reliability
from tasks.core.energy_cost import EnergyCost
from tasks.reporting.history import HistoryEntry, MethodResult
from tasks.reporting.history_figures import accuracy_figure, reliability_figure, spending_figure
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
FIGURES = {
    "history": lambda: accuracy_figure(HISTORY),
    "first version": lambda: accuracy_figure(HISTORY[:1]),
    "long history": lambda: accuracy_figure([HISTORY[1]] * 400),
    "stream": lambda: accuracy_figure([replace(one, prequential=0.8) for one in HISTORY]),
    "spending": lambda: spending_figure(HISTORY[1:]),
    "one retraining": lambda: spending_figure(HISTORY[1:2]),
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


def test_spending_is_summed_over_the_retrainings() -> None:
    assert {"GreenLightning 800 mJ", "from scratch 3.66 kJ"} <= texts(FIGURES["spending"]())
