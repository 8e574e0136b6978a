"""Pictures: everything on them is inside the picture, and they say what they must."""

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from greenlightning.settling import EpochRecord, SettlingHistory, SettlingRule
from tasks import plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def history(flips: list[float]) -> SettlingHistory:
    weights = [1.0, 0.4, 0.2, 0.15, 0.12][: len(flips)]
    records = [
        EpochRecord(n, f, w, 0.7, 0.4, 0.3, 0.9, 0.1)
        for n, (f, w) in enumerate(zip(flips, weights, strict=True), 1)
    ]
    return SettlingHistory(SettlingRule(tolerance=0.02, patience=2), records)


FIGURES = {
    "settled": lambda: plots.settling_figure(history([1.0, 0.2, 0.015, 0.01, 0.0])),
    "unsettled": lambda: plots.settling_figure(history([1.0, 0.2])),
    "one epoch": lambda: plots.settling_figure(history([1.0])),
    "digits": lambda: plots.confusion_figure(np.diag(np.arange(10)) + 1, range(10)),
    "names": lambda: plots.confusion_figure([[5, 1], [0, 7]], ["a very long name", "another long one"]),
    "many": lambda: plots.confusion_figure(np.eye(120, dtype=int), range(120)),
    "energy": lambda: plots.energy_figure({"GreenLightning": 41.2, "conventional": 1830.0}, "measured:rapl"),
    "no energy": lambda: plots.energy_figure({"GreenLightning": 0.0, "conventional": 0.0}, "estimated:cpu"),
    "steps": lambda: plots.retrainings_figure(
        ["base", "batch 1"],
        {"GreenLightning": [0.95, 0.97], "conventional": [0.951, 0.97], "ridge": [0.9, 0.9]},
    ),
    "one step": lambda: plots.retrainings_figure(["base"], {"GreenLightning": [0.95]}),
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


def test_confusion_counts_the_rows_that_are_right() -> None:
    assert {"92.3% right", "12 of 13 rows of the holdout", "5", "7", "1"} <= set(texts(FIGURES["names"]()))


def test_energy_says_how_it_is_known_and_how_much_more_the_other_took() -> None:
    found = texts(FIGURES["energy"]())
    assert "energy in joules (measured:rapl)" in found
    assert {"41.2 J", "1.83 kJ   44.4 × ours"} <= set(found)


def test_drawing_leaves_no_global_state() -> None:
    code = (
        "import sys; from tests.test_plots import FIGURES; FIGURES['steps']();"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
