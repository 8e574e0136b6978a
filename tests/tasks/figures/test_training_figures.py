"""The figures of a training: settling, and accuracy across retrainings."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from greenlightning.structure.settling import EpochRecord, SettlingHistory, SettlingRule
from tasks.figures.training_figures import retrainings_figure, settling_figure
from tests.helpers.figures import assert_readable, texts


def history(flips: list[float]) -> SettlingHistory:
    weights = [1.0, 0.4, 0.2, 0.15, 0.12][: len(flips)]
    records = [
        EpochRecord(n, f, w, 0.7, 0.4, 0.3, 0.9, 0.1)
        for n, (f, w) in enumerate(zip(flips, weights, strict=True), 1)
    ]
    return SettlingHistory(SettlingRule(tolerance=0.02, patience=2), records)


FIGURES = {
    "settled": lambda: settling_figure(history([1.0, 0.2, 0.015, 0.01, 0.0])),
    "unsettled": lambda: settling_figure(history([1.0, 0.2])),
    "one epoch": lambda: settling_figure(history([1.0])),
    "steps": lambda: retrainings_figure(
        ["base", "batch 1"],
        {"GreenLightning": [0.95, 0.97], "conventional": [0.951, 0.97], "ridge": [0.9, 0.9]},
    ),
    "one step": lambda: retrainings_figure(["base"], {"GreenLightning": [0.95]}),
}


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_is_cut_off_and_no_two_line_names_touch(name: str, tmp_path: Path) -> None:
    assert_readable(FIGURES[name](), tmp_path)


def test_settling_names_both_lines_and_marks_the_epoch() -> None:
    figure = FIGURES["settled"]()
    assert {"flip rate", "weight change", "The gates settled at epoch 4"} <= texts(figure)
    assert figure.axes[0].get_yscale() == "log"
    assert [4, 4] in [np.asarray(line.get_xdata()).tolist() for line in figure.axes[0].lines]
    assert "The gates have not settled yet" in texts(FIGURES["unsettled"]())


def test_an_early_end_is_told_as_such() -> None:
    found = history([1.0, 0.2])
    found.records = [replace(record, solved_error=0.3) for record in found.records]
    assert "More epochs no longer helped the solved model" in texts(settling_figure(found))


def test_figures_need_no_pyplot() -> None:
    code = (
        "import sys; from tasks.figures.training_figures import retrainings_figure;"
        "retrainings_figure(['base'], {'GreenLightning': [0.95]}); print('matplotlib.pyplot' in sys.modules)"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
