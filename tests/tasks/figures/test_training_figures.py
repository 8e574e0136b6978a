"""Pictures: everything on them is inside the picture, and they say what they must."""

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from greenlightning.evaluation.calibration import reliability
from greenlightning.structure.settling import EpochRecord, SettlingHistory, SettlingRule
from tasks.core.energy_cost import EnergyCost
from tasks.figures import training_figures
from tasks.reporting import history_figures
from tasks.reporting.history import HistoryEntry, MethodResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def history(flips: list[float]) -> SettlingHistory:
    weights = [1.0, 0.4, 0.2, 0.15, 0.12][: len(flips)]
    records = [
        EpochRecord(n, f, w, 0.7, 0.4, 0.3, 0.9, 0.1)
        for n, (f, w) in enumerate(zip(flips, weights, strict=True), 1)
    ]
    return SettlingHistory(SettlingRule(tolerance=0.02, patience=2), records)


def milestone(version: int, kind: str, accuracy: float, served: bool, day: int) -> HistoryEntry:
    ours, reference = EnergyCost(1.0, 0.4, 0.1, "measured:rapl"), EnergyCost(1.0, 1830.0, 0.1, "measured:rapl")
    beside = {"random gates": MethodResult(0.93, reference), "conventional": MethodResult(0.94, reference)}
    created = f"2026-01-{day:02}T02:00:00+00:00"
    return HistoryEntry(version, kind, created, "", served, 10, MethodResult(accuracy, ours), None, beside)


MILESTONES = [
    milestone(1, "train", 0.91, True, 1),
    milestone(2, "retrain", 0.93, True, 2),
    milestone(3, "retrain", 0.90, False, 2),
]
FIGURES = {
    "settled": lambda: training_figures.settling_figure(history([1.0, 0.2, 0.015, 0.01, 0.0])),
    "unsettled": lambda: training_figures.settling_figure(history([1.0, 0.2])),
    "one epoch": lambda: training_figures.settling_figure(history([1.0])),
    "steps": lambda: training_figures.retrainings_figure(
        ["base", "batch 1"],
        {"GreenLightning": [0.95, 0.97], "conventional": [0.951, 0.97], "ridge": [0.9, 0.9]},
    ),
    "history": lambda: history_figures.accuracy_figure(MILESTONES),
    "first version": lambda: history_figures.accuracy_figure(MILESTONES[:1]),
    "long history": lambda: history_figures.accuracy_figure([MILESTONES[1]] * 400),
    "spending": lambda: history_figures.spending_figure(MILESTONES[1:]),
    "one retraining": lambda: history_figures.spending_figure(MILESTONES[1:2]),
    "reliability": lambda: history_figures.reliability_figure(
        reliability(np.linspace(0.3, 1.0, 50), np.arange(50) % 5 > 0)
    ),
    "one step": lambda: training_figures.retrainings_figure(["base"], {"GreenLightning": [0.95]}),
}


def texts(figure: "Figure") -> list[str]:
    from matplotlib.text import Text

    return [text.get_text() for text in figure.findobj(Text) if text.get_text() and text.get_visible()]


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_is_cut_off_and_no_two_line_names_touch(name: str, tmp_path: Path) -> None:
    figure = FIGURES[name]()
    figure.savefig(tmp_path / "figure.png", dpi=100)
    whole, tight = figure.bbox, figure.get_tightbbox().transformed(figure.dpi_scale_trans)
    assert tight.x0 >= 0 and tight.y0 >= 0
    assert tight.x1 <= whole.x1 and tight.y1 <= whole.y1
    names = [text.get_window_extent() for text in figure.axes[0].texts if text.get_fontweight() == "bold"]
    assert not any(a.overlaps(b) for n, a in enumerate(names) for b in names[:n])


def test_settling_names_both_lines_and_marks_the_epoch() -> None:
    figure = FIGURES["settled"]()
    assert {"flip rate", "weight change", "The gates settled at epoch 4"} <= set(texts(figure))
    assert figure.axes[0].get_yscale() == "log"
    assert [4, 4] in [np.asarray(line.get_xdata()).tolist() for line in figure.axes[0].lines]
    assert "The gates have not settled yet" in texts(FIGURES["unsettled"]())


def test_a_version_that_never_served_is_hollow_and_the_days_are_named_once() -> None:
    figure = FIGURES["history"]()
    ours = figure.axes[0].collections[0].get_facecolors()
    assert [tuple(face[:3]) == (1.0, 1.0, 1.0) for face in ours] == [False, False, True]
    assert "hollow: never served" in texts(figure)
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["1\n01-01", "2\n01-02", "3"]


def test_spending_is_summed_over_the_retrainings() -> None:
    assert {"GreenLightning 800 mJ", "from scratch 3.66 kJ"} <= set(texts(FIGURES["spending"]()))


def test_drawing_leaves_no_global_state() -> None:
    code = (
        "import sys; from tests.tasks.figures.test_training_figures import FIGURES; FIGURES['steps']();"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
